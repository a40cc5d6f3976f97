// Whether a node's agent still lives, by its lease and its heartbeats. Pure.
import type { Node, NodeCondition } from '#kinds'
import { formatTime } from '#machinery'
import { createdAt } from '../pod-state.ts'

/** For how long a node may be silent, in milliseconds. */
export interface Grace {
  readonly usual: number
  /** One that has never told its status (--node-startup-grace-period). */
  readonly startup: number
}
const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const conditionOf = (node: Node, type: string): NodeCondition | undefined => node.status.conditions?.find((c) => c.type === type)
export const readiness = (node: Node): string => conditionOf(node, 'Ready')?.status ?? 'Unknown'

/** When we last saw a sign of life of a node. */
export interface Heard { readonly status?: number | undefined; readonly lease?: number | undefined }

/** When a node's silence becomes too long; of one that tells no status, a lease that is renewed is enough. */
export function silentAt(node: Node, { status, lease }: Heard, grace: Grace): number {
  const isKnown = conditionOf(node, 'Ready') !== undefined
  const heard = Math.max(...[lease, isKnown ? status : undefined].filter((at) => at !== undefined))
  return (Number.isFinite(heard) ? heard : createdAt(node)) + (isKnown ? grace.usual : grace.startup)
}

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
