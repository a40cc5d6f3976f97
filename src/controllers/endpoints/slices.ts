// Endpoints into slices of at most 100 with as few changes as possible. Pure.
import type { Endpoint, EndpointSlice, SliceEndpointPort } from '#kinds'
import { same, type New } from '#machinery'

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN'
/** Endpoints that share their ports, and so can share a slice. */
export interface Group { readonly ports: readonly SliceEndpointPort[]; readonly endpoints: readonly Endpoint[] }
/** What every slice of an owner has: labels and the like. */
export interface Frame { readonly metadata: New<EndpointSlice>['metadata']; readonly addressType: AddressType }
export interface SlicePlan { readonly create: readonly New<EndpointSlice>[]; readonly update: readonly EndpointSlice[]; readonly remove: readonly EndpointSlice[] }

/** Changes that make the existing slices of one address type show the groups. Without any endpoint one empty slice stays, which says so. */
export function planSlices(frame: Frame, groups: readonly Group[], existing: readonly EndpointSlice[], maxPerSlice = 100): SlicePlan {
  const create: New<EndpointSlice>[] = [], update: EndpointSlice[] = [], remove: EndpointSlice[] = []
  const left = new Set(existing)
  let holding = 0
  for (const group of groups) {
    const ours = existing.filter((slice) => samePorts(slice.ports ?? [], group.ports))
    for (const slice of ours) left.delete(slice)
    fill(group, ours)
  }
  remove.push(...left)
  if (holding === 0) {
    const placeholder = remove.findIndex((slice) => (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0)
    if (placeholder < 0) create.push(sliceOf({ ports: [], endpoints: [] }))
    else for (const slice of remove.splice(placeholder, 1)) if (!framed(slice)) update.push(reframe(slice, []))
  }
  // Instead of deleting one and creating another, the one becomes the other.
  for (let next = create.at(-1), old = reusable(); next && old; next = create.at(-1), old = reusable()) {
    create.pop()
    remove.splice(remove.indexOf(old), 1)
    const { endpoints: _, ports: __, ...rest } = reframe(old, [])
    update.push({ ...rest, ...(next.endpoints && { endpoints: next.endpoints as Endpoint[] }), ...(next.ports && { ports: next.ports as SliceEndpointPort[] }) } as EndpointSlice)
  }
  return { create, update, remove }

  function reusable(): EndpointSlice | undefined { return remove.find((slice) => !slice.metadata.deletionTimestamp) }
  function fill(group: Group, ours: readonly EndpointSlice[]): void {
    const wanted = new Map(group.endpoints.map((endpoint) => [keyOf(endpoint), endpoint]))
    const changed: { slice: EndpointSlice; endpoints: Endpoint[]; dirty: boolean }[] = []
    for (const slice of ours) {
      const endpoints: Endpoint[] = []
      let dirty = !framed(slice)
      for (const old of slice.endpoints ?? []) {
        const now = wanted.get(keyOf(old))
        if (!now) { dirty = true; continue }
        wanted.delete(keyOf(old))
        endpoints.push(now)
        if (!same(now, old)) dirty = true
      }
      if (endpoints.length === 0) remove.push(slice)
      else changed.push({ slice, endpoints, dirty })
    }
    let rest = [...wanted.values()]
    // First into slices that are written anyway, then into the fullest one that takes all the rest, then into new ones.
    for (const one of changed) if (one.dirty) one.endpoints.push(...rest.splice(0, maxPerSlice - one.endpoints.length))
    if (rest.length > 0) {
      const last = rest.length % maxPerSlice || maxPerSlice
      const fits = changed.filter((one) => !one.dirty && one.endpoints.length + last <= maxPerSlice).toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0]
      if (fits) { fits.endpoints.push(...rest.splice(rest.length - last)); fits.dirty = true }
    }
    while (rest.length > 0) { create.push(sliceOf({ ports: group.ports, endpoints: rest.slice(0, maxPerSlice) })); holding++; rest = rest.slice(maxPerSlice) }
    holding += changed.length
    for (const { slice, endpoints, dirty } of changed) if (dirty) update.push(reframe(slice, endpoints))
  }
  function sliceOf({ ports, endpoints }: Group): New<EndpointSlice> {
    return { metadata: frame.metadata, addressType: frame.addressType, ...(endpoints.length > 0 && { endpoints: [...endpoints] }), ...(ports.length > 0 && { ports: [...ports] }) }
  }
  function framed(slice: EndpointSlice): boolean {
    const { labels, annotations, ownerReferences } = slice.metadata
    return same(labels ?? {}, frame.metadata.labels ?? {}) && same(annotations ?? {}, frame.metadata.annotations ?? {}) && same(ownerReferences, frame.metadata.ownerReferences)
  }
  function reframe(slice: EndpointSlice, endpoints: Endpoint[]): EndpointSlice {
    const { labels, annotations, ownerReferences } = frame.metadata
    const { annotations: _, ...metadata } = slice.metadata
    return { ...slice, metadata: { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }), ...(ownerReferences && { ownerReferences }) }, endpoints }
  }
}

const keyOf = ({ addresses, targetRef, hostname, nodeName }: Endpoint): string => `${addresses?.join(',') ?? ''}\0${targetRef?.uid ?? ''}\0${hostname ?? ''}\0${nodeName ?? ''}`
const samePorts = (a: readonly SliceEndpointPort[], b: readonly SliceEndpointPort[]): boolean => portsKey(a) === portsKey(b)
/** Equal for equal sets of ports, whatever their order. */
export const portsKey = (ports: readonly SliceEndpointPort[]): string =>
  ports.map((p) => `${p.name ?? ''}/${p.protocol ?? 'TCP'}/${p.port ?? ''}/${p.appProtocol ?? ''}`).sort().join(',')
