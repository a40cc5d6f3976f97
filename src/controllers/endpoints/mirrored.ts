// Endpoints that somebody wrote by hand as slices: one for each set of ports and family of addresses. Pure.
import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset, SliceEndpointPort } from '#kinds'
import { same, type New } from '#machinery'
import { keyOf, portsKey, type AddressType, type Frame, type SlicePlan } from './slices.ts'

export type MirrorPlan = Pick<SlicePlan, 'create' | 'update' | 'remove'> & {
  /** So many addresses were too many. */
  readonly skipped: number
}
interface Wanted { readonly ports: readonly SliceEndpointPort[]; readonly family: AddressType; readonly endpoints: Map<string, Endpoint> }

/** `frameOf` is what each slice of the owner has. */
export function planMirror({ subsets }: Pick<Endpoints, 'subsets'>, existing: readonly EndpointSlice[], frameOf: (family: AddressType) => Frame, maxPerSubset: number): MirrorPlan {
  const { wanted, skipped } = wantedOf(subsets ?? [], maxPerSubset), create: New<EndpointSlice>[] = [], update: EndpointSlice[] = [], remove: EndpointSlice[] = []
  const held = new Map<string, EndpointSlice[]>()
  for (const slice of existing) { const key = groupKey(slice.ports ?? [], slice.addressType); held.set(key, [...held.get(key) ?? [], slice]) }
  for (const [key, { ports, family, endpoints }] of wanted) {
    const [first, ...others] = held.get(key) ?? [], { metadata } = frameOf(family), shown = [...endpoints.values()].slice(0, maxPerSubset)
    held.delete(key)
    remove.push(...others)
    if (!first) create.push({ metadata, addressType: family, endpoints: shown, ...(ports.length > 0 && { ports: [...ports] }) })
    else if (!shows(first, endpoints) || !same(first.metadata.labels ?? {}, metadata.labels ?? {}) || !same(first.metadata.annotations ?? {}, metadata.annotations ?? {})) update.push(become(first, metadata, shown))
  }
  remove.push(...[...held.values()].flat())
  // Instead of deleting one and creating another of its family, the one becomes the other.
  for (const next of [...create]) {
    const old = remove.find(({ addressType }) => addressType === next.addressType)
    if (!old) continue
    remove.splice(remove.indexOf(old), 1)
    create.splice(create.indexOf(next), 1)
    const { ports: _, ...rest } = become(old, next.metadata, next.endpoints as Endpoint[])
    update.push({ ...rest, ...(next.ports && { ports: next.ports as SliceEndpointPort[] }) })
  }
  return { create, update, remove, skipped }
}

const groupKey = (ports: readonly SliceEndpointPort[], family: string): string => `${family} ${portsKey(ports)}`

function wantedOf(subsets: readonly EndpointSubset[], max: number): { readonly wanted: ReadonlyMap<string, Wanted>; readonly skipped: number } {
  const wanted = new Map<string, Wanted>()
  let skipped = 0
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map((p) => ({ name: p.name ?? '', port: p.port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol !== undefined && { appProtocol: p.appProtocol }) }))
    const all = [...addresses.map((one) => endpointOf(one, true)), ...notReadyAddresses.map((one) => endpointOf(one, false))]
    skipped += Math.max(0, all.length - max)
    for (const endpoint of all.slice(0, max)) {
      const family = endpoint.addresses?.[0]?.includes(':') ? 'IPv6' : 'IPv4', key = groupKey(ports, family)
      const one = wanted.get(key) ?? { ports, family, endpoints: new Map<string, Endpoint>() }
      one.endpoints.set(keyOf(endpoint), endpoint)
      wanted.set(key, one)
    }
  }
  return { wanted, skipped }
}
const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint =>
  ({ addresses: [ip], conditions: { ready }, ...(hostname && { hostname }), ...(nodeName && { nodeName }), ...(targetRef && { targetRef }) })

const shows = ({ endpoints }: EndpointSlice, wanted: ReadonlyMap<string, Endpoint>): boolean =>
  (endpoints ?? []).length === wanted.size && (endpoints ?? []).every((endpoint) => same(endpoint, wanted.get(keyOf(endpoint))))

function become(slice: EndpointSlice, { labels, annotations, ownerReferences }: Frame['metadata'], endpoints: Endpoint[]): EndpointSlice {
  const { annotations: _, ...metadata } = slice.metadata
  return { ...slice, metadata: { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }), ...(ownerReferences && { ownerReferences }) }, endpoints }
}
