// What devices there are for a node: the slices of the newest generation of each pool.
import type { CounterSet, Device, ResourceSlice } from '#kinds'
import { matchesTerm } from '../node-affinity.ts'
import type { NodeInfo } from '../node-info.ts'

/** driver/pool/device */
export type DeviceId = string
export const deviceIdOf = (driver: string, pool: string, device: string): DeviceId => `${driver}/${pool}/${device}`

export interface Candidate { readonly id: DeviceId; readonly device: Device; readonly slice: ResourceSlice; readonly pool: Pool }
export interface Pool {
  /** driver/name */
  readonly id: string
  /** Not all of its slices are there. */
  readonly incomplete: boolean
  /** Why nothing can be taken from it. */
  readonly invalid?: string
  /** In slices that the node may have devices of. */
  readonly devices: readonly Candidate[]
  /** In other slices: they may use up the same counters. */
  readonly elsewhere: readonly Candidate[]
  readonly counters: ReadonlyMap<string, CounterSet>
}

type Placed = Pick<Device, 'nodeName' | 'allNodes' | 'nodeSelector'>
/** Whether what is said to be on some nodes is on this one. */
export function isOn(node: NodeInfo, { nodeName, allNodes, nodeSelector }: Placed): boolean {
  if (nodeName) return node.name === nodeName
  return Boolean(allNodes) || (nodeSelector?.nodeSelectorTerms.some((term) => matchesTerm(node, term)) ?? false)
}
const concerns = ({ spec }: ResourceSlice, node: NodeInfo): boolean => Boolean(spec.sharedCounters?.length)
  || (spec.nodeName || spec.allNodes || spec.nodeSelector ? isOn(node, spec) : Boolean(spec.perDeviceNodeSelection) && (spec.devices ?? []).some((device) => isOn(node, device)))

/** Slices in order: the newest generation of each pool, and which pools a node may have to do with. */
export interface Stock {
  readonly pools: ReadonlyMap<string, readonly ResourceSlice[]>
  readonly byNode: ReadonlyMap<string, ReadonlySet<string>>
  /** Pools with slices that are not of one node alone. */
  readonly shared: readonly string[]
}
/** To be made once for all nodes. Old generations do not count. */
export function stockOf(slices: readonly ResourceSlice[]): Stock {
  const pools = new Map<string, readonly ResourceSlice[]>(), byNode = new Map<string, Set<string>>(), shared: string[] = []
  for (const [id, all] of Map.groupBy(slices, ({ spec }) => `${spec.driver}/${spec.pool.name}`)) {
    const newest = all.reduce((most, { spec }) => Math.max(most, spec.pool.generation), -Infinity), current = all.filter(({ spec }) => spec.pool.generation === newest)
    pools.set(id, current)
    if (current.some(({ spec }) => !spec.nodeName)) { shared.push(id); continue }
    for (const { spec: { nodeName } } of current) byNode.set(nodeName!, (byNode.get(nodeName!) ?? new Set()).add(id))
  }
  return { pools, byNode, shared }
}

/** The pools that matter to the node: those whose devices are bound to it later come last, else by name. */
export function gatherPools({ pools, byNode, shared }: Stock, node: NodeInfo): readonly Pool[] {
  const found: Pool[] = []
  for (const id of [...byNode.get(node.name) ?? [], ...shared]) {
    const current = pools.get(id)!, here = current.filter((slice) => concerns(slice, node)).toSorted(byName)
    if (here.length > 0) found.push(poolOf(id, here, current))
  }
  return found.toSorted((a, b) => Number(bindsLater(a)) - Number(bindsLater(b)) || (a.id < b.id ? -1 : 1))
}
const byName = (a: ResourceSlice, b: ResourceSlice): number => Number(slow(a)) - Number(slow(b)) || (a.metadata.name < b.metadata.name ? -1 : 1)
const slow = ({ spec }: ResourceSlice): boolean => (spec.devices ?? []).some((device) => device.bindingConditions?.length)
const bindsLater = ({ devices }: Pool): boolean => devices.some(({ device }) => device.bindingConditions?.length)

function poolOf(id: string, here: readonly ResourceSlice[], current: readonly ResourceSlice[]): Pool {
  const devices: Candidate[] = [], elsewhere: Candidate[] = [], counters = new Map<string, CounterSet>()
  const pool = (more: { readonly incomplete?: true; readonly invalid?: string } = {}): Pool => ({ id, incomplete: false, devices, elsewhere, counters, ...more })
  if (current.length !== here[0]!.spec.pool.resourceSliceCount) return pool({ incomplete: true })
  const made: Pool = pool(), names = new Set<string>()
  for (const slice of here) for (const device of slice.spec.devices ?? []) {
    if (names.has(device.name)) return pool({ invalid: `duplicate device name ${device.name}` })
    names.add(device.name)
    devices.push({ id: `${id}/${device.name}`, device, slice, pool: made })
  }
  for (const slice of current) if (!here.includes(slice)) for (const device of slice.spec.devices ?? []) elsewhere.push({ id: `${id}/${device.name}`, device, slice, pool: made })
  for (const { spec } of here) for (const set of spec.sharedCounters ?? []) {
    if (counters.has(set.name)) return pool({ invalid: `duplicate counter set name ${set.name}` })
    counters.set(set.name, set)
  }
  for (const { device } of [...devices, ...elsewhere]) for (const { counterSet, counters: used } of device.consumesCounters ?? []) {
    const set = counters.get(counterSet)
    if (!set) return pool({ invalid: `counter set ${counterSet} not found` })
    const unknown = Object.keys(used).find((name) => !(name in set.counters))
    if (unknown !== undefined) return pool({ invalid: `counter ${unknown} not found in counter set ${counterSet}` })
  }
  return made
}
