// On which nodes a DaemonSet's pods run, and which pods must come and go for it. Pure.
import type { DaemonSet, Node, Pod, Toleration } from '#kinds'
import { createdAt, isAvailable, isFinished, isReady, isTerminating } from '../pod-state.ts'
import { wantsNode } from '../nodes/affinity.ts'
import { tolerates } from '../nodes/tolerations.ts'

type Template = DaemonSet['spec']['template']

const always: readonly (readonly [key: string, effect: string])[] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'], ['node.kubernetes.io/unreachable', 'NoExecute'], ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'], ['node.kubernetes.io/pid-pressure', 'NoSchedule'], ['node.kubernetes.io/unschedulable', 'NoSchedule']]

/** What the template tolerates and what every daemon does: the states of a node that are no reason to leave it. */
export function tolerationsOf({ spec }: Template): Toleration[] {
  const keys = spec.hostNetwork ? [...always, ['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const] : always
  const added = keys.map(([key, effect]): Toleration => ({ key, effect, operator: 'Exists' }))
  const given = (spec.tolerations ?? []).filter((t) => !added.some((a) => a.key === t.key && a.effect === t.effect && t.operator === 'Exists' && t.tolerationSeconds === undefined))
  return [...given, ...added]
}

/** Whether a pod of the set belongs on the node, and whether one that is there may stay. */
export function belongs(ds: DaemonSet, node: Node): { readonly run: boolean; readonly stay: boolean } {
  const { template } = ds.spec, { spec } = template
  if ((spec.nodeName && spec.nodeName !== node.metadata.name) || !wantsNode(spec, node)) return { run: false, stay: false }
  const tolerations = tolerationsOf(template)
  const repelled = (effect: string) => (node.spec.taints ?? []).some((taint) => taint.effect === effect && !tolerations.some((t) => tolerates(t, taint)))
  return { run: !repelled('NoSchedule') && !repelled('NoExecute'), stay: !repelled('NoExecute') }
}

export interface OnNode { readonly node: string; readonly run: boolean; readonly stay: boolean; readonly pods: readonly Pod[] }
export interface Needed { readonly create: readonly string[]; readonly remove: readonly Pod[]; readonly failed: readonly Pod[]; readonly succeeded: readonly Pod[] }

/** Those that have a node first, then by age: the first speaks for its node. */
export const eldestFirst = (pods: readonly Pod[]): readonly Pod[] =>
  pods.toSorted((a, b) => Number(!a.spec.nodeName) - Number(!b.spec.nodeName) || createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1))

/** What is missing and what is too many, whatever its template. `hash`: the newest revision, for sets that surge. */
export function needed(nodes: readonly OnNode[], surge: number, hash: string, minReadySeconds: number, now: number): Needed {
  const create: string[] = [], remove: Pod[] = [], failed: Pod[] = [], succeeded: Pod[] = []
  for (const { node, run, stay, pods } of nodes) {
    if (!stay) { remove.push(...pods.filter((pod) => !isTerminating(pod))); continue }
    if (run && pods.length === 0) { create.push(node); continue }
    const here = pods.filter((pod) => !isTerminating(pod)), running = eldestFirst(here.filter((pod) => !isFinished(pod)))
    failed.push(...here.filter((pod) => pod.status.phase === 'Failed'))
    succeeded.push(...here.filter((pod) => pod.status.phase === 'Succeeded'))
    if (surge === 0) { remove.push(...running.slice(1)); continue }
    // An old and a new one may run side by side; the old goes when the new is available, or when it is of no use itself.
    const fresh = running.filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash), old = running.filter((pod) => !fresh.includes(pod))
    const through = fresh[0] !== undefined && old[0] !== undefined && (!isReady(old[0]) || isAvailable(fresh[0], minReadySeconds, now))
    remove.push(...fresh.slice(1), ...(through ? old : old.slice(1)))
  }
  return { create, remove, failed, succeeded }
}

export interface Limits { readonly unavailable: number; readonly surge: number }
/** Percentages are of the nodes that should run a pod, rounded up; never both 0. */
export function limitsOf(ds: DaemonSet, desired: number): Limits {
  const { maxSurge = 0, maxUnavailable = 1 } = ds.spec.updateStrategy.rollingUpdate ?? {}
  const scaled = (value: number | string) => (typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) || 0) * desired / 100))
  const surge = scaled(maxSurge), unavailable = scaled(maxUnavailable)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/** One step of a rolling update: old pods that may go now, and nodes that may get a new one beside the old. */
export function rolling(nodes: readonly OnNode[], { unavailable, surge }: Limits, hash: string, minReadySeconds: number, now: number): { readonly remove: readonly Pod[]; readonly create: readonly string[] } {
  const remove: Pod[] = [], candidates: Pod[] = [], eager: string[] = [], patient: string[] = []
  let missing = 0, surging = 0
  for (const { node, run, pods } of nodes) {
    if (!run) continue
    const active = pods.filter((pod) => !isTerminating(pod)), fresh = active.filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash), old = active.filter((pod) => !fresh.includes(pod))
    if (surge > 0) {
      if (fresh.length > 0) { if (old.length > 0) surging++; continue }
      const one = old[0]
      if (one) (isAvailable(one, minReadySeconds, now) ? patient : eager).push(node)
      continue
    }
    const [one] = old, [other] = fresh
    if (Boolean(one) === Boolean(other)) missing++
    else if (other) missing += Number(!isAvailable(other, minReadySeconds, now))
    else if (one && isAvailable(one, minReadySeconds, now)) candidates.push(one)
    else if (one) { remove.push(one); missing++ }
  }
  if (surge > 0) return { remove: [], create: [...eager, ...patient.slice(0, Math.max(0, surge - surging))] }
  return { remove: [...remove, ...candidates.slice(0, Math.max(0, unavailable - missing))], create: [] }
}
