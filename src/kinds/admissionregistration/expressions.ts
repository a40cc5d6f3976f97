// What expressions of webhooks and policies may name, and what they must evaluate to. Checked when they are written, compiled the same way when they are used.
import { compile, type CelEnvironment, type CelField, type CelProgram, type CelType } from '#cel'

const string: CelType = { type: 'string' }, dyn: CelType = { type: 'dyn' }, timestamp: CelType = { type: 'timestamp' }, int: CelType = { type: 'int' }
const list = (items: CelType): CelType => ({ type: 'list', items })
const map = (values: CelType): CelType => ({ type: 'map', keys: string, values })
const object = (name: string, fields: Readonly<Record<string, CelType>>, optional: readonly string[] = []): CelType =>
  ({ type: 'object', name, fields: Object.fromEntries(Object.entries(fields).map(([field, of]): [string, CelField] => [field, { of, ...(!optional.includes(field) && { required: true }) }])) })

const gvk = object('kubernetes.GroupVersionKind', { group: string, version: string, kind: string })
const gvr = object('kubernetes.GroupVersionResource', { group: string, version: string, resource: string })
const userInfo = object('kubernetes.UserInfo', { username: string, uid: string, groups: list(string), extra: map(list(string)) }, ['username', 'uid', 'groups', 'extra'])
const request = object('kubernetes.AdmissionRequest', {
  kind: gvk, resource: gvr, subResource: string, requestKind: gvk, requestResource: gvr, requestSubResource: string, name: string, namespace: string, operation: string, userInfo,
  dryRun: { type: 'bool' }, options: dyn,
}, ['subResource', 'requestSubResource', 'namespace', 'dryRun', 'options'])
/** Of a namespace, what expressions may see. UID is spelled so in the reference. */
const namespaceObject = object('kubernetes.Namespace', {
  metadata: object('kubernetes.NamespaceMetadata', {
    name: string, generateName: string, namespace: string, labels: map(string), annotations: map(string), UID: string, creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int, deletionTimestamp: timestamp, generation: int, resourceVersion: string, finalizers: list(string),
  }),
  spec: object('kubernetes.NamespaceSpec', { finalizers: list(string) }),
  status: object('kubernetes.NamespaceStatus', {
    conditions: list(object('kubernetes.NamespaceCondition', { status: string, type: string, lastTransitionTime: timestamp, message: string, reason: string })), phase: string,
  }),
})
const authorizer: CelType = { type: 'opaque', name: 'kubernetes.authorization.Authorizer' }
const resourceCheck: CelType = { type: 'opaque', name: 'kubernetes.authorization.ResourceCheck' }
/** What a JSON patch is made of. */
const jsonPatch = object('JSONPatch', { op: string, path: string, from: string, value: dyn }, ['from', 'value'])

export interface Scope {
  /** Whether there are parameters. */
  readonly params: boolean
  readonly authorizer: boolean
  /** Types of the policy's own variables; absent where none may be named. */
  readonly variables?: Readonly<Record<string, CelType>>
  /** Whether Object and JSONPatch may be built. */
  readonly patches?: true
  /** What is known of the objects; otherwise anything goes. */
  readonly objects?: CelType
  readonly paramType?: CelType
}
/** What may be named. */
export const environment = ({ params, authorizer: withAuthorizer, variables, patches, objects = dyn, paramType = dyn }: Scope): CelEnvironment => ({
  variables: {
    object: objects, oldObject: objects, request, namespaceObject, ...(params && { params: paramType }),
    ...(withAuthorizer && { authorizer, 'authorizer.requestResource': resourceCheck }), ...(variables && { variables: object('kubernetes.variables', variables) }),
  },
  ...(patches && { constructible: [openObject, jsonPatch] }),
})
/** Object, Object.spec and so on: what fields are called is only known when the patch is applied. */
const openObject: CelType = { type: 'object', name: 'Object', fields: {}, open: true }

export type Expression = { readonly ok: true; readonly program: CelProgram } | { readonly ok: false; readonly detail: string }

export const condition = ['bool'], message = ['string'], annotation = ['string', 'null_type'], applyConfigurations = ['Object'], jsonPatches = ['list(JSONPatch)']

/** Compiles an expression that must have one of these types; none: any. */
export function expression(source: string, scope: CelEnvironment, types: readonly string[] = []): Expression {
  const compiled = compile(source, scope)
  if (!compiled.ok) return { ok: false, detail: compiled.why }
  const { program } = compiled, got = program.outputTypeName
  if (types.length === 0 || types.includes(got)) return { ok: true, program }
  return { ok: false, detail: types.length === 1 ? `must evaluate to ${types[0]} but got ${got}` : `must evaluate to one of [${types.join(' ')}] but got ${got}` }
}

export interface Variables { readonly types: Readonly<Record<string, CelType>>; readonly expressions: ReadonlyMap<string, Expression> }
/** A policy's variables, each of which may name those before it. */
export function variablesOf(variables: readonly { readonly name: string; readonly expression: string }[], scope: Scope): Variables {
  const types: Record<string, CelType> = {}, expressions = new Map<string, Expression>()
  for (const { name, expression: source } of variables) {
    const made = expression(source, environment({ ...scope, variables: { ...types } }))
    expressions.set(name, made)
    types[name] = made.ok ? plain(made.program.outputType) : dyn
  }
  return { types, expressions }
}
/** What is kept of a variable's type: scalars, lists and maps of them. */
function plain(type: CelType): CelType {
  switch (type.type) {
    case 'list': return { type: 'list', items: plain(type.items) }
    case 'map': return { type: 'map', keys: plain(type.keys), values: plain(type.values) }
    case 'object': case 'opaque': case 'optional': case 'type': return dyn
    default: return type
  }
}
