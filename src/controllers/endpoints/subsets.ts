// The older form of endpoints: subsets of addresses that share their ports. Pure.
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '#kinds'
import { isReady, isTerminating } from '../pod-state.ts'
import { hostnameOf, isHeadless, namesPorts, portOf } from './ports.ts'
import { sortingHash } from '../template-hash/index.ts'
import { addressesOf } from './services.ts'

/** More addresses than this do not fit; the rest is left out. */
export const maxAddresses = 1000

export interface Subsets { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean }

export function subsetsOf(s: Service, pods: readonly Pod[]): Subsets {
  const early = s.spec.publishNotReadyAddresses ?? false
  const family = s.spec.ipFamilies?.[0] ?? 'IPv4'
  // A port with all its addresses first; then ports with the very same addresses share a subset.
  const byPort = new Map<string, { port: EndpointPort | undefined; ready: EndpointAddress[]; waiting: EndpointAddress[] }>()
  const differ = namesPorts(s)
  let ports: readonly { readonly key: string; readonly port: EndpointPort | undefined }[] | undefined
  for (const p of pods) {
    if (isTerminating(p) && !early) continue
    const address = addressOf(p, s, family)
    if (!address) continue
    if (!ports || differ) ports = portsFor(p, s).map((port) => ({ key: port ? JSON.stringify([port.name, port.port, port.protocol, port.appProtocol]) : '', port }))
    for (const { key, port } of ports) {
      let entry = byPort.get(key)
      if (!entry) byPort.set(key, entry = { port, ready: [], waiting: [] })
      ;(early || isReady(p) ? entry.ready : entry.waiting).push(address)
    }
  }
  const merged = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; waiting: EndpointAddress[] }>()
  for (const { port, ready, waiting } of byPort.values()) {
    const key = JSON.stringify([ready.map(identity), waiting.map(identity), port === undefined])
    const entry = merged.get(key) ?? { ports: [], ready, waiting }
    if (port) entry.ports.push(port)
    merged.set(key, entry)
  }
  return cut([...merged.values()])
}

function portsFor(p: Pod, s: Service): (EndpointPort | undefined)[] {
  const ports = s.spec.ports ?? []
  if (ports.length === 0) return isHeadless(s) ? [undefined] : []
  return ports.flatMap((servicePort) => {
    const port = portOf(p, servicePort)
    return port === undefined ? [] : [{ ...(servicePort.name && { name: servicePort.name }), port, protocol: servicePort.protocol ?? 'TCP', ...(servicePort.appProtocol !== undefined && { appProtocol: servicePort.appProtocol }) }]
  })
}

function addressOf(p: Pod, s: Service, family: string): EndpointAddress | undefined {
  const ip = addressesOf(p).find((candidate) => candidate.includes(':') === (family === 'IPv6'))
  const hostname = hostnameOf(p, s)
  return ip === undefined ? undefined : {
    ip, ...(p.spec.nodeName && { nodeName: p.spec.nodeName }), ...(hostname !== undefined && { hostname }),
    targetRef: { kind: 'Pod', namespace: p.metadata.namespace ?? '', name: p.metadata.name, uid: p.metadata.uid },
  }
}
const identity = (address: EndpointAddress): string => `${address.ip}\0${address.targetRef?.uid ?? ''}`

interface Entry { readonly ports: readonly EndpointPort[]; readonly ready: readonly EndpointAddress[]; readonly waiting: readonly EndpointAddress[] }

/** In the reference's order: that of their hashes. */
function sorted<T>(type: Parameters<typeof sortingHash>[0], items: readonly T[]): T[] {
  if (items.length < 2) return [...items]
  return items.map((item) => ({ item, hash: sortingHash(type, item) })).sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)).map(({ item }) => item)
}
const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (a.ip !== b.ip ? (a.ip < b.ip ? -1 : 1) : (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1)

/** As many of a kind as there is room for: each subset its part, rounded up, until nothing is left. */
function portion(lists: readonly (readonly EndpointAddress[])[], room: number): EndpointAddress[][] {
  const all = lists.reduce((sum, list) => sum + list.length, 0)
  let left = room
  return lists.map((list) => {
    const taken = all <= room ? [...list] : list.slice(0, Math.min(Math.ceil(list.length / all * room), left))
    left -= taken.length
    return taken
  })
}

/** Subsets in order; of more addresses than fit each keeps its part. */
function cut(entries: readonly Entry[]): Subsets {
  const whole = sorted('v1.EndpointSubset', entries.map(({ ports, ready, waiting }): EndpointSubset => ({
    ...(ready.length > 0 && { addresses: ready.toSorted(byAddress) }), ...(waiting.length > 0 && { notReadyAddresses: waiting.toSorted(byAddress) }),
    ...(ports.length > 0 && { ports: sorted('v1.EndpointPort', ports) }),
  })))
  const total = entries.reduce((sum, { ready, waiting }) => sum + ready.length + waiting.length, 0)
  if (total <= maxAddresses) return { subsets: whole, truncated: false }
  // Ready addresses first: of what is left out, nobody misses what takes no traffic.
  const ready = portion(whole.map(({ addresses = [] }) => addresses), maxAddresses), taken = ready.reduce((sum, list) => sum + list.length, 0)
  const waiting = portion(whole.map(({ notReadyAddresses = [] }) => notReadyAddresses), maxAddresses - taken)
  const subsets = whole.map(({ ports }, i): EndpointSubset => ({ ...(ready[i]!.length > 0 && { addresses: ready[i]! }), ...(waiting[i]!.length > 0 && { notReadyAddresses: waiting[i]! }), ...(ports && { ports }) }))
  return { subsets: subsets.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses), truncated: true }
}
