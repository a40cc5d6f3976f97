// Which pods would have to leave a node so that another fits.
import type { PodDisruptionBudget } from '#kinds'
import { selectorFrom } from '#machinery'
import type { Cycle } from '../cycle-state.ts'
import type { Handle, Victims } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { isSuccess, unresolvable, type Status } from '../status.ts'

const noVictims = unresolvable('No preemption victims found for incoming pod')

/** The fewest and least important pods whose leaving lets this one in, the most important first; or why even all would not do. The node is as before afterwards. */
export function victimsOn(node: NodeInfo, cycle: Cycle, handle: Handle, budgets: readonly PodDisruptionBudget[]): Victims | Status {
  const { pod } = cycle, lower: PodInfo[] = []
  for (const other of node.pods.values()) if (other.priority < pod.priority) lower.push(other)
  if (lower.length === 0) return noVictims
  const gone = new Set<PodInfo>(), { version } = node
  const take = (other: PodInfo) => { gone.add(other); handle.nodes.take(other, node); handle.told(cycle, 'removed', other, node) }
  const put = (other: PodInfo) => { gone.delete(other); handle.nodes.put(other, node); handle.told(cycle, 'added', other, node) }
  try {
    lower.forEach(take)
    const refused = handle.fits(cycle, node)
    if (!isSuccess(refused)) return refused
    const { violating, others } = byBudgets(lower.sort(byImportance), budgets), victims: PodInfo[] = []
    // Who can stay stays: first those that a budget protects, each time the most important ones.
    const stays = (other: PodInfo): boolean => {
      put(other)
      if (isSuccess(handle.fits(cycle, node))) return true
      take(other)
      victims.push(other)
      return false
    }
    const violations = violating.filter((other) => !stays(other)).length
    others.forEach(stays)
    if (violating.length > 0 && others.length > 0) victims.sort(byImportance)
    return { pods: victims, violations }
  } finally {
    for (const other of [...gone]) put(other)
    node.version = version
  }
}

/** Higher priority first, then those that have been running for longer. */
export const byImportance = (a: PodInfo, b: PodInfo): number => b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0)
/** RFC 3339 of one form, so that texts compare as times do; a pod that has not started starts now, after all others. */
export const startOf = ({ pod }: PodInfo): string => pod.status?.startTime ?? '9'

/** Pods whose leaving a budget does not allow, and the others, in their order. Those that the budget counts as disrupted already are no violation. */
function byBudgets(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): { violating: PodInfo[]; others: PodInfo[] } {
  const violating: PodInfo[] = [], others: PodInfo[] = [], allowed = budgets.map((b) => b.status?.disruptionsAllowed ?? 0)
  for (const pod of pods) {
    let violated = false
    budgets.forEach((budget, i) => {
      if (budget.metadata.namespace !== pod.namespace || !selects(budget, pod) || budget.status?.disruptedPods?.[pod.name] !== undefined) return
      allowed[i]!--
      violated ||= allowed[i]! < 0
    })
    ;(violated ? violating : others).push(pod)
  }
  return { violating, others }
}
function selects({ spec }: PodDisruptionBudget, { labels }: PodInfo): boolean {
  try {
    const selector = selectorFrom(spec?.selector)
    return !selector.empty && selector.matches(labels) && Object.keys(labels).length > 0
  } catch { return false }
}
