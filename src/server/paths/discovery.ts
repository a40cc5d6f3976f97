// Which groups, versions and resources there are: /api, /apis and what is below, in the old form and the aggregated one.
import { noSuchPath, protobufType, type ApiResponse } from '#machinery'
import type { Aggregation, VersionDiscovery } from '../aggregation/index.ts'
import { itemTypes, negotiate, plainJson, type Encoding, type Output } from '../media.ts'
import type { Counter, Metrics } from '../metrics/metrics.ts'
import type { PathHandler } from '../pipeline.ts'
import { notAllowed } from '../route.ts'
import { valueAnswer } from '../respond.ts'
import type { Registry, Served, ServedGroup } from '../served.ts'
import { hex, sha256 } from './sha256.ts'

/** Resources that the reference stores in another version than the one it serves: their storageVersionHash says so. */
const storedVersions: Readonly<Record<string, string>> = { mutatingadmissionpolicies: 'v1beta1', mutatingadmissionpolicybindings: 'v1beta1', customresourcedefinitions: 'v1beta1' }

/** Versions that other servers serve never come here but in the lists: requests for them are passed on before. `advertised` is HOST:PORT. */
export function discovery(registry: Registry, aggregation: Aggregation, metrics: Metrics, advertised?: string): PathHandler {
  const { services } = aggregation
  const addresses = advertised === undefined ? [] : [{ clientCIDR: '0.0.0.0/0', serverAddress: advertised }]
  const made = metrics.counter({ name: 'aggregator_discovery_aggregation_count_total', stability: 'ALPHA', help: 'How often the document of all groups was made.' }).with()
  const whole = { api: aggregatedDocument(registry, aggregation, 'api', made), apis: aggregatedDocument(registry, aggregation, 'apis', made) }
  return (request, info) => {
    if (info.prefix === '' || info.isResource) return undefined
    const parts = info.path.split('/').filter((p) => p !== '')
    const answer = (value: object, output: Output): ApiResponse => valueAnswer(200, value, output, request.direct === true)
    const form = (aggregated: boolean): Output => {
      if (request.method !== 'GET') throw notAllowed()
      return negotiate(request, itemTypes, aggregated ? 'discovery' : 'resources')
    }
    const [, group, version] = info.prefix === 'api' ? ['api', '', parts[1]] : parts
    if (parts.length === 1) {
      const output = form(true)
      if (output.as !== '') return tagged(whole[info.prefix](), output.encoding, request.headers['if-none-match'], request.direct === true)
      return answer(info.prefix === 'api' ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses } : { kind: 'APIGroupList', apiVersion: 'v1', groups: services.groups('byService').map(apiGroup) }, output)
    }
    if (info.prefix === 'apis' && parts.length === 2) {
      const found = services.groups('byService').find(({ name }) => name === group)
      if (found) return answer({ kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) }, form(false))
    }
    if (version !== undefined && parts.length <= 3 && registry.hasVersion(group!, version)) return answer(resourceList(registry, group!, version), form(false))
    if (info.prefix === 'api' || registry.isBuiltIn(group!)) throw noSuchPath()
    return undefined
  }
}

function apiGroup({ name, versions }: ServedGroup) {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: all, preferredVersion: all[0] }
}

/** Short names and categories of what can be listed: of a resource that is there only for its subresource nothing is said. */
const namesOf = ({ kind: { shortNames, categories }, verbs }: Served): object => (verbs.length === 0 ? {} : { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) })

function resourceList(registry: Registry, group: string, version: string) {
  const resources = registry.resources(group, version).flatMap((served) => [
    {
      name: served.resource, singularName: served.kind.singular, namespaced: served.namespaced, kind: served.kindName, verbs: served.verbs,
      ...namesOf(served),
      ...(isStored(served) && { storageVersionHash: storageHash(served) }),
    },
    ...[...served.subresources.values()].map(({ name, type, verbs }) => ({
      name: `${served.resource}/${name}`, singularName: '', namespaced: served.namespaced, ...(type.group && { group: type.group }), ...(type.version && { version: type.version }), kind: type.kind, verbs,
    })),
  ])
  // The core version's list has no apiVersion in the reference.
  return { kind: 'APIResourceList', ...(group !== '' && { apiVersion: 'v1' }), groupVersion: group ? `${group}/${version}` : version, resources }
}
const isStored = ({ verbs }: Served): boolean => verbs.includes('watch')

