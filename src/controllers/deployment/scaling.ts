// A Deployment that is scaled while several of its ReplicaSets have pods: the difference is spread in proportion. Pure.
import type { Deployment, ReplicaSet } from '#kinds'
import { createdAt } from '../pod-state.ts'
import { desiredAnnotation, maxAnnotation } from './revision.ts'
import { availableOf, isActiveSet, isRolling, maxSurge, sizeOf, totalSize, wantedSize, type Resize } from './rollout.ts'

/** Whether the Deployment's size has changed since its ReplicaSets were scaled. */
export const isScaling = (d: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.some((rs) => isActiveSet(rs) && desiredOf(rs) !== undefined && desiredOf(rs) !== wantedSize(d))

/** Sizes for a scaled (or paused) Deployment. Every ReplicaSet in the answer also gets new size annotations. */
export function scalingSteps(d: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Resize[] {
  const wanted = wantedSize(d), all = fresh ? [...old, fresh] : old
  const only = activeOrLatest(fresh, old)
  if (only) return sizeOf(only) === wanted ? [] : [{ set: only, to: wanted }]
  if (all.length === 0) return []
  if (fresh && sizeOf(fresh) === wanted && desiredOf(fresh) === wanted && availableOf(fresh) === wanted) return old.filter(isActiveSet).map((set) => ({ set, to: 0 }))
  if (!isRolling(d)) return []
  return proportional(d, all.filter(isActiveSet))
}

function proportional(d: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const wanted = wantedSize(d), allowed = wanted > 0 ? wanted + maxSurge(d) : 0
  const toAdd = allowed - totalSize(active)
  const age = (a: ReplicaSet, b: ReplicaSet) => createdAt(a) - createdAt(b)
  // Larger first; of equals the newer grow and the older shrink.
  const ordered = active.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? age(b, a) : age(a, b)))
  let added = 0
  const steps = ordered.map((set) => {
    const share = toAdd === 0 || toAdd === added ? 0 : toAdd > 0 ? Math.min(fraction(d, set), toAdd - added) : Math.max(fraction(d, set), toAdd - added)
    added += share
    return { set, to: sizeOf(set) + share }
  })
  // What rounding leaves over goes to the largest.
  const first = steps[0]
  if (first && toAdd !== 0) steps[0] = { set: first.set, to: Math.max(0, first.to + toAdd - added) }
  return steps
}

/** By how much one ReplicaSet changes when the Deployment's size does. */
function fraction(d: Deployment, rs: ReplicaSet): number {
  const wanted = wantedSize(d)
  if (wanted === 0) return -sizeOf(rs)
  const before = numberOf(rs, maxAnnotation) || d.status.replicas || 0
  return before === 0 ? 0 : roundAway(sizeOf(rs) * (wanted + maxSurge(d)) / before) - sizeOf(rs)
}
const roundAway = (n: number): number => (n < 0 ? -Math.floor(-n + 0.5) : Math.floor(n + 0.5))

/** The only ReplicaSet that has pods, or the latest when none has; undefined when several have. */
function activeOrLatest(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = (fresh ? [...old, fresh] : old).filter(isActiveSet)
  if (active.length > 1) return undefined
  return active[0] ?? fresh ?? old.toSorted((a, b) => createdAt(b) - createdAt(a))[0]
}

function numberOf(rs: ReplicaSet, annotation: string): number | undefined {
  const text = rs.metadata.annotations?.[annotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
const desiredOf = (rs: ReplicaSet): number | undefined => numberOf(rs, desiredAnnotation)
