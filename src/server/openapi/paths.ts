// The operations of each resource as OpenAPI paths.
import type { Served } from '../served.ts'
import { reference, type Dialect } from './definitions.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const bodyTypes = ['application/json', 'application/yaml']
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json']

interface Parameter { readonly name: string; readonly type: string; readonly description: string }
const query = (name: string, type: string, description: string): Parameter => ({ name, type, description })
const writing = [query('dryRun', 'string', 'All: do everything but store.'), query('fieldManager', 'string', 'Who the changed fields belong to.'), query('fieldValidation', 'string', 'Ignore, Warn or Strict: what becomes of unknown fields.')]
const listing = [
  query('allowWatchBookmarks', 'boolean', 'Send a watcher the newest version from time to time.'), query('continue', 'string', 'Where the page before left off.'), query('fieldSelector', 'string', 'Only objects whose fields are so.'),
  query('labelSelector', 'string', 'Only objects with such labels.'), query('limit', 'integer', 'At most this many objects.'), query('resourceVersion', 'string', 'The state to show, or to watch from.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant.'), query('sendInitialEvents', 'boolean', 'Begin a watch with everything there is.'), query('timeoutSeconds', 'integer', 'How long a watch lasts.'), query('watch', 'boolean', 'Go on with changes instead of ending.'),
]
const deleting = [query('dryRun', 'string', 'All: do everything but delete.'), query('gracePeriodSeconds', 'integer', 'Time to end in.'), query('orphanDependents', 'boolean', 'Superseded by propagationPolicy.'), query('propagationPolicy', 'string', 'Orphan, Background or Foreground.')]

export function pathsOf(dialect: Dialect, served: readonly Served[]): Record<string, object> {
  const out: Record<string, object> = {}
  for (const each of served) {
    const base = each.group === '' ? `/api/${each.version}` : `/apis/${each.group}/${each.version}`
    const home = each.namespaced ? `${base}/namespaces/{namespace}/${each.resource}` : `${base}/${each.resource}`
    const make = (op: Operation) => operation(dialect, each, op)
    const place = each.namespaced ? 'Namespaced' : ''
    const has = (verb: string) => (each.verbs as readonly string[]).includes(verb)
    const collection = {
      ...(has('list') && { get: make({ verb: 'list', place, gives: `${each.definition}List`, parameters: listing }) }),
      ...(has('create') && { post: make({ verb: 'create', place, gives: each.definition, takes: each.definition, parameters: writing }) }),
      ...(has('deletecollection') && { delete: make({ verb: 'delete', action: 'deletecollection', place: `Collection${place}`, gives: `${meta}Status`, takes: `${meta}DeleteOptions`, parameters: [...deleting, ...listing] }) }),
    }
    if (Object.keys(collection).length > 0) out[home] = { ...collection, parameters: pathParameters(dialect, each, false) }
    const item = {
      ...(has('get') && { get: make({ verb: 'read', action: 'get', place, gives: each.definition, parameters: [] }) }),
      ...(has('update') && { put: make({ verb: 'replace', action: 'put', place, gives: each.definition, takes: each.definition, parameters: writing }) }),
      ...(has('patch') && { patch: make({ verb: 'patch', place, gives: each.definition, takes: `${meta}Patch`, patch: true, parameters: [...writing, query('force', 'boolean', 'Take over fields that others own (apply).')] }) }),
      ...(has('delete') && { delete: make({ verb: 'delete', place, gives: `${meta}Status`, takes: `${meta}DeleteOptions`, parameters: deleting }) }),
    }
    if (Object.keys(item).length > 0) out[`${home}/{name}`] = { ...item, parameters: pathParameters(dialect, each, true) }
    if (each.namespaced && has('list')) out[`${base}/${each.resource}`] = { get: make({ verb: 'list', place: '', suffix: 'ForAllNamespaces', gives: `${each.definition}List`, parameters: listing }), parameters: [] }
    for (const sub of each.subresources.values()) {
      const operations = Object.fromEntries(sub.verbs.map((verb) => [methods[verb]!, make({
        verb: names[verb]!, action: actions[verb]!, place, suffix: capital(sub.name), gives: each.definition, type: sub.type.version ? sub.type : { group: each.group, version: each.version, kind: sub.type.kind },
        ...(verb === 'patch' ? { takes: `${meta}Patch`, patch: true } : {}), parameters: verb === 'get' ? [] : writing,
      })]))
      out[`${home}/{name}/${sub.name}`] = { ...operations, parameters: pathParameters(dialect, each, true) }
    }
  }
  return out
}
const methods: Readonly<Record<string, string>> = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' }
const names: Readonly<Record<string, string>> = { get: 'read', create: 'create', update: 'replace', patch: 'patch', delete: 'delete' }
const actions: Readonly<Record<string, string>> = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' }

interface Operation {
  readonly verb: string
  readonly action?: string
  readonly place: string
  readonly suffix?: string
  readonly gives: string
  readonly takes?: string
  readonly patch?: true
  readonly type?: { readonly group: string; readonly version: string; readonly kind: string }
  readonly parameters: readonly Parameter[]
}

function operation(dialect: Dialect, served: Served, { verb, action, place, suffix = '', gives, takes, patch, type, parameters }: Operation): object {
  const id = groupName(served.group) + capital(served.version)
  const ref = (name: string) => ({ $ref: reference(dialect, name) })
  const described = parameters.map((p) => (dialect === 'v3' ? { name: p.name, in: 'query', description: p.description, schema: { type: p.type, uniqueItems: true } } : { name: p.name, in: 'query', description: p.description, type: p.type, uniqueItems: true }))
  const patches = served.custom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes
  const consumed = patch ? patches : bodyTypes
  const common = {
    operationId: `${verb}${id}${place}${served.kindName}${suffix}`, tags: [camel(id)],
    'x-kubernetes-action': action ?? (verb === 'create' ? 'post' : verb),
    'x-kubernetes-group-version-kind': type ?? { group: served.group, version: served.version, kind: served.kindName },
  }
  if (dialect === 'v2')
    return { ...common, consumes: consumed, produces: bodyTypes, schemes: ['https'], parameters: [...described, ...(takes ? [{ name: 'body', in: 'body', required: verb !== 'delete', schema: ref(takes) }] : [])], responses: { 200: { description: 'OK', schema: ref(gives) }, 401: { description: 'Unauthorized' } } }
  return {
    ...common, parameters: described,
    ...(takes && { requestBody: { content: Object.fromEntries((patch ? patches : ['*/*']).map((t) => [t, { schema: ref(takes) }])), ...(verb !== 'delete' && { required: true }) } }),
    responses: { 200: { description: 'OK', content: Object.fromEntries(bodyTypes.map((t) => [t, { schema: ref(gives) }])) }, 401: { description: 'Unauthorized' } },
  }
}

function pathParameters(dialect: Dialect, { namespaced, kindName }: Served, named: boolean): object[] {
  const one = (name: string, description: string) => ({ name, in: 'path', required: true, description, ...(dialect === 'v3' ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }) })
  return [...(named ? [one('name', `Name of the ${kindName}.`)] : []), ...(namespaced ? [one('namespace', 'Namespace of the object.')] : [])]
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const camel = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
/** rbac.authorization.k8s.io is RbacAuthorization, the core group Core. */
const groupName = (group: string): string => (group === '' ? 'Core' : group.replace(/\.k8s\.io$/, '').split('.').map(capital).join(''))
