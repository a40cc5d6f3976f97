// What spans of requests are called and tell: one for the request as HTTP sees it, one for the work that its verb is. The log of slow requests
// is made of the same.
import { qualified, type ApiRequest, type Kind, type User } from '#machinery'
import type { RequestContext } from '../context.ts'
import { internalPackage } from '../internal-package.ts'
import type { Output } from '../media.ts'
import type { RequestInfo } from '../request.ts'
import { parentOf, type Attributes, type Span, type Tracer } from './span.ts'

/** Members of these may say whether they are followed; of others a trace is only noted. */
const trusted = new Set(['system:masters', 'system:monitoring'])
export const maySample = ({ groups = [] }: Pick<User, 'groups'>): boolean => groups.some((group) => trusted.has(group))

/** The span of a request whose user is known; it begins when the request came. */
export function requestSpan(tracer: Tracer, context: RequestContext): Span {
  const { request, info, user, received, auditId } = context
  return tracer.begin({
    name: spanName(request, info!), began: received, now: () => context.now, parent: parentOf(request.headers), trusted: maySample(user!),
    attributes: [...httpAttributes(request), ['http.target', targetOf(request)], ['audit-id', auditId]],
  })
}

/** The method and the path with what is one object's own left out. */
export function spanName({ method }: Pick<ApiRequest, 'method'>, { isResource, prefix, group, version, namespace, resource, name, subresource }: RequestInfo): string {
  if (!isResource) return method
  const steps = [prefix, ...(group === '' ? [] : [group]), version, ...(namespace === '' ? [] : ['namespaces/{:namespace}']), resource, ...(name === '' ? [] : ['{:name}']), ...(subresource === '' ? [] : [subresource])]
  return `${method} /${steps.join('/')}`
}

const targetOf = ({ path, query }: ApiRequest): string => (query === '' ? path : `${path}?${query}`)
const bodyBytes = ({ body }: ApiRequest): number => (body !== undefined && 'length' in body ? body.length : 0)

/** OpenTelemetry's names for what a server sees of a request. */
function httpAttributes(request: ApiRequest): Attributes {
  const { method, headers, remote, path, direct } = request, host = headers['host'] ?? headers[':authority'] ?? ''
  const [, name = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  return [
    ['http.request.method', method], ...(direct ? [] : [['url.scheme', 'https'] as const]), ['url.path', path], ...(name === '' ? [] : [['server.address', name.replace(/^\[|\]$/g, '')] as const]), ...(port === '' ? [] : [['server.port', Number(port)] as const]),
    ...(remote === undefined ? [] : [['network.peer.address', remote] as const, ['client.address', headers['x-forwarded-for']?.split(',')[0]?.trim() || remote] as const]),
    ...(headers['user-agent'] === undefined ? [] : [['user_agent.original', headers['user-agent']] as const]), ...(direct ? [] : [['network.protocol.version', isHttp2(request) ? '2' : '1.1'] as const]),
    ...(bodyBytes(request) === 0 ? [] : [['http.request.body.size', bodyBytes(request)] as const]),
  ]
}
const isHttp2 = ({ headers }: ApiRequest): boolean => headers[':path'] !== undefined
export const protocolOf = (request: ApiRequest): string => (isHttp2(request) ? 'HTTP/2.0' : 'HTTP/1.1')

const works: Readonly<Record<string, string>> = { create: 'Create', update: 'Update', patch: 'Patch', delete: 'Delete', deletecollection: 'Delete', get: 'Get', list: 'List' }
/** What a request's work is called; undefined: it has no name of its own (watches, paths that are no resources). */
export const workName = ({ isResource, verb }: RequestInfo): string | undefined => (isResource ? works[verb] : undefined)

/** What is told of a request's work. */
export function requestFields({ request, info, auditId }: RequestContext): readonly (readonly [string, string])[] {
  const { method, headers, path, remote = '' } = request, { group, version, name, subresource, namespace, resource } = info!
  const scope = name !== '' || method === 'POST' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster'
  return [
    ['accept', headers.accept ?? ''], ['audit-id', auditId], ['client', remote], ['api-group', group], ['api-version', version], ['name', name], ['subresource', subresource], ['namespace', namespace],
    ['resource', resource], ['scope', scope], ['url', path], ['user-agent', headers['user-agent'] ?? ''], ['verb', method],
  ]
}

/** The request is answered: its work is done, and the bytes are out. */
export function answered({ requestSpan: span, span: work }: RequestContext, status: number, bytes: number): void {
  if (!span) return
  if (work !== span) {
    work?.event('Writing http response done')
    work?.end()
  }
  if (bytes > 0) span.set('http.response.body.size', bytes)
  span.set('http.response.status_code', status)
  if (status >= 500) span.fail()
  span.end()
}

/** From here on what is done is the request's work. */
export function beginWork(context: RequestContext): void {
  const name = workName(context.info!)
  if (name !== undefined) context.span = context.requestSpan!.child(name, requestFields(context))
}

/** The reference's name of a kind's type, and of its resource with its group. */
const typeName = ({ group, kind, stored }: Pick<Kind, 'group' | 'kind'> & { readonly stored?: unknown }): string => (stored === undefined ? `*${internalPackage(group)}.${kind}` : '*unstructured.Unstructured')

/** A write of the store, under the reference's names; deletions have none there. */
export function storeSpan(within: Span, { auditId }: RequestContext, operation: 'create' | 'update' | 'delete', kind: Kind): Span | undefined {
  if (operation === 'delete') return undefined
  return within.child(operation === 'create' ? 'Create etcd3' : 'GuaranteedUpdate etcd3', [['audit-id', auditId], ['type', typeName(kind)], ['resource', qualified(kind)]])
}

/** A call of another server, as OpenTelemetry's HTTP client tells it. */
export const clientSpan = (within: Span, method: string, url: string): Span => within.child(`HTTP ${method}`, clientAttributes(method, url), 'client')
/** A call that is made within no request: a trace of its own, where chance wants it. */
export const loneClientSpan = (tracer: Tracer, method: string, url: string, now: () => number): Span =>
  tracer.begin({ name: `HTTP ${method}`, began: now(), now, attributes: clientAttributes(method, url), parent: undefined, trusted: false, kind: 'client' })
function clientAttributes(method: string, url: string): Attributes {
  const { hostname, port } = new URL(url)
  return [['http.request.method', method], ['server.address', hostname.replace(/^\[|\]$/g, '')], ...(port === '' ? [] : [['server.port', Number(port)] as const]), ['url.full', url], ['network.protocol.version', '1.1']]
}

/** Runs what turns an answer into bytes, as a span of its own where somebody follows the request. */
export function serialized<T>(context: RequestContext, { encoding, pretty }: Pick<Output, 'encoding' | 'pretty'>, groupVersion: string, run: () => T): T {
  if (!context.span) return run()
  const { request, auditId } = context, json = encoding === 'json' || encoding === 'yaml'
  const encoder = json ? JSON.stringify({ name: 'json', pretty: String(pretty), strict: 'false', yaml: String(encoding === 'yaml') }) : encoding
  const span = context.span.child('SerializeObject', [['audit-id', auditId], ['method', request.method], ['url', request.path], ['protocol', protocolOf(request)],
    ['mediaType', mediaTypes[encoding]], ['encoder', JSON.stringify({ encodeGV: groupVersion, encoder, name: 'versioning' })]])
  try { return run() } finally { span.end() }
}
const mediaTypes: Readonly<Record<Output['encoding'], string>> = { json: 'application/json', yaml: 'application/yaml', protobuf: 'application/vnd.kubernetes.protobuf', cbor: 'application/cbor' }
