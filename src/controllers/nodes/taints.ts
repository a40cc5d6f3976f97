// The taints that a node's conditions ask for. Pure.
import type { Node, Taint } from '#kinds'
import { formatTime } from '#machinery'
import { conditionOf, readiness } from './health.ts'

export const notReady = 'node.kubernetes.io/not-ready'
export const unreachable = 'node.kubernetes.io/unreachable'
export const outOfService = 'node.kubernetes.io/out-of-service'
const pressures: readonly (readonly [type: string, key: string])[] = [
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'], ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'], ['PIDPressure', 'node.kubernetes.io/pid-pressure']]
const unschedulable = 'node.kubernetes.io/unschedulable'
const ours = new Set([notReady, unreachable, unschedulable, ...pressures.map(([, key]) => key)])

/** The key for a node that is not ready; undefined when it is. */
export function unreadyKey(node: Node): string | undefined {
  const status = readiness(node)
  return status === 'True' ? undefined : status === 'False' ? notReady : unreachable
}

/** Whether pods that do not tolerate it are to be driven off: yes, no, or not yet (leave it as it is). */
export type Eviction = 'yes' | 'no' | 'wait'

/** All taints the node should have; undefined when nothing changes. */
export function taintsOf(node: Node, eviction: Eviction, now: number): readonly Taint[] | undefined {
  const before = node.spec.taints ?? [], wanted: { key: string; effect: string }[] = []
  // Of a node that has never said anything nothing is known: what admission gave it goes too.
  const unready = conditionOf(node, 'Ready') ? unreadyKey(node) : undefined
  if (unready) wanted.push({ key: unready, effect: 'NoSchedule' })
  for (const [type, key] of pressures) if (conditionOf(node, type)?.status === 'True') wanted.push({ key, effect: 'NoSchedule' })
  if (node.spec.unschedulable) wanted.push({ key: unschedulable, effect: 'NoSchedule' })
  if (unready && eviction === 'yes') wanted.push({ key: unready, effect: 'NoExecute' })
  const isOurs = (taint: Taint) => (taint.effect === 'NoSchedule' ? ours.has(taint.key) : taint.effect === 'NoExecute' && (taint.key === notReady || taint.key === unreachable))
  const same = (taint: Taint) => wanted.some(({ key, effect }) => key === taint.key && effect === taint.effect)
  const keep = before.filter((taint) => !isOurs(taint) || same(taint) || (taint.effect === 'NoExecute' && eviction === 'wait' && taint.key === unready))
  const added = wanted.filter(({ key, effect }) => !before.some((taint) => taint.key === key && taint.effect === effect))
  if (added.length === 0 && keep.length === before.length) return undefined
  return [...keep, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(now) }))]
}
