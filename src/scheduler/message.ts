// Why a pod is waiting, in the reference's words: kubectl describe shows them, people and tools parse them.
import type { Unplaced } from './cycle.ts'
import type { Refusal } from './framework.ts'

/** "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable." and what became of preemption. */
export function explain(unplaced: Unplaced, preemption: string | undefined): string {
  if (unplaced.nodes === 0) return 'no nodes available to schedule pods'
  const head = `0/${unplaced.nodes} nodes are available: `
  const body = unplaced.nowhere ? unplaced.nowhere.reasons.join(', ') : histogram(unplaced.refusals.values())
  return `${head}${body}.${preemption === undefined ? '' : ` no new claims to deallocate, preemption: ${preemption}`}`
}

/** "1 a, 2 b": reasons with how many nodes gave them, sorted as text. */
export function histogram(refusals: Iterable<Refusal>): string {
  const counts = new Map<string, number>()
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, n]) => `${n} ${reason}`).sort().join(', ')
}
