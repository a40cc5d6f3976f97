// Of several nodes on which room could be made, the one where it does the least harm.
import type { Victims } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { startOf } from './victims.ts'

/** `harm`: smaller is better, the first figures more than the later ones. */
export interface Candidate { readonly node: NodeInfo; readonly victims: Victims; readonly harm: readonly number[]; readonly earliestStart: string }
/** So that more pods of a negative priority weigh more than fewer. */
const offset = 2 ** 31

/** Weighs a candidate once: budgets violated, the most important victim, the sum of their priorities, how many they are; then when the most important ones have started. */
export function candidate(node: NodeInfo, victims: Victims): Candidate {
  const { pods, violations } = victims, highest = pods[0]!.priority
  const sum = pods.reduce((sum, pod) => sum + pod.priority + offset, 0)
  return { node, victims, harm: [violations, highest, sum, pods.length], earliestStart: pods.reduce((least, pod) => (pod.priority === highest ? earlier(least, pod) : least), '9') }
}
const earlier = (least: string, pod: PodInfo): string => { const start = startOf(pod); return start < least ? start : least }

/** Of equals the one that came first. */
export function leastHarm(candidates: readonly Candidate[]): Candidate | undefined {
  let best = candidates[0]
  for (const next of candidates) if (better(next, best!)) best = next
  return best
}
function better(a: Candidate, b: Candidate): boolean {
  for (let i = 0; i < a.harm.length; i++) if (a.harm[i] !== b.harm[i]) return a.harm[i]! < b.harm[i]!
  return a.earliestStart > b.earliestStart
}
