// Whether a node's agent still lives, by its lease and its heartbeats. Pure.
import type { Node, NodeCondition } from '#kinds'
import { formatTime } from '#machinery'
import { createdAt } from '../pod-state.ts'

/** A node that has never said that it is ready gets so long to start. */
export const startupGraceMs = 60_000
const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const conditionOf = (node: Node, type: string): NodeCondition | undefined => node.status.conditions?.find((c) => c.type === type)
export const readiness = (node: Node): string => conditionOf(node, 'Ready')?.status ?? 'Unknown'

/** When a node's silence becomes too long; `heardAt`: when we last saw a sign of life. */
export const silentAt = (node: Node, heardAt: number | undefined, graceMs: number): number =>
  (conditionOf(node, 'Ready') ? (heardAt ?? createdAt(node)) + graceMs : createdAt(node) + startupGraceMs)

/** The conditions of a node that has fallen silent: what is not known to be unknown becomes so. */
export function silenced(node: Node, now: number): NodeCondition[] {
  const time = formatTime(now), conditions = [...(node.status.conditions ?? [])]
  for (const type of types) {
    const at = conditions.findIndex((c) => c.type === type), before = conditions[at]
    if (!before) conditions.push({ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.', lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: time })
    else if (before.status !== 'Unknown') conditions[at] = { ...before, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: time }
  }
  return conditions
}