const hashes = new WeakMap<Served, string>()
function storageHash(served: Served): string {
  let hash = hashes.get(served)
  if (hash === undefined) {
    const { kind } = served
    const version = served.custom?.storageVersion ?? (kind.group.endsWith('.k8s.io') ? storedVersions[kind.resource] ?? kind.version : kind.version)
    hash = btoa(String.fromCharCode(...sha256(`${kind.group}/${version}/${kind.kind}`).subarray(0, 8)))
    hashes.set(served, hash)
  }
  return hash
}

interface Tagged { readonly text: string; readonly etag: string }

/**
 * All groups in one document. Its parts are kept until what they show changes, each with its own hash: a thousand definitions of custom
 * resources cost one change what one costs.
 */
function aggregatedDocument(registry: Registry, { services, documents }: Aggregation, prefix: 'api' | 'apis', count: Counter): () => Tagged {
  const parts = new Map<string, { readonly revision: number; readonly text: string; readonly hash: string }>()
  let made: (Tagged & { readonly of: string }) | undefined
  const part = (group: string, version: string) => {
    const remote = services.remote(group, version)
    const key = `${group}/${version}`, revision = remote ? -documents.revision : registry.revisionOf(group, version)
    let known = parts.get(key)
    if (known?.revision !== revision) {
      const shown: VersionDiscovery = remote ? documents.discovery(remote) : { version, resources: registry.resources(group, version).map(aggregatedResource), freshness: 'Current' }
      const text = JSON.stringify(shown)
      known = { revision, text, hash: hex(sha256(text)) }
      parts.set(key, known)
    }
    return known
  }
  return () => {
    const of = `${registry.revision}/${services.revision}/${documents.revision}`
    if (made?.of === of) return made
    const groups = prefix === 'api' ? [{ name: '', versions: registry.versions('') }] : services.groups('byGroup')
    const items = groups.map(({ name, versions }) => ({ metadata: JSON.stringify(name ? { name } : {}), versions: versions.map((version) => part(name, version)) }))
    for (const key of parts.size > 2 * items.length + 100 ? [...parts.keys()] : []) if (!groups.some(({ name, versions }) => versions.some((v) => `${name}/${v}` === key))) parts.delete(key)
    const text = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[${items.map(({ metadata, versions }) => `{"metadata":${metadata},"versions":[${versions.map((v) => v.text).join(',')}]}`).join(',')}]}`
    const etag = hex(sha256(items.map(({ metadata, versions }) => metadata + versions.map((v) => v.hash).join('')).join('\n'))).toUpperCase().repeat(2)
    count.inc()
    return (made = { of, text, etag: `"${etag}"` })
  }
}

function tagged({ text, etag }: Tagged, encoding: Encoding, ifNoneMatch: string | undefined, direct: boolean): ApiResponse {
  const headers = { 'content-type': `${typeOf[encoding]};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`, etag, vary: 'Accept', 'cache-control': 'public' }
  if (ifNoneMatch === etag) return { status: 304, headers, body: { type: 'bytes', chunks: [] } }
  if (direct) return { ...valueAnswer(200, JSON.parse(text), plainJson, true), headers }
  if (encoding !== 'json') return { ...valueAnswer(200, JSON.parse(text), { ...plainJson, encoding }, false), headers }
  return { status: 200, headers, body: { type: 'bytes', chunks: [new TextEncoder().encode(`${text}\n`)] } }
}

const typeOf: Readonly<Record<Encoding, string>> = { json: 'application/json', yaml: 'application/yaml', protobuf: protobufType, cbor: 'application/cbor' }

function aggregatedResource(served: Served) {
  const scope = served.namespaced ? 'Namespaced' : 'Cluster'
  const subresources = [...served.subresources.values()].map(({ name, type, verbs }) => ({ subresource: name, responseKind: served.custom && type.group === '' ? { group: served.group, version: served.version, kind: type.kind } : type, verbs }))
  return {
    resource: served.resource, responseKind: { ...(served.custom ? { group: served.group, version: served.version } : { group: '', version: '' }), kind: served.kindName }, scope, singularResource: served.kind.singular, verbs: served.verbs,
    ...namesOf(served),
    ...(subresources.length > 0 && { subresources }),
  }
}
