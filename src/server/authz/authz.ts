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

/** The first verdict that is not `none`. */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) { return ask(authorizers, 0, attributes, '') },
    rulesFor(user, namespace) {
      const parts = authorizers.map((a) => a.rulesFor?.(user, namespace)).filter((r) => r !== undefined)
      const errors = parts.map((p) => p.evaluationError).filter((e) => e !== undefined && e !== '')
      return {
        resourceRules: parts.flatMap((p) => p.resourceRules), nonResourceRules: parts.flatMap((p) => p.nonResourceRules),
        incomplete: parts.some((p) => p.incomplete), ...(errors.length > 0 && { evaluationError: errors.join(', ') }),
      }
    },
  }
}

function ask(authorizers: readonly Authorizer[], from: number, attributes: AuthorizationAttributes, reasons: string): Decision | Promise<Decision> {
  for (let i = from; i < authorizers.length; i++) {
    const answer = authorizers[i]!.authorize(attributes)
    if (answer instanceof Promise)
      return answer.then((d) => (d.verdict !== 'none' ? d : ask(authorizers, i + 1, attributes, join(reasons, d.reason))))
    if (answer.verdict !== 'none') return answer
    reasons = join(reasons, answer.reason)
  }
  return { verdict: 'none', reason: reasons }
}
const join = (a: string, b: string): string => (a && b ? `${a}\n${b}` : a || b)

/** For tests and for --authorization-mode=AlwaysAllow. */
export const allowAll: Authorizer = { authorize: () => ({ verdict: 'allow', reason: '' }) }
