// What can be done under which path, the same for both dialects of OpenAPI.
import type { Served } from '../served.ts'
import { body, creating, deleting, deletingCollection, listing, patching, pathName, pathNamespace, pathRest, pretty, subresourceParameters, type Parameter } from './parameters.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options' | 'head'

export interface Operation {
  readonly id: string
  readonly tag: string
  readonly description: string
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  readonly parameters: readonly Parameter[]
  /** Names of definitions by status; 'string': a text. */
  readonly responses: Readonly<Record<string, string>>
  readonly action?: string
  readonly type?: { readonly group: string; readonly version: string; readonly kind: string }
  readonly deprecated?: true
}
export interface PathItem { readonly parameters: readonly Parameter[]; readonly operations: Partial<Record<Method, Operation>> }
export type Paths = Record<string, PathItem>

const anything = ['*/*']
const objects = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streams = [...objects, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patches = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor']
const customObjects = ['application/json', 'application/yaml']
const customPatches = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

/** Every path of a resource. */
export function pathsOfResource(served: Served): Paths {
  const { group, version, resource, namespaced, kindName, definition } = served
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const home = namespaced ? `/namespaces/{namespace}/${resource}` : `/${resource}`
  const [name, scope] = [[pathName(kindName)], namespaced ? [pathNamespace] : []]
  const of = operations(served)
  const out: Paths = {}
  const add = (path: string, parameters: readonly Parameter[], all: Partial<Record<Method, Operation | undefined>>) => {
    const present = Object.fromEntries(Object.entries(all).filter(([, operation]) => operation)) as Partial<Record<Method, Operation>>
    if (Object.keys(present).length > 0) out[path] = hoisted(parameters, present)
  }
  const has = (verb: string) => (served.verbs as readonly string[]).includes(verb)
  const list = `${definition}List`, deleted = served.kind.returnsDeleted ? definition : `${meta}Status`
  add(base + home, [...scope, pretty], {
    delete: has('deletecollection') ? of({ verb: 'delete', extra: 'Collection', action: 'deletecollection', description: `delete collection of ${kindName}`, takes: body(`${meta}DeleteOptions`, false), parameters: deletingCollection, gives: { 200: `${meta}Status` } }) : undefined,
    get: has('list') ? of({ verb: 'list', description: `list or watch objects of kind ${kindName}`, parameters: listing, gives: { 200: list }, streams: true }) : undefined,
    post: has('create') ? of({ verb: 'create', action: 'post', description: `create ${article(kindName)}`, takes: body(definition, true), parameters: creating, gives: { 200: definition, 201: definition, 202: definition } }) : undefined,
  })
  add(`${base}${home}/{name}`, [...name, ...scope, pretty], {
    delete: has('delete') ? of({ verb: 'delete', description: `delete ${article(kindName)}`, takes: body(`${meta}DeleteOptions`, false), parameters: deleting, gives: { 200: deleted, 202: deleted } }) : undefined,
    get: has('get') ? of({ verb: 'read', action: 'get', description: `read the specified ${kindName}`, gives: { 200: definition } }) : undefined,
    patch: has('patch') ? of({ verb: 'patch', description: `partially update the specified ${kindName}`, takes: body(`${meta}Patch`, true), parameters: patching, gives: { 200: definition, 201: definition }, patch: true }) : undefined,
    put: has('update') ? of({ verb: 'replace', action: 'put', description: `replace the specified ${kindName}`, takes: body(definition, true), parameters: creating, gives: { 200: definition, 201: definition } }) : undefined,
  })
  for (const { name: sub, type, verbs, connects } of served.subresources.values()) {
    const gvk = type.version ? type : { group, version, kind: type.kind }, suffix = capital(sub), path = `${base}${home}/{name}/${sub}`, gives = definitionOf(served, gvk)
    if (connects) {
      const methods: readonly Method[] = sub === 'proxy' ? ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'] : ['get', 'post']
      const connect = (suffix: string) => Object.fromEntries(methods.map((method) => [method, { ...of({ verb: 'connect', extra: capital(method), suffix, action: 'connect', type: gvk, description: `connect ${method.toUpperCase()} requests to ${sub} of ${kindName}`, parameters: subresourceParameters[sub] ?? [], gives: { 200: 'string' } }), consumes: anything, produces: anything }]))
      add(path, [...name, ...scope], connect(suffix))
      if (sub === 'proxy') add(`${path}/{path}`, [...name, ...scope, pathRest], connect('ProxyWithPath'))
      continue
    }
    const one = (verb: string, method: Method, operation: Pick<Wanted, 'description' | 'gives'> & Partial<Wanted>) => (verbs.includes(verb) ? of({ verb, action: method, suffix, type: gvk, ...operation }) : undefined)
    const text = sub === 'log'
    add(path, [...name, ...scope, pretty], {
      get: one('get', 'get', { verb: 'read', description: `read ${sub} of the specified ${kindName}`, gives: { 200: text ? 'string' : gives }, parameters: subresourceParameters[sub] ?? [], ...(text && { text }) }),
      patch: one('patch', 'patch', { description: `partially update ${sub} of the specified ${kindName}`, takes: body(`${meta}Patch`, true), parameters: patching, gives: { 200: gives, 201: gives }, patch: true }),
      post: one('create', 'post', { description: `create ${sub} of ${article(kindName)}`, takes: body(gives, true), parameters: creating, gives: { 200: gives, 201: gives, 202: gives } }),
      put: one('update', 'put', { verb: 'replace', description: `replace ${sub} of the specified ${kindName}`, takes: body(gives, true), parameters: creating, gives: { 200: gives, 201: gives } }),
    })
  }
  if (namespaced && has('list')) add(`${base}/${resource}`, [pretty], { get: of({ verb: 'list', everywhere: true, suffix: 'ForAllNamespaces', description: `list or watch objects of kind ${kindName}`, parameters: listing, gives: { 200: list }, streams: true }) })
  if (!has('watch') || served.custom) return out
  const watch = (extra: Partial<Wanted>) => of({ verb: 'watch', action: 'watchlist', description: `watch individual changes to a list of ${kindName}. deprecated: use the 'watch' parameter with a list operation instead.`, parameters: listing, gives: { 200: `${meta}WatchEvent` }, streams: true, ...extra })
  add(`${base}/watch${home}`, [...scope, pretty], { get: watch({ suffix: 'List' }) })
  if (has('get')) add(`${base}/watch${home}/{name}`, [...name, ...scope, pretty], { get: watch({ action: 'watch', description: `watch changes to an object of kind ${kindName}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.` }) })
  if (namespaced) add(`${base}/watch/${resource}`, [pretty], { get: watch({ everywhere: true, suffix: 'ListForAllNamespaces' }) })
  return out
}

interface Wanted {
  readonly verb: string; readonly action?: string; readonly description: string
  /** Between version and scope: Collection, Get. */
  readonly extra?: string
  readonly suffix?: string
  readonly everywhere?: true
  readonly type?: NonNullable<Operation['type']>
  readonly takes?: Parameter
  readonly parameters?: readonly Parameter[]
  readonly gives: Readonly<Record<string, string>>
  readonly streams?: true; readonly patch?: true; readonly text?: boolean
}

function operations({ group, version, kindName, namespaced, custom, deprecated }: Served): (wanted: Wanted) => Operation {
  const title = groupTitle(group) + capital(version), type = { group, version, kind: kindName }
  return ({ verb, action, description, extra = '', suffix = '', everywhere, type: other, takes, parameters = [], gives, streams: streamed, patch, text }) => ({
    id: `${verb}${title}${extra}${namespaced && !everywhere ? 'Namespaced' : ''}${kindName}${suffix}`, tag: `${uncapital(groupTitle(group))}_${version}`, description,
    consumes: patch ? (custom ? customPatches : patches) : custom ? customObjects : anything,
    produces: text ? ['text/plain', ...objects] : custom ? customObjects : streamed ? streams : objects,
    parameters: [...(takes ? [takes] : []), ...parameters], responses: gives, action: action ?? verb, type: other ?? type, ...(deprecated !== undefined && custom && { deprecated: true }),
  })
}

/** Parameters that every operation of a path has stand with the path. */
function hoisted(common: readonly Parameter[], operations: Partial<Record<Method, Operation>>): PathItem {
  const all = Object.values(operations)
  const everywhere = all[0]!.parameters.filter((p) => p.in !== 'body' && all.every((o) => o.parameters.includes(p)))
  if (all.length > 1 && everywhere.length === 0) return { parameters: common, operations }
  const kept = Object.fromEntries(Object.entries(operations).map(([method, o]) => [method, { ...o, parameters: o.parameters.filter((p) => !everywhere.includes(p)) }]))
  return { parameters: [...common, ...everywhere].sort((a, b) => (a.name < b.name ? -1 : 1)), operations: kept }
}

/** The definition of what a subresource takes and gives: the resource's own, or that of a type of another group. */
function definitionOf({ group, version, kindName, definition }: Served, type: { group: string; version: string; kind: string }): string {
  if (type.group === group && type.version === version && type.kind === kindName) return definition
  return `io.k8s.api.${(type.group || 'core').split('.')[0]}.${type.version}.${type.kind}`
}

/** rbac.authorization.k8s.io is RbacAuthorization, the core group Core. */
export const groupTitle = (group: string): string => (group === '' ? 'Core' : group.replace(/\.k8s\.io$/, '').split('.').map(capital).join(''))
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
export const uncapital = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
const article = (kind: string): string => `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`
