// Endpoints into slices of at most 100 with as few changes as possible. Pure.
import type { Endpoint, EndpointSlice, SliceEndpointPort } from '#kinds'
import { same, type New } from '#machinery'

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN'
/** Endpoints that share their ports, and so can share a slice. */
export interface Group { readonly ports: readonly SliceEndpointPort[]; readonly endpoints: readonly Endpoint[] }
/** What every slice of an owner has: labels and the like. */
export interface Frame { readonly metadata: New<EndpointSlice>['metadata']; readonly addressType: AddressType }
export interface SlicePlan { readonly create: readonly New<EndpointSlice>[]; readonly update: readonly EndpointSlice[]; readonly remove: readonly EndpointSlice[]; readonly unchanged: readonly EndpointSlice[] }

/** These labels are ours, whatever the owner has under their names; for them alone nothing is written. */
export const reservedLabels: readonly string[] = ['kubernetes.io/service-name', 'endpointslice.kubernetes.io/managed-by', 'service.kubernetes.io/headless']

/** Changes that make the existing slices of one address type show the groups. Without any endpoint one empty slice stays, which says so. Of hints it knows nothing. */
export function planSlices(frame: Frame, groups: readonly Group[], existing: readonly EndpointSlice[], maxPerSlice = 100): SlicePlan {
  const create: New<EndpointSlice>[] = [], update: EndpointSlice[] = [], remove: EndpointSlice[] = [], unchanged: EndpointSlice[] = []
  const left = new Set(existing)
  for (const group of groups) {
    const ours = existing.filter((slice) => samePorts(slice.ports ?? [], group.ports))
    for (const slice of ours) left.delete(slice)
    fill(group, ours)
  }
  remove.push(...left)
  if (remove.length === existing.length && create.length === 0) {
    const placeholder = remove.length === 1 ? remove.find((slice) => (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0 && same(slice.metadata.labels ?? {}, frame.metadata.labels ?? {})) : undefined
    if (placeholder) unchanged.push(...remove.splice(0))
    else create.push(sliceOf({ ports: [], endpoints: [] }))
  }
  // Instead of deleting one and creating another, the one becomes the other.
  for (let next = create.at(-1), old = remove[0]; next && old; next = create.at(-1), old = remove[0]) {
    create.pop()
    remove.shift()
    const { endpoints: _, ports: __, ...rest } = reframe(old, [])
    update.push({ ...rest, ...(next.endpoints && { endpoints: next.endpoints as Endpoint[] }), ...(next.ports && { ports: next.ports as SliceEndpointPort[] }) } as EndpointSlice)
  }
  return { create, update, remove, unchanged }

  function fill(group: Group, ours: readonly EndpointSlice[]): void {
    const wanted = new Map(group.endpoints.map((endpoint) => [keyOf(endpoint), endpoint]))
    const dirty: { readonly slice: EndpointSlice; readonly endpoints: Endpoint[] }[] = [], clean: EndpointSlice[] = []
    for (const slice of ours) {
      const before = slice.endpoints ?? [], kept: Endpoint[] = []
      let isNew = false
      for (const old of before) {
        const now = wanted.get(keyOf(old))
        if (!now) continue
        wanted.delete(keyOf(old))
        kept.push(now)
        if (!sameBeyondHints(now, old)) isNew = true
      }
      if (isNew || kept.length !== before.length) { if (kept.length === 0) remove.push(slice); else dirty.push({ slice, endpoints: kept }) }
      else if (!same(othersOf(slice.metadata.labels), othersOf(frame.metadata.labels))) dirty.push({ slice, endpoints: [...before] })
      else clean.push(slice)
    }
    let rest = [...wanted.values()]
    // First into slices that are written anyway, the fullest first, then into the one that takes all the rest and is fullest then, then into new ones.
    dirty.sort((a, b) => b.endpoints.length - a.endpoints.length)
    for (const one of dirty) one.endpoints.push(...rest.splice(0, maxPerSlice - one.endpoints.length))
    for (const { slice, endpoints } of dirty) update.push(reframe(slice, endpoints))
    while (rest.length > 0) {
      const count = rest.length, sizeOf = (slice: EndpointSlice) => slice.endpoints?.length ?? 0
      const fits = count < maxPerSlice ? clean.filter((slice) => sizeOf(slice) + count <= maxPerSlice).toSorted((a, b) => sizeOf(b) - sizeOf(a))[0] : undefined
      if (fits) { clean.splice(clean.indexOf(fits), 1); update.push(reframe(fits, [...fits.endpoints ?? [], ...rest])); break }
      create.push(sliceOf({ ports: group.ports, endpoints: rest.slice(0, maxPerSlice) }))
      rest = rest.slice(maxPerSlice)
    }
    unchanged.push(...clean)
  }
  function sliceOf({ ports, endpoints }: Group): New<EndpointSlice> {
    return { metadata: frame.metadata, addressType: frame.addressType, ...(endpoints.length > 0 && { endpoints: [...endpoints] }), ...(ports.length > 0 && { ports: [...ports] }) }
  }
  /** What others have written on a slice stays: annotations, more owners. */
  function reframe(slice: EndpointSlice, endpoints: Endpoint[]): EndpointSlice {
    const { labels } = frame.metadata
    return { ...slice, metadata: { ...slice.metadata, ...(labels && { labels }) }, endpoints }
  }
}

const othersOf = (labels: Readonly<Record<string, string>> | undefined) => Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !reservedLabels.includes(key)))
const sameBeyondHints = ({ hints: _, ...a }: Endpoint, { hints: __, ...b }: Endpoint): boolean => same(a, b)
/** A pod that was made anew under its name and has its address again is the same endpoint. */
export const keyOf = ({ addresses, targetRef }: Endpoint): string => `${addresses?.join(',') ?? ''}\0${targetRef?.namespace ?? ''}\0${targetRef?.name ?? ''}`
const samePorts = (a: readonly SliceEndpointPort[], b: readonly SliceEndpointPort[]): boolean => portsKey(a) === portsKey(b)
/** Equal for equal sets of ports, whatever their order. */
export const portsKey = (ports: readonly SliceEndpointPort[]): string =>
  ports.map((p) => `${p.name ?? ''}/${p.protocol ?? 'TCP'}/${p.port ?? ''}/${p.appProtocol ?? ''}`).sort().join(',')
