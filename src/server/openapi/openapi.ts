// /openapi/v3 (an index, and a document for each version of each group) and /openapi/v2 (one document), in JSON and in protobuf.
import type { ApiRequest, ApiResponse, User } from '#machinery'
import { passOn, type Aggregation } from '../aggregation/index.ts'
import type { Core } from '../core.ts'
import { clauses } from '../media.ts'
import type { PathHandler } from '../pipeline.ts'
import { OpenApiDocuments, type Document, type Form } from './documents.ts'

/** As whom the server asks extension servers for their schemas. */
const aggregator: User = { name: 'system:aggregator', groups: ['system:authenticated'] }
const year = 365 * 86_400_000

export function openapi(core: Core, aggregation: Aggregation, build: string): PathHandler {
  const documents = new OpenApiDocuments(core, aggregation, build)
  return (request, info) => {
    const { path, query } = info
    if (!path.startsWith('/openapi/')) return undefined
    const name = path.replace(/\/$/, '')
    if (name === '/openapi/v2') {
      const form = formOf(request, 'v2')
      return form ? answer(request, documents.v2(form), form, 'v2') : refused(406)
    }
    if (name === '/openapi/v3') {
      const paths = Object.fromEntries([...documents.index()].map(([each, hash]) => [each, { serverRelativeURL: url(each, hash) }]))
      return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': uncached }, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify({ paths }))] } }
    }
    if (!name.startsWith('/openapi/v3/')) return undefined
    const wanted = name.slice('/openapi/v3/'.length)
    const [, group = '', version = ''] = /^apis\/([^/]+)\/([^/]+)$/.exec(wanted) ?? []
    const remote = aggregation.services.remote(group, version)
    if (remote && !aggregation.documents.onlySwagger(remote)) return passOn(core, remote, request, info, aggregator)
    const form = formOf(request, 'v3')
    if (!form) return refused(406)
    const document = remote ? documents.v3Elsewhere(remote, form) : documents.v3(wanted, form)
    if (!document) return refused(404)
    const asked = query.get('hash')
    if (!asked) return answer(request, document, form, 'v3')
    // Under its hash a document never changes; under another's it is somewhere else.
    if (asked !== document.hash) return { status: 301, headers: { location: url(wanted, document.hash), 'content-type': typeOf(form, 'v3'), etag: `"${document.hash}"`, vary: 'Accept', 'cache-control': uncached }, body: { type: 'bytes', chunks: [] } }
    return answer(request, document, form, 'v3', { 'cache-control': 'public, immutable', expires: new Date(core.clock.now() + year).toUTCString() })
  }
}

const uncached = 'no-cache, private'
const url = (name: string, hash: string): string => `/openapi/v3/${name}?hash=${hash}`
const typeOf = (form: Form, version: 'v2' | 'v3'): string => (form === 'json' ? 'application/json' : `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`)
const refused = (status: number): ApiResponse => ({ status, headers: { vary: 'Accept', 'cache-control': uncached }, body: { type: 'bytes', chunks: [] } })

/** The first form that the client likes; undefined: none of them. */
function formOf({ headers }: ApiRequest, version: 'v2' | 'v3'): Form | undefined {
  const protobuf = [`com.github.proto-openapi.spec.${version}@v1.0+protobuf`, `com.github.proto-openapi.spec.${version}.v1.0+protobuf`]
  for (const { type, subtype } of clauses(headers.accept || '*/*')) {
    if (type !== 'application' && type !== '*') continue
    if (subtype === 'json' || subtype === '*') return 'json'
    if (protobuf.includes(subtype)) return 'protobuf'
  }
  return undefined
}

function answer({ headers: asked }: ApiRequest, { bytes, hash }: Document, form: Form, version: 'v2' | 'v3', more: Record<string, string> = {}): ApiResponse {
  const etag = `"${hash}"`
  const headers = { 'content-type': typeOf(form, version), etag, vary: 'Accept', 'cache-control': uncached, ...more }
  const seen = (asked['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (seen.includes(etag) || seen.includes('*')) return { status: 304, headers, body: { type: 'bytes', chunks: [] } }
  return { status: 200, headers, body: { type: 'bytes', chunks: [bytes] } }
}
