// What a pod may be told about itself: its fields (fieldRef) and its containers' resources (resourceFieldRef).
import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '#kinds'
import { compareQuantities, parseQuantity, quote } from '#machinery'

/** What a pod's own fields do not tell. */
export interface PodPlace { readonly nodeName: string; readonly hostIPs: readonly string[]; readonly podIPs: readonly string[] }

/** The text of a field. Throws for one that pods are not told. */
export function fieldText(pod: Pod, { fieldPath }: ObjectFieldSelector, place: PodPlace): string {
  const { metadata, spec } = pod
  const [, map, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath) ?? []
  if (map) return metadata[map as 'labels' | 'annotations']?.[key!] ?? ''
  switch (fieldPath) {
    case 'metadata.name': return metadata.name
    case 'metadata.namespace': return metadata.namespace ?? ''
    case 'metadata.uid': return metadata.uid
    case 'metadata.labels': return mapText(metadata.labels)
    case 'metadata.annotations': return mapText(metadata.annotations)
    case 'spec.nodeName': case 'spec.host': return place.nodeName
    case 'spec.serviceAccountName': return spec.serviceAccountName ?? ''
    case 'status.hostIP': return place.hostIPs[0] ?? ''
    case 'status.hostIPs': return place.hostIPs.join(',')
    case 'status.podIP': return place.podIPs[0] ?? ''
    case 'status.podIPs': return place.podIPs.join(',')
    default: throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}
/** Sorted lines of key="value". */
const mapText = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${quote(value)}`).join('\n')

/** A resource in units of the divisor, rounded up. A limit that is not set is what the node has. Throws for what containers do not have. */
export function resourceText(container: Container, { resource, divisor }: ResourceFieldSelector, allocatable: Readonly<Record<string, string>>): string {
  const [, list, name = ''] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource) ?? []
  if (!list) throw new Error(`unsupported container resource : ${resource}`)
  const { limits = {}, requests = {} } = container.resources ?? {}, set = list === 'limits' ? limits[name] : requests[name]
  const amount = list === 'limits' && (set === undefined || compareQuantities(set, '0') === 0) ? allocatable[name] ?? '0' : set ?? '0'
  const unit = divisor !== undefined && compareQuantities(divisor, '0') > 0 ? parseQuantity(divisor).nano : parseQuantity('1').nano
  const nano = parseQuantity(amount).nano
  return String((nano + unit - 1n) / unit)
}
/** The container that a resourceFieldRef names; in an environment it may be the container itself. Throws when there is none. */
export function containerOfRef(pod: Pod, { containerName }: ResourceFieldSelector, self?: Container): Container {
  if (!containerName && self) return self
  const found = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((c) => c.name === containerName)
  if (!found) throw new Error(`container ${containerName ?? ''} not found`)
  return found
}
