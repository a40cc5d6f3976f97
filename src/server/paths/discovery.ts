// Which groups, versions and resources there are: /api, /apis and what is below, in the old form and the aggregated one.
import { noSuchPath, type ApiResponse } from '#machinery'
import { itemTypes, negotiate, type Output } from '../media.ts'
import type { PathHandler } from '../pipeline.ts'
import { notAllowed } from '../route.ts'
import { valueAnswer } from '../respond.ts'
import { preferredFirst, type Registry, type Served } from '../served.ts'
import { hex, sha256 } from './sha256.ts'

/** Groups in the order of their priority; all others follow by name. */
const groupOrder = ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy',
  'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io']
/** Resources that the reference stores in another version than the one it serves: their storageVersionHash says so. */
const storedVersions: Readonly<Record<string, string>> = { mutatingadmissionpolicies: 'v1beta1', mutatingadmissionpolicybindings: 'v1beta1', customresourcedefinitions: 'v1beta1' }

export function discovery(registry: Registry): PathHandler {
  return (request, info) => {
    const parts = info.path.split('/').filter((p) => p !== '')
    if (info.prefix === '' || info.isResource) return undefined
    const answer = (value: object, output: Output): ApiResponse => valueAnswer(200, value, output, request.direct === true)
    const form = (aggregated: boolean): Output => {
      if (request.method !== 'GET') throw notAllowed()
      return negotiate(request.headers.accept, itemTypes, aggregated ? 'discovery' : 'none')
    }
    const [, group, version] = info.prefix === 'api' ? ['api', '', parts[1]] : parts
    if (parts.length === 1) {
      const output = form(true)
      if (output.as !== '') return aggregated(registry, info.prefix, request.headers['if-none-match'], request.direct === true)
      return answer(info.prefix === 'api' ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames(registry).map((name) => apiGroup(registry, name)) }, output)
    }
    if (info.prefix === 'apis' && parts.length === 2 && registry.hasGroup(group!)) return answer({ kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, group!) }, form(false))
    if (version !== undefined && registry.hasVersion(group!, version)) return answer(resourceList(registry, group!, version), form(false))
    if (info.prefix === 'api' || registry.isBuiltIn(group!)) throw noSuchPath()
    return undefined
  }
}

/** All groups but the core one, in order of priority. */
export function groupNames(registry: Registry): string[] {
  const place = (name: string) => { const i = groupOrder.indexOf(name); return i < 0 ? groupOrder.length : i }
  return registry.groups().map((g) => g.name).filter((name) => name !== '').sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}
const versionsOf = (registry: Registry, group: string): string[] => [...registry.versions(group)].sort(preferredFirst)

function apiGroup(registry: Registry, name: string) {
  const versions = versionsOf(registry, name).map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

function resourceList(registry: Registry, group: string, version: string) {
  const resources = registry.resources(group, version).flatMap((served) => [
    {
      name: served.resource, singularName: served.kind.singular, namespaced: served.namespaced, kind: served.kindName, verbs: served.verbs,
      ...(served.kind.shortNames.length > 0 && { shortNames: served.kind.shortNames }), ...(served.kind.categories.length > 0 && { categories: served.kind.categories }),
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

function aggregated(registry: Registry, prefix: 'api' | 'apis', ifNoneMatch: string | undefined, direct: boolean): ApiResponse {
  const names = prefix === 'api' ? [''] : groupNames(registry)
  const items = names.map((name) => ({
    metadata: name ? { name } : {},
    versions: versionsOf(registry, name).map((version) => ({ version, resources: registry.resources(name, version).map(aggregatedResource), freshness: 'Current' })),
  }))
  const document = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
  const etag = `"${hex(sha256(JSON.stringify(document))).toUpperCase()}"`
  const headers = { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', etag, vary: 'Accept', 'cache-control': 'public' }
  if (ifNoneMatch === etag) return { status: 304, headers, body: { type: 'bytes', chunks: [] } }
  const answer = valueAnswer(200, document, { encoding: 'json', as: '', version: '', pretty: false }, direct)
  return { ...answer, headers }
}

function aggregatedResource(served: Served) {
  const scope = served.namespaced ? 'Namespaced' : 'Cluster'
  const subresources = [...served.subresources.values()].map(({ name, type, verbs }) => ({ subresource: name, responseKind: type, verbs }))
  return {
    resource: served.resource, responseKind: { group: '', version: '', kind: served.kindName }, scope, singularResource: served.kind.singular, verbs: served.verbs,
    ...(served.kind.shortNames.length > 0 && { shortNames: served.kind.shortNames }), ...(served.kind.categories.length > 0 && { categories: served.kind.categories }),
    ...(subresources.length > 0 && { subresources }),
  }
}
