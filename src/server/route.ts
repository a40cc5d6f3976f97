// From an allowed request to the function that answers it.
import { switchedOff } from '#kinds'
import { ApiError, badRequest, methodNotAllowed, noSuchPath, notFound, unsupportedMediaType, type ApiRequest, type ApiResponse } from '#machinery'
import type { RequestContext } from './context.ts'
import type { Call, Core } from './core.ts'
import { create } from './create.ts'
import { remove, removeCollection } from './delete.ts'
import { get, list } from './list.ts'
import { isFormer } from './former-versions.ts'
import { itemTypes, listTypes, mediaType, negotiate, patchForm, plainJson } from './media.ts'
import { patch } from './patch.ts'
import { speaksProtobuf } from './protobuf-body.ts'
import type { RequestInfo } from './request.ts'
import { pageNotFound } from './respond.ts'
import type { Served } from './served.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

type Handler = (call: Call) => ApiResponse | Promise<ApiResponse>
const collectionVerbs: Readonly<Record<string, Handler>> = { create, deletecollection: removeCollection, list, watch }
const itemVerbs: Readonly<Record<string, Handler>> = { get, update, patch, delete: remove, watch }

/** A resource that is not stored: reviews, bindings. */
export interface VirtualResource { readonly group: string; readonly resource: string; readonly handle: Handler }

export const notAllowed = () => new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

/** Answers a request for a resource. Throws NotFound, MethodNotAllowed and whatever the handler throws. */
export function routeResource(core: Core, context: RequestContext, virtual: ReadonlyMap<string, VirtualResource>): ApiResponse | Promise<ApiResponse> {
  const { request, warnings } = context, info = context.info!
  const served = core.registry.find(info.group, info.version, info.resource)
  if (!served) {
    const gate = switchedOff[`${info.group}/${info.version}`]?.[info.resource]
    if (gate !== undefined) core.log.warn(`an API version was asked for that v1.36 has switched off; --runtime-config=${info.group}/${info.version}=true${gate && ` with --feature-gates=${gate}=true`} serves it`, { path: info.path, userAgent: request.headers['user-agent'] })
    else if (isFormer(info)) core.log.warn('a removed API version was asked for; --legacy-apis (--runtime-config=legacy/all=true) serves it', { path: info.path, userAgent: request.headers['user-agent'] })
    if (info.prefix === 'apis' && !core.registry.isBuiltIn(info.group)) return pageNotFound()
    throw noSuchPath()
  }
  context.served = served
  const user = context.impersonated ?? context.user!
  if (served.custom && served.deprecated !== undefined) warnings.push(served.deprecated)
  if (served.custom) return routeCustom({ core, context, request, info, user, served, output: plainJson, warnings })
  const handler = find(served, info, request, virtual)
  if (served.deprecated !== undefined) warnings.push(served.deprecated) // of what has no route nothing is known
  const types = info.verb === 'list' || info.verb === 'watch' ? listTypes : itemTypes
  if (served.subresources.get(info.subresource)?.connects) return handler({ core, context, request, info, user, served, output: plainJson, warnings })
  if (info.verb === 'patch') patchForm(request)
  const output = negotiate(request, types, isReadable(served, info) ? 'objects' : 'metadata', false)
  return handler({ core, context, request, info, user, served, output, warnings })
}

/** What is only created, as reviews and bindings are, has no columns. */
const isReadable = (served: Served, { subresource }: RequestInfo): boolean => {
  const verbs: readonly string[] = served.subresources.get(subresource)?.verbs ?? served.verbs
  return verbs.some((verb) => verb !== 'create')
}

const customPatchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
/** Custom resources have no routes of their own in the reference: one handler looks at the request, and refuses in other words. */
function routeCustom(call: Call): ApiResponse | Promise<ApiResponse> {
  const { request, info, served } = call
  if (info.namespace !== '' && !served.namespaced) return pageNotFound()
  if (served.namespaced && info.namespace === '' && info.verb !== 'list' && info.verb !== 'watch') return pageNotFound()
  const found = info.subresource === '' ? undefined : served.subresources.get(info.subresource)
  if (info.subresource !== '' && !found) throw notFound(served.name, info.name)
  const verb = info.verb === 'watch' && info.name !== '' && !info.legacyWatch ? 'get' : info.verb
  const handler = found ? (found.verbs.includes(verb) ? (c: Call) => found.handle(c) : undefined) : collectionVerbs[verb] ?? itemVerbs[verb]
  if (!handler) throw methodNotAllowed(served.name, info.verb)
  if (info.name === '' && (info.verb === 'update' || info.verb === 'patch')) throw badRequest('name must be provided')
  const patches = request.cbor ? [...customPatchTypes, 'application/apply-patch+cbor'] : customPatchTypes
  if (info.verb === 'patch' && !patches.includes(mediaType(request.headers['content-type']))) throw unsupportedMediaType(patches)
  return handler({ ...call, output: negotiate(request, undefined, 'objects', speaksProtobuf(request)) })
}

function find(served: Served, info: RequestInfo, request: ApiRequest, virtual: ReadonlyMap<string, VirtualResource>): Handler {
  const { namespaced } = served
  if (info.namespaced && !namespaced) throw noSuchPath()
  if (info.legacyWatch) return legacyWatch(served, info, request)
  if (info.name !== '' && namespaced && info.namespace === '') throw noSuchPath()
  if (info.subresource !== '') return subresource(served, info, request)
  const special = virtual.get(`${served.group}/${served.resource}`)
  const verbs: readonly string[] = served.verbs
  const has = info.name === '' ? ['create', 'list', 'deletecollection'] : ['get', 'update', 'patch', 'delete']
  if (!has.some((v) => verbs.includes(v))) throw noSuchPath()
  const verb = info.name === '' ? info.verb : info.verb === 'watch' ? 'get' : info.verb
  // Across all namespaces one can only look.
  if (request.method === 'HEAD' || !verbs.includes(verb) || (info.name === '' && namespaced && info.namespace === '' && verb !== 'list' && verb !== 'watch' && !unbound(special, verb))) throw notAllowed()
  if (special) return special.handle
  const handler = (info.name === '' ? collectionVerbs : itemVerbs)[verb]
  if (!handler) throw notAllowed()
  return handler
}
const unbound = (special: VirtualResource | undefined, verb: string): boolean => special !== undefined && verb === 'create' && special.resource !== 'localsubjectaccessreviews' && special.resource !== 'bindings'

/** GET /api/v1/watch/...: one object or many. */
function legacyWatch(served: Served, info: RequestInfo, { method }: ApiRequest): Handler {
  if (info.subresource !== '' || !served.verbs.includes('watch')) throw noSuchPath()
  if (method !== 'GET') throw notAllowed()
  return watch
}

const methodVerbs: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
function subresource(served: Served, info: RequestInfo, { method }: ApiRequest): Handler {
  const found = served.subresources.get(info.subresource)
  if (!found || (info.rest.length > 0 && !found.deep)) throw noSuchPath()
  if (!found.verbs.includes(methodVerbs[method] ?? '') && !found.deep) throw notAllowed()
  return (call) => found.handle(call)
}
