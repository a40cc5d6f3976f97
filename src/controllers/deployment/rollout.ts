// How far a rollout may go now. Pure: ReplicaSets in, sizes out.
import type { Deployment, ReplicaSet } from '#kinds'
import { createdAt } from '../pod-state.ts'

/** A ReplicaSet and the size it should have. */
export interface Resize { readonly set: ReplicaSet; readonly to: number }

export const sizeOf = (rs: ReplicaSet): number => rs.spec.replicas ?? 1
export const wantedSize = (d: Deployment): number => d.spec.replicas ?? 1
export const totalSize = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, rs) => sum + sizeOf(rs), 0)
export const isActiveSet = (rs: ReplicaSet): boolean => sizeOf(rs) > 0
/** Never more than the size: a ReplicaSet that has just been shrunk still tells of pods that are as good as gone. */
export const availableOf = (rs: ReplicaSet): number => Math.min(rs.status.availableReplicas ?? 0, sizeOf(rs))
export const isRolling = (d: Deployment): boolean => d.spec.strategy?.type !== 'Recreate'

/** How many pods more than wanted, and how many fewer available ones; percentages round up for surge and down for unavailable; never both 0. */
function fences(d: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: up, maxUnavailable: down } = d.spec.strategy?.rollingUpdate ?? {}
  const surge = scaled(up ?? 0, wantedSize(d), Math.ceil), unavailable = scaled(down ?? 0, wantedSize(d), Math.floor)
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}
const scaled = (value: number | string, of: number, round: (n: number) => number): number =>
  (typeof value === 'number' ? value : round((Number.parseInt(value, 10) || 0) * of / 100))
export const maxSurge = (d: Deployment): number => (isRolling(d) ? fences(d).surge : 0)
export const maxUnavailable = (d: Deployment): number => (!isRolling(d) || wantedSize(d) === 0 ? 0 : Math.min(fences(d).unavailable, wantedSize(d)))

/** The size the new ReplicaSet may have now, given all there are (itself among them when it exists). */
export function sizeOfNew(d: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = wantedSize(d)
  if (!isRolling(d)) return wanted
  const room = wanted + maxSurge(d) - totalSize(all)
  return room <= 0 ? current : current + Math.min(room, wanted - current)
}

/** One step of a rolling update: first the new ReplicaSet grows (or shrinks to what is wanted), and only when it has nothing to do the old ones shrink. */
export function rollingSteps(d: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  const wanted = wantedSize(d), size = sizeOf(fresh)
  if (size !== wanted) {
    const to = size > wanted ? wanted : sizeOfNew(d, [...old, fresh], size)
    if (to !== size) return [{ set: fresh, to }]
  }
  return shrinkOld(d, fresh, old.filter(isActiveSet))
}

/** Unhealthy old pods go first, since nobody misses them; then healthy ones as far as enough pods stay available. */
function shrinkOld(d: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  if (totalSize(old) === 0) return []
  const minAvailable = wantedSize(d) - maxUnavailable(d)
  const newUnavailable = sizeOf(fresh) - availableOf(fresh)
  const most = totalSize([...old, fresh]) - minAvailable - newUnavailable
  if (most <= 0) return []
  const oldest = old.toSorted((a, b) => createdAt(a) - createdAt(b))
  const sizes = new Map(oldest.map((rs) => [rs, sizeOf(rs)]))
  let cleaned = 0
  for (const rs of oldest) {
    const unhealthy = Math.min(most - cleaned, sizeOf(rs) - availableOf(rs))
    if (unhealthy <= 0) continue
    sizes.set(rs, sizeOf(rs) - unhealthy)
    cleaned += unhealthy
  }
  let spare = [...old, fresh].reduce((sum, rs) => sum + availableOf(rs), 0) - minAvailable
  for (const rs of oldest) {
    if (spare <= 0) break
    const down = Math.min(sizes.get(rs)!, spare)
    sizes.set(rs, sizes.get(rs)! - down)
    spare -= down
  }
  return oldest.filter((rs) => sizes.get(rs) !== sizeOf(rs)).map((set) => ({ set, to: sizes.get(set)! }))
}
