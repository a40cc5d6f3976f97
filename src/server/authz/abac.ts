// --authorization-policy-file: one policy a line (abac.authorization.kubernetes.io/v1beta1, or the form from before there were versions).
import type { User } from '#machinery'
import type { AuthorizationAttributes, Authorizer, SubjectRules } from './authz.ts'

interface Policy {
  readonly user?: string; readonly group?: string; readonly readonly?: boolean
  readonly apiGroup?: string; readonly resource?: string; readonly namespace?: string; readonly nonResourcePath?: string
}
const apiVersion = 'abac.authorization.kubernetes.io/v1beta1', authenticated = 'system:authenticated'
const reading = ['get', 'list', 'watch']

/** Throws an Error that names the file and the line. */
export function parsePolicies(text: string, file: string): readonly Policy[] {
  return text.split('\n').flatMap((line, i) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    let value: Policy & { readonly kind?: string; readonly apiVersion?: string; readonly spec?: Policy }
    try { value = JSON.parse(trimmed) as typeof value } catch (cause) { throw new Error(`error reading policy file ${file}, line ${i + 1}: ${trimmed}: ${(cause as Error).message}`, { cause }) }
    if (value.apiVersion === undefined && value.kind === undefined) return [fromOldest(value)]
    if (value.apiVersion !== apiVersion || value.kind !== 'Policy') throw new Error(`error reading policy file ${file}, line ${i + 1}: ${trimmed}: expected Policy of ${apiVersion}`)
    return [everybodyKnown(value.spec ?? {})]
  })
}

/** Before there were versions, what was left out meant everything. */
function fromOldest({ user, group, readonly: only, resource, namespace }: Policy): Policy {
  const who = everybodyKnown(user || group ? { ...(user && { user }), ...(group && { group }) } : { group: authenticated })
  return { ...who, readonly: only ?? false, apiGroup: '*', resource: resource || '*', namespace: namespace || '*', ...(!resource && !namespace && { nonResourcePath: '*' }) }
}
/** Any user, or any group, is everybody who is somebody. */
function everybodyKnown(policy: Policy): Policy {
  if (policy.user !== '*' && policy.group !== '*') return policy
  const { user: _user, ...rest } = policy
  return { ...rest, group: authenticated }
}

export class AbacAuthorizer implements Authorizer {
  readonly #policies: readonly Policy[]
  constructor(policies: readonly Policy[]) { this.#policies = policies }

  authorize(attributes: AuthorizationAttributes): ReturnType<Authorizer['authorize']> {
    return this.#policies.some((policy) => allows(policy, attributes)) ? { verdict: 'allow', reason: '' } : { verdict: 'none', reason: 'No policy matched.' }
  }

  rulesFor(user: User, namespace: string): SubjectRules {
    const own = this.#policies.filter((policy) => isAbout(policy, user) && (policy.namespace === '*' || policy.namespace === namespace))
    const verbs = (policy: Policy) => (policy.readonly ? reading : ['*'])
    return {
      resourceRules: own.filter(({ resource }) => resource).map((policy) => ({ verbs: verbs(policy), apiGroups: [policy.apiGroup ?? ''], resources: [policy.resource!] })),
      nonResourceRules: own.filter(({ nonResourcePath }) => nonResourcePath).map((policy) => ({ verbs: verbs(policy), nonResourceURLs: [policy.nonResourcePath!] })),
      incomplete: false,
    }
  }
}

function isAbout({ user, group }: Policy, who: User): boolean {
  return Boolean(user || group) && (!user || user === who.name) && (!group || who.groups.includes(group))
}
function allows(policy: Policy, { user, verb, resource, path }: AuthorizationAttributes): boolean {
  if (!isAbout(policy, user) || (policy.readonly && !reading.includes(verb))) return false
  const { nonResourcePath: allowed = '' } = policy
  if (!resource) return allowed === '*' || allowed === path || (allowed.endsWith('*') && path.startsWith(allowed.slice(0, -1)))
  const fits = (wanted: string | undefined, given: string) => wanted === '*' || (wanted ?? '') === given
  return fits(policy.namespace, resource.namespace) && fits(policy.resource, resource.resource) && fits(policy.apiGroup, resource.group)
}
