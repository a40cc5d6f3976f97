// Why a pod is waiting, in the reference's words: kubectl describe shows them, people and tools parse them.
import { noNodes, type Unplaced } from './cycle.ts'
import type { Refusals } from './framework.ts'

/** "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable." and what became of attempts to make room. */
export function explain(unplaced: Unplaced, postFilter: readonly string[] = []): string {
  if (unplaced.nodes === 0) return noNodes
  const head = unplaced.nowhere ? `0/${unplaced.nodes} nodes are available: ${unplaced.nowhere.reasons.join(', ')}.` : explainRefusals(unplaced)
  return postFilter.length > 0 ? `${head} ${postFilter.join(', ')}` : head
}

/** "0/3 nodes are available: 1 a, 2 b.": reasons with how many nodes gave them, sorted as text. */
export function explainRefusals({ byNode, reasons, others, nodes }: Omit<Refusals, 'resolvable'> & { readonly nodes: number }): string {
  const counts = new Map(reasons), unasked = nodes - byNode.size
  if (unasked > 0) for (const reason of others.reasons) counts.set(reason, (counts.get(reason) ?? 0) + unasked)
  const body = [...counts].map(([reason, n]) => `${n} ${reason}`).sort().join(', ')
  return `0/${nodes} nodes are available:${body ? ` ${body}.` : ''}`
}

/** Notes of events end here. */
const longestNote = 1024
export const shortened = (text: string): string => (text.length <= longestNote ? text : `${text.slice(0, longestNote - 4)} ...`)
