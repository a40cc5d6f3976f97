// How many pods to create, and which to delete first. Pure: every rule is a row of a table test.
import type { Pod } from '#kinds'
import { createdAt, isReady, readySince } from '../pod-state.ts'

/** At most so many pods are created or deleted in one turn. */
export const burst = 500
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

export interface ReplicaPlan { readonly create: number; readonly remove: readonly Pod[] }

/** `related`: all active pods of the same owner's owner, which say how crowded a node is with replicas of the same kind. */
export function plan(replicas: number, active: readonly Pod[], related: readonly Pod[], now: number): ReplicaPlan {
  const surplus = active.length - replicas
  if (surplus <= 0) return { create: Math.min(-surplus, burst), remove: [] }
  const count = Math.min(surplus, burst)
  return { create: 0, remove: count < active.length ? byWorth(active, related, now).slice(0, count) : active }
}

/** The least valuable pods first. */
export function byWorth(pods: readonly Pod[], related: readonly Pod[], now: number): readonly Pod[] {
  const onNode = new Map<string, number>()
  for (const { spec } of related) if (spec.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1)
  const crowd = (pod: Pod) => onNode.get(pod.spec.nodeName ?? '') ?? 0
  return pods.toSorted((a, b) =>
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName))
    || phaseWorth(a) - phaseWorth(b)
    || Number(isReady(a)) - Number(isReady(b))
    || costOf(a) - costOf(b)
    || crowd(b) - crowd(a)
    || (isReady(a) && isReady(b) ? younger(readySince(a), readySince(b), a, b, now) : 0)
    || restarts(b) - restarts(a)
    || sidecarRestarts(b) - sidecarRestarts(a)
    || younger(createdAt(a), createdAt(b), a, b, now))
}

const phaseWorth = (pod: Pod): number => (pod.status.phase === 'Pending' ? 0 : pod.status.phase === 'Running' ? 2 : 1)
const restarts = (pod: Pod): number => Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount))
const sidecarRestarts = (pod: Pod): number => {
  const names = new Set((pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name))
  return Math.max(0, ...(pod.status.initContainerStatuses ?? []).filter((status) => names.has(status.name)).map((status) => status.restartCount))
}
/** A number of 32 bits; what is none counts as no cost. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost]
  const cost = text !== undefined && /^(?:0|-\d+|[1-9]\d*)$/.test(text) ? Number(text) : 0
  return (cost | 0) === cost ? cost : 0
}

/** Younger first; ages are compared by their order of magnitude (base 2), so that equally old pods go in an order of chance: their uids'. */
function younger(a: number | undefined, b: number | undefined, one: Pod, other: Pod, now: number): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const rank = magnitude(now - a) - magnitude(now - b)
  if (rank !== 0) return rank
  return one.metadata.uid < other.metadata.uid ? -1 : 1
}
const magnitude = (ageMs: number): number => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6)))
