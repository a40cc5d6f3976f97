// Asking whether a request would be allowed: authorizer.group('').resource('pods').check('get').allowed().
import { CelError } from '../compile.ts'
import type { Library } from '../functions.ts'
import type { OpaqueValue } from '../values.ts'

/** What is asked: a path, or a resource. Absent parts are empty. */
export interface AuthorizationCheck {
  readonly verb: string
  /** Whose rights: a service account, or who sent the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}
export interface AuthorizationDecision { readonly allowed: boolean; readonly reason: string; /** What went wrong while deciding. */ readonly error?: string }
/** Decides. Supplied by whoever evaluates; must not throw. */
export type Authorize = (check: AuthorizationCheck) => AuthorizationDecision

type Asked = Omit<AuthorizationCheck, 'verb'>
class CheckValue implements OpaqueValue {
  readonly celType: string
  readonly authorize: Authorize
  readonly asked: Asked
  constructor(kind: 'Authorizer' | 'PathCheck' | 'GroupCheck' | 'ResourceCheck', authorize: Authorize, asked: Asked) { this.celType = `kubernetes.authorization.${kind}`; this.authorize = authorize; this.asked = asked }
  with(kind: 'Authorizer' | 'PathCheck' | 'GroupCheck' | 'ResourceCheck', more: Asked): CheckValue { return new CheckValue(kind, this.authorize, { ...this.asked, ...more }) }
}
class DecisionValue implements OpaqueValue {
  readonly celType = 'kubernetes.authorization.Decision'
  readonly decision: AuthorizationDecision
  constructor(decision: AuthorizationDecision) { this.decision = decision }
}

/** The value of the variable `authorizer`. */
export const authorizerValue = (authorize: Authorize): OpaqueValue => new CheckValue('Authorizer', authorize, {})
/** The value of the variable `authorizer.requestResource`: a check of what the request is for. */
export const resourceCheckValue = (authorize: Authorize, resource: Pick<AuthorizationCheck, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>): OpaqueValue => new CheckValue('ResourceCheck', authorize, resource)

const fail = (message: string): never => { throw new CelError(message) }
const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
function serviceAccount(authorizer: CheckValue, namespace: string, name: string): CheckValue {
  if (name.length > 253 || !subdomain.test(name)) fail('Invalid service account name')
  if (namespace.length > 63 || !label.test(namespace)) fail('Invalid service account namespace')
  return authorizer.with('Authorizer', { serviceAccount: { namespace, name } })
}
const check = (value: CheckValue, verb: string): DecisionValue => new DecisionValue(value.authorize({ ...value.asked, verb }))
const ask = (part: 'subresource' | 'namespace' | 'name' | 'fieldSelector' | 'labelSelector') => (value: CheckValue, text: string): CheckValue => value.with('ResourceCheck', { [part]: text })

const authorizer = 'kubernetes.authorization.Authorizer', pathCheck = 'kubernetes.authorization.PathCheck', groupCheck = 'kubernetes.authorization.GroupCheck'
const resourceCheck = 'kubernetes.authorization.ResourceCheck', decision = 'kubernetes.authorization.Decision'

export const authorization: Library = {
  [`${authorizer}.path(string): ${pathCheck} = authorizer_path`]: (value: CheckValue, path: string) => (path.trim() === '' ? fail('path must not be empty') : value.with('PathCheck', { path })),
  [`${authorizer}.group(string): ${groupCheck} = authorizer_group`]: (value: CheckValue, group: string) => value.with('GroupCheck', { group }),
  [`${authorizer}.serviceAccount(string, string): ${authorizer} = authorizer_serviceaccount`]: serviceAccount,
  [`${groupCheck}.resource(string): ${resourceCheck} = groupcheck_resource`]: (value: CheckValue, resource: string) => (resource.trim() === '' ? fail('resource must not be empty') : value.with('ResourceCheck', { resource })),
  [`${resourceCheck}.subresource(string): ${resourceCheck} = resourcecheck_subresource`]: ask('subresource'),
  [`${resourceCheck}.namespace(string): ${resourceCheck} = resourcecheck_namespace`]: ask('namespace'),
  [`${resourceCheck}.name(string): ${resourceCheck} = resourcecheck_name`]: ask('name'),
  [`${resourceCheck}.fieldSelector(string): ${resourceCheck} = authorizer_fieldselector`]: ask('fieldSelector'),
  [`${resourceCheck}.labelSelector(string): ${resourceCheck} = authorizer_labelselector`]: ask('labelSelector'),
  [`${pathCheck}.check(string): ${decision} = pathcheck_check`]: check,
  [`${resourceCheck}.check(string): ${decision} = resourcecheck_check`]: check,
  [`${decision}.errored(): bool = decision_errored`]: (value: DecisionValue) => value.decision.error !== undefined,
  [`${decision}.error(): string = decision_error`]: (value: DecisionValue) => value.decision.error ?? '',
  [`${decision}.allowed(): bool = decision_allowed`]: (value: DecisionValue) => value.decision.allowed,
  [`${decision}.reason(): string = decision_reason`]: (value: DecisionValue) => value.decision.reason,
}
