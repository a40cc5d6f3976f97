// Who may do what. An authorizer answers for one request; the union asks several.
import type { User } from '#machinery'

/** What is asked for: a verb on a resource, or on a path that is none. */
export interface AuthorizationAttributes {
  readonly user: User
  /** create, get, list, watch, update, patch, delete, deletecollection, ...; the lower-case HTTP method for other paths. */
  readonly verb: string
  /** Absent for paths that are no resource. */
  readonly resource?: ResourceAttributes
  /** The URL's path. */
  readonly path: string
}
export interface ResourceAttributes {
  readonly group: string
  readonly version: string
  /** Lower-case plural. */
  readonly resource: string
  /** '' when none is meant. */
  readonly subresource: string
  /** '' for all namespaces and for resources without one. */
  readonly namespace: string
  /** '' for collections. */
  readonly name: string
  /** What a list, watch or deletecollection is narrowed to (a node may list only its own pods); absent when it is not, or when that could not be read. */
  readonly fieldSelector?: readonly SelectorCondition[]
  readonly labelSelector?: readonly SelectorCondition[]
}
/** One condition of a selector, as the review APIs write it: In, NotIn, Exists, DoesNotExist. */
export interface SelectorCondition { readonly key: string; readonly operator: string; readonly values: readonly string[] }

/** `none`: no opinion, the next authorizer decides; when nobody allows, the request is forbidden. */
export interface Decision { readonly verdict: 'allow' | 'deny' | 'none'; readonly reason: string; readonly error?: string }

export interface Authorizer {
  /** Answers at once where it can: it is asked for every request. */
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>
  /** What the user may do in a namespace (SelfSubjectRulesReview); absent: cannot say. */
  rulesFor?(user: User, namespace: string): SubjectRules
}
export interface SubjectRules {
  readonly resourceRules: readonly { readonly verbs: readonly string[]; readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly resourceNames?: readonly string[] }[]
  readonly nonResourceRules: readonly { readonly verbs: readonly string[]; readonly nonResourceURLs: readonly string[] }[]
  readonly incomplete: boolean
  readonly evaluationError?: string
}

/** Several texts as one, as the reference's aggregates print: each once, in brackets when there are more. */
export function together(texts: readonly string[]): string {
  const each = [...new Set(texts)]
  return each.length === 1 ? each[0]! : each.length === 0 ? '' : `[${each.join(', ')}]`
}

/** The first verdict that is not `none`. */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) { return ask(authorizers, 0, attributes, nothingSaid) },
    rulesFor(user, namespace) {
      const parts = authorizers.map((a) => a.rulesFor?.(user, namespace)).filter((r) => r !== undefined)
      const error = together(parts.map((p) => p.evaluationError ?? '').filter(Boolean))
      return {
        resourceRules: parts.flatMap((p) => p.resourceRules), nonResourceRules: parts.flatMap((p) => p.nonResourceRules),
        incomplete: parts.some((p) => p.incomplete), ...(error && { evaluationError: error }),
      }
    },
  }
}

/** What those said who had no opinion. */
interface Said { readonly reasons: readonly string[]; readonly errors: readonly string[] }
const nothingSaid: Said = { reasons: [], errors: [] }
function heard({ reasons, errors }: Said, { reason, error }: Decision): Said {
  if (reason === '' && error === undefined) return { reasons, errors }
  return { reasons: reason ? [...reasons, reason] : reasons, errors: error === undefined ? errors : [...errors, error] }
}

function ask(authorizers: readonly Authorizer[], from: number, attributes: AuthorizationAttributes, said: Said): Decision | Promise<Decision> {
  for (let i = from; i < authorizers.length; i++) {
    const answer = authorizers[i]!.authorize(attributes)
    if (answer instanceof Promise) return answer.then((d) => (d.verdict !== 'none' ? d : ask(authorizers, i + 1, attributes, heard(said, d))))
    if (answer.verdict !== 'none') return answer
    said = heard(said, answer)
  }
  return { verdict: 'none', reason: said.reasons.join('\n'), ...(said.errors.length > 0 && { error: together(said.errors) }) }
}

/** For tests and for --authorization-mode=AlwaysAllow. */
export const allowAll: Authorizer = {
  authorize: () => ({ verdict: 'allow', reason: '' }),
  rulesFor: () => ({ resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false }),
}
/** --authorization-mode=AlwaysDeny. */
export const denyAll: Authorizer = {
  authorize: () => ({ verdict: 'none', reason: 'Everything is forbidden.' }),
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
}
/** --authorization-rbac-super-user: one who may do everything, whatever the roles say. */
export const superUser = (name: string): Authorizer => ({ authorize: ({ user }) => ({ verdict: user.name === name ? 'allow' : 'none', reason: '' }) })
