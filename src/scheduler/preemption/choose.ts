// Of several nodes on which room could be made, the one where it does the least harm.
import type { Victims } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { startOf } from './victims.ts'

export interface Candidate { readonly node: NodeInfo; readonly victims: Victims }
/** So that more pods of a negative priority weigh more than fewer. */
const offset = 2 ** 31

/** Smaller is better, in this order; of equals the one that came first. */
const harms: readonly ((victims: Victims) => number | string)[] = [
  ({ violations }) => violations,
  ({ pods }) => pods[0]!.priority,
  ({ pods }) => pods.reduce((sum, pod) => sum + pod.priority + offset, 0),
  ({ pods }) => pods.length,
]
/** Then the one whose most important victims have started last. */
const earliestStart = ({ pods }: Victims): string => pods.filter((pod) => pod.priority === pods[0]!.priority).reduce((least, pod) => (startOf(pod) < least ? startOf(pod) : least), '9')

export function leastHarm(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates
  for (const harm of harms) {
    if (left.length <= 1) return left[0]
    const figures = left.map(({ victims }) => harm(victims)), least = figures.reduce((a, b) => (b < a ? b : a))
    left = left.filter((_, i) => figures[i] === least)
  }
  return left.length <= 1 ? left[0] : left.reduce((best, next) => (earliestStart(next.victims) > earliestStart(best.victims) ? next : best))
}
