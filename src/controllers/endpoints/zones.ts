// Endpoints shared out among zones by the processors that zones have: "Auto" topology. Pure.
import type { Endpoint, EndpointSlice, Node } from '#kinds'
import { quantityMilli } from '#machinery'
import { conditionOf } from '../nodes/health.ts'
import { isReadyEndpoint, withHints, withoutHints } from './hints.ts'
import type { SlicePlan } from './slices.ts'

/** An endpoint takes at most so much more than its share. */
const overload = 0.2
const controlPlane = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']
export const zoneLabel = 'topology.kubernetes.io/zone'

/** A zone's part of all processors. */
export type Ratios = ReadonlyMap<string, number>
/** How many endpoints each zone has. */
export type Spread = ReadonlyMap<string, number>
export interface Shared { readonly plan: SlicePlan; readonly spread?: Spread; readonly trouble?: string }

/** Undefined when a node says too little of itself, or all are in one zone. */
export function ratiosOf(nodes: readonly Node[]): Ratios | undefined {
  const byZone = new Map<string, number>()
  for (const node of nodes) {
    if (controlPlane.some((name) => node.metadata.labels?.[name] !== undefined) || conditionOf(node, 'Ready')?.status !== 'True') continue
    const zone = node.metadata.labels?.[zoneLabel], cpu = quantityMilli(node.status.allocatable?.['cpu'] ?? '0')
    if (!zone || cpu === 0) return undefined
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu)
  }
  const all = [...byZone.values()].reduce((sum, cpu) => sum + cpu, 0)
  return byZone.size < 2 ? undefined : new Map([...byZone].map(([zone, cpu]) => [zone, cpu / all]))
}

/** Whether a zone has too few endpoints for its part. */
export function isOverloaded(spread: Spread, ratios: Ratios | undefined): boolean {
  if (spread.size === 0) return false
  if (!ratios) return true
  const all = [...spread.values()].reduce((sum, count) => sum + count, 0)
  return [...ratios].some(([zone, ratio]) => (spread.get(zone) ?? -1) < Math.ceil(all * ratio / (1 + overload)))
}

interface Share { readonly most: number; readonly wanted: number }

function sharesOf(count: number, ratios: Ratios | undefined): ReadonlyMap<string, Share> | string {
  if (!ratios) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  const figures = `(${count} endpoints, ${ratios.size} zones)`
  if (ratios.size > count) return `Insufficient number of endpoints ${figures}`
  const least = new Map([...ratios].map(([zone, ratio]) => [zone, Math.ceil(ratio * count / (1 + overload))])), all = [...least.values()].reduce((sum, n) => sum + n, 0)
  if (all > count) return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${figures}`
  return new Map([...ratios].map(([zone, ratio]) => [zone, { most: least.get(zone)! + count - all, wanted: Math.max(ratio * count, least.get(zone)!) }]))
}

/** The plan with each ready endpoint meant for a zone; slices that are right already stay as they are. */
export function shareOut(plan: SlicePlan, ratios: Ratios | undefined): Shared {
  const readyIn = (slices: readonly { readonly endpoints?: readonly object[] | null | undefined }[]) => slices.flatMap(({ endpoints }) => (endpoints ?? []) as readonly Endpoint[]).filter(isReadyEndpoint)
  const shares = sharesOf(readyIn([...plan.create, ...plan.update, ...plan.unchanged]).length, ratios)
  if (typeof shares === 'string') return { plan: withoutHints(plan), trouble: shares }
  const spread = new Map<string, number>(), add = (zone: string, count: number) => spread.set(zone, (spread.get(zone) ?? 0) + count)
  const unchanged: EndpointSlice[] = [], update = [...plan.update]
  for (const slice of plan.unchanged) {
    const hints = hintsIn(slice, spread, shares)
    if (!hints) { update.push(slice); continue }
    unchanged.push(slice)
    for (const [zone, count] of hints) add(zone, count)
  }
  const ready = readyIn([...plan.create, ...update])
  if (ready.some(({ zone }) => !zone)) return { plan: withoutHints(plan), trouble: 'One or more endpoints do not have a zone specified' }
  for (const { zone = '' } of ready) add(zone, 1)
  const { giving, receiving } = exchange(shares, spread)
  const hinted = (endpoint: Endpoint): Endpoint => {
    if (!isReadyEndpoint(endpoint)) return withHints(endpoint, undefined)
    const zone = endpoint.zone ?? '', [to = zone] = (giving.get(zone) ?? 0) > 0 ? receiving.keys() : []
    if (to !== zone) for (const [map, name] of [[giving, zone], [receiving, to]] as const) {
      const left = (map.get(name) ?? 0) - 1
      if (left > 0) map.set(name, left); else map.delete(name)
    }
    if (to !== zone) { add(zone, -1); add(to, 1) }
    return withHints(endpoint, { forZones: [{ name: to }] })
  }
  const all = <T extends { readonly endpoints?: unknown }>(slice: T): T => (slice.endpoints ? { ...slice, endpoints: (slice.endpoints as readonly Endpoint[]).map(hinted) } : slice)
  const shared = { ...plan, create: plan.create.map(all), update: update.map(all), unchanged }
  return spread.size === 0 ? { plan: withoutHints(plan), trouble: 'No hints allocated for zones' } : { plan: shared, spread }
}

/** How many endpoints of a slice are meant for each zone; undefined when that cannot stay. */
function hintsIn(slice: EndpointSlice, spread: Spread, shares: ReadonlyMap<string, Share>): Spread | undefined {
  const found = new Map<string, number>()
  for (const endpoint of slice.endpoints ?? []) {
    if (!isReadyEndpoint(endpoint)) continue
    const zones = endpoint.hints?.forZones ?? []
    if (zones.length === 0) return undefined
    for (const { name } of zones) found.set(name, (found.get(name) ?? 0) + 1)
  }
  for (const [zone, count] of found) if (count + (spread.get(zone) ?? 0) > (shares.get(zone)?.most ?? -1)) return undefined
  return found
}

/** How many endpoints zones give to others, and get. */
function exchange(shares: ReadonlyMap<string, Share>, spread: Spread): { readonly giving: Map<string, number>; readonly receiving: Map<string, number> } {
  const over = new Map<string, number>(), under = new Map<string, number>(), giving = new Map<string, number>(), receiving = new Map<string, number>()
  for (const [zone, { wanted }] of shares) {
    const has = spread.get(zone) ?? 0
    if (has > wanted) over.set(zone, has - wanted); else if (has < wanted) under.set(zone, wanted - has)
  }
  const most = (zones: ReadonlyMap<string, number>) => [...zones].reduce<readonly [string, number]>((best, one) => (one[1] > best[1] ? one : best), ['', 0])
  for (;;) {
    const [from, give] = most(over), [to, take] = most(under)
    if (from === '' || to === '' || (give < 1 && take < 1) || give < 0.5 || take < 0.5) return { giving, receiving }
    giving.set(from, (giving.get(from) ?? 0) + 1)
    over.set(from, give - 1)
    receiving.set(to, (receiving.get(to) ?? 0) + 1)
    under.set(to, take - 1)
  }
}
