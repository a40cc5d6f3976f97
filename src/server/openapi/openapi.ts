// /openapi/v3 (an index, and a document per version of each group) and /openapi/v2 (one document).
import type { ApiResponse, User } from '#machinery'
import { authTokenRequest, eviction, scale } from '#kinds'
import { passOn, type Aggregation, type ApiServices, type ExtensionDocuments } from '../aggregation/index.ts'
import type { PathHandler } from '../pipeline.ts'
import { notAllowed } from '../route.ts'
import { hex, sha256 } from '../paths/sha256.ts'
import { negotiate } from '../media.ts'
import type { Core } from '../core.ts'
import type { Registry, Served } from '../served.ts'
import { definitionsOf, type ExtraType } from './definitions.ts'
import { addSwagger, type Merged } from './merge.ts'
import { pathsOf } from './paths.ts'

const encoder = new TextEncoder()
/** Documents are large and rarely asked for: the last few are kept. */
const keptDocuments = 4
const about = { title: 'Kubernetes', version: 'v1.36.2' }

/** The media type of OpenAPI v2 in protobuf, as kubectl asks for it when a kind is in no v3 document. */
const gnostic = 'application/com.github.proto-openapi.spec.v2'
/**
 * gnostic's Document { swagger 1, info 2 { title 1, version 2 } } without paths and definitions: a client finds no kind in it, and goes on to say that
 * there is no such kind, instead of giving up over the media type.
 */
function head(): Uint8Array {
  const field = (number: number, bytes: readonly number[]) => [(number << 3) | 2, bytes.length, ...bytes], text = (s: string) => [...encoder.encode(s)]
  return Uint8Array.from([...field(1, text('2.0')), ...field(2, [...field(1, text(about.title)), ...field(2, text(about.version))])])
}

/** As whom the server asks extension servers for their schemas. */
const aggregator: User = { name: 'system:aggregator', groups: ['system:authenticated'] }

export function openapi(core: Core, { services, documents }: Aggregation, build: string): PathHandler {
  const { registry } = core
  const withExtensions = (document: Merged): Merged => {
    for (const remote of services.remotes()) {
      const swagger = documents.swagger(remote)
      if (swagger) addSwagger(document, swagger, remote.group, remote.version)
    }
    return document
  }
  const kept = new Map<string, Uint8Array>()
  const made = (key: string, make: () => object): Uint8Array => {
    let bytes = kept.get(key)
    if (!bytes) {
      bytes = encoder.encode(JSON.stringify(make()))
      if (kept.size >= keptDocuments) kept.delete(kept.keys().next().value!)
    }
    kept.delete(key)
    kept.set(key, bytes)
    return bytes
  }
  return (request, info, _user) => {
    const { path, query } = info
    if (!path.startsWith('/openapi/')) return undefined
    if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed()
    const name = path.replace(/\/$/, '')
    const served = [...registry.all()]
    if (name === '/openapi/v2' && request.headers.accept?.includes(gnostic)) return { status: 200, headers: { 'content-type': `${gnostic}.v1.0+protobuf`, 'cache-control': 'no-cache, private', vary: 'Accept' }, body: { type: 'bytes', chunks: [head()] } }
    if (name === '/openapi/v2') {
      negotiate(request.headers.accept === undefined ? undefined : request.headers.accept, ['application/json', 'application/yaml'], 'none')
      return document(made(`v2/${registry.revision}/${services.revision}/${documents.revision}`, () => ({ swagger: '2.0', info: about, ...withExtensions(swagger(served)) })), request.headers['if-none-match'], hashOf(`${build}${documents.revision}`, served))
    }
    if (name === '/openapi/v3') return document(encoder.encode(JSON.stringify(index(core.registry, services, documents, build))), undefined, undefined)
    const [, group = '', version = ''] = /^\/openapi\/v3\/apis\/([^/]+)\/([^/]+)$/.exec(name) ?? []
    const remote = services.remote(group, version)
    if (remote) return passOn(core, remote, request, info, aggregator)
    const found = versionOf(registry, name.slice('/openapi/v3/'.length))
    if (!found) return { status: 404, headers: {}, body: { type: 'bytes', chunks: [] } }
    const hash = hashOf(build, found)
    const bytes = made(`${name}/${hash}`, () => ({ openapi: '3.0.0', info: { title: 'Kubernetes', version: about.version }, paths: pathsOf('v3', found), components: { schemas: definitionsOf('v3', found, extraTypes(found)) } }))
    return document(bytes, request.headers['if-none-match'], hash, query.get('hash') === hash)
  }
}

function document(bytes: Uint8Array, ifNoneMatch: string | undefined, hash: string | undefined, immutable = false): ApiResponse {
  const etag: Record<string, string> = hash ? { etag: `"${hash}"` } : {}
  const headers = { 'content-type': 'application/json', ...etag, 'cache-control': immutable ? 'public, immutable' : 'no-cache, private', vary: 'Accept' }
  if (hash && ifNoneMatch === `"${hash}"`) return { status: 304, headers, body: { type: 'bytes', chunks: [] } }
  return { status: 200, headers, body: { type: 'bytes', chunks: [bytes] } }
}

const swagger = (served: readonly Served[]): Merged => ({ paths: pathsOf('v2', served), definitions: definitionsOf('v2', served, extraTypes(served)) })

/** The types that subresources of these resources take. */
function extraTypes(served: readonly Served[]): ExtraType[] {
  const known: readonly ExtraType[] = [scale, eviction, authTokenRequest].map(({ apiVersion, kind, schema }) => {
    const at = apiVersion.indexOf('/')
    return { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1), kind, schema }
  })
  const used = new Set(served.flatMap((s) => [...s.subresources.values()].map(({ type }) => type.kind)))
  return known.filter((t) => used.has(t.kind))
}

function index(registry: Registry, services: ApiServices, documents: ExtensionDocuments, build: string): object {
  const paths: Record<string, object> = {}
  for (const { name: group, versions } of [{ name: '', versions: registry.versions('') }, ...services.groups('byService')]) {
    for (const version of versions) {
      const remote = services.remote(group, version), theirs = remote && documents.openapiHash(remote)
      if (remote && theirs === undefined) continue
      const name = group === '' ? `api/${version}` : `apis/${group}/${version}`
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${theirs ?? hashOf(build, registry.resources(group, version))}` }
    }
  }
  return { paths }
}

function versionOf(registry: Registry, name: string): readonly Served[] | undefined {
  const parts = name.split('/')
  const [group, version] = parts[0] === 'api' && parts.length === 2 ? ['', parts[1]!] : parts[0] === 'apis' && parts.length === 3 ? [parts[1]!, parts[2]!] : ['', '']
  return version !== '' && registry.hasVersion(group, version) ? registry.resources(group, version) : undefined
}

/** Changes whenever a document may have: with the program, and with the resources in it. */
const hashOf = (build: string, served: readonly Served[]): string => {
  let known = hashes.get(served)
  if (known?.build !== build) {
    known = { build, hash: hex(sha256(build + served.map((s) => `${s.apiVersion}/${s.resource}${s.custom ? `/${s.custom.stamp}` : ''}`).join())).toUpperCase().repeat(2) }
    hashes.set(served, known)
  }
  return known.hash
}
/** What a version serves stays the same list until it changes. */
const hashes = new WeakMap<readonly Served[], { readonly build: string; readonly hash: string }>()
