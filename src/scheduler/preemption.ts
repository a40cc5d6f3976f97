// When a pod fits nowhere, less important ones may have to leave (DefaultPreemption). Pods that a disruption budget protects are never chosen.
import type { Pod, PodDisruptionBudget } from '#kinds'
import { selectorFrom } from '#machinery'
import { ask, prepare, type Unplaced } from './cycle.ts'
import type { Nodes, Plugin, Refusal } from './framework.ts'
import { histogram } from './message.ts'
import type { NodeInfo } from './node-info.ts'

export interface Preemption {
  /** Where the pod will go once the victims are gone. */
  readonly node?: string
  readonly victims: readonly Pod[]
  /** For the pod's condition. */
  readonly message: string
}

const notHelpful: Refusal = { reasons: ['Preemption is not helpful for scheduling'], final: true }
const noVictims: Refusal = { reasons: ['No preemption victims found for incoming pod'], final: true }

/** Plans which pods should leave which node. Pure. */
export function planPreemption(pod: Pod, unplaced: Unplaced, nodes: Nodes, plugins: readonly Plugin[], budgets: readonly PodDisruptionBudget[]): Preemption {
  if (pod.spec.preemptionPolicy === 'Never') return { victims: [], message: 'not eligible due to preemptionPolicy=Never.' }
  const nominated = pod.status?.nominatedNodeName && nodes.get(pod.status.nominatedNodeName)
  if (nominated && [...nominated.pods.values()].some((p) => p.metadata.deletionTimestamp && priorityOf(p) < priorityOf(pod)))
    return { victims: [], message: 'not eligible due to a terminating pod on the nominated node.' }
  const outcome: Refusal[] = [], candidates: { node: NodeInfo; victims: Pod[] }[] = []
  for (const [node, refusal] of unplaced.refusals) {
    if (refusal.final) { outcome.push(notHelpful); continue }
    const victims = victimsOn(node, pod, nodes, plugins, budgets)
    if (victims) candidates.push({ node, victims })
    else outcome.push(noVictims)
  }
  const chosen = candidates.sort(byHarm)[0]
  if (!chosen) return { victims: [], message: `0/${unplaced.nodes} nodes are available: ${histogram(outcome)}.` }
  return { node: chosen.node.name, victims: chosen.victims, message: `0/${unplaced.nodes} nodes are available: ${histogram([...outcome, ...candidates.map(() => noVictims)])}.` }
}

/** The fewest and least important pods whose leaving lets this one in; undefined when even all would not. */
function victimsOn(node: NodeInfo, pod: Pod, nodes: Nodes, plugins: readonly Plugin[], budgets: readonly PodDisruptionBudget[]): Pod[] | undefined {
  const lower = [...node.pods.values()].filter((p) => priorityOf(p) < priorityOf(pod) && !isProtected(p, budgets)).sort(byImportance)
  if (lower.length === 0) return undefined
  const fits = (gone: readonly Pod[]) => {
    const reduced = node.without(gone), view: Nodes = { ...nodes, all: nodes.all.map((n) => (n === node ? reduced : n)), get: (name) => (name === node.name ? reduced : nodes.get(name)),
      namespaceLabels: (name) => nodes.namespaceLabels(name), claim: (namespace, name) => nodes.claim(namespace, name) }
    return !ask(reduced, prepare(pod, view, plugins).asked)
  }
  if (!fits(lower)) return undefined
  let victims = lower
  for (const reprieved of lower) { // the most important ones stay if they can
    const without = victims.filter((v) => v !== reprieved)
    if (fits(without)) victims = without
  }
  return victims
}

export const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0
/** Most important first: higher priority, then longer running. */
const byImportance = (a: Pod, b: Pod): number => priorityOf(b) - priorityOf(a) || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0)
const startOf = (pod: Pod): string => pod.status?.startTime ?? pod.metadata.creationTimestamp
/** Least harm first: the lowest highest priority among victims, then the lowest sum, then the fewest. */
function byHarm(a: { victims: readonly Pod[] }, b: { victims: readonly Pod[] }): number {
  const highest = (v: readonly Pod[]) => Math.max(...v.map(priorityOf)), sum = (v: readonly Pod[]) => v.reduce((n, p) => n + priorityOf(p), 0)
  return highest(a.victims) - highest(b.victims) || sum(a.victims) - sum(b.victims) || a.victims.length - b.victims.length
}
function isProtected(pod: Pod, budgets: readonly PodDisruptionBudget[]): boolean {
  return budgets.some((b) => b.metadata.namespace === pod.metadata.namespace && (b.status?.disruptionsAllowed ?? 0) <= 0 && selectorFrom(b.spec?.selector).matches(pod.metadata.labels ?? {}))
}
