// What rules that taint devices have come to, in their status.
import { watching, type Cluster, type Controller } from '#client'
import { claimNamesOf, deviceResourceClaim, meansDevice, pod, resourceSlice, type DeviceResourceClaim, type DeviceTaintRule, type Pod } from '#kinds'
import { formatTime, same } from '#machinery'
import { claimsMeant, isDrivenOff, type TaintRules } from './device-taint-eviction.ts'
import { isFinished } from './pod-state.ts'

const type = 'EvictionInProgress', pauseMs = 10_000
const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

export const deviceTaintRuleStatus = (rules: TaintRules): Controller<DeviceTaintRule> => ({
  name: 'device-taint-eviction', for: rules.kind, workers: 1, rests: () => pauseMs, reads: [resourceSlice],
  concerns: ({ object, old }) => !old || !same(object.spec, old.spec),
  watches: [
    watching(deviceResourceClaim, (claim, cluster) => meaning(claim, cluster, rules)),
    watching(pod, (p, cluster) => (claimNamesOf(p).length > 0 ? cluster.list(rules.kind).map(({ metadata }) => metadata) : [])),
  ],
  async reconcile(rule, cluster) {
    const { metadata: { generation, uid }, spec: { taint: { effect } }, status: { conditions = [] } } = rule, before = conditions.find((one) => one.type === type)
    // What a taint would do is worked out once.
    if ((effect !== 'NoExecute' && effect !== 'None') || (effect === 'None' && before?.observedGeneration === generation)) return
    const now = effect === 'None' ? outlook(rule, cluster) : progress(rule, cluster, rules.evicted.get(uid) ?? 0)
    if (before && before.status === now.status && before.reason === now.reason && before.message === now.message && before.observedGeneration === generation) return
    const lastTransitionTime = before?.status === now.status ? before.lastTransitionTime : formatTime(cluster.clock.now())
    const next = { type, ...now, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) }
    await cluster.updateStatus(rules.kind, rule, { conditions: before ? conditions.map((one) => (one === before ? next : one)) : [...conditions, next] })
  },
  async reconcileDeleted() { if (rules.evicted.size > mostCounted) rules.evicted.clear() },
})
const mostCounted = 100_000

const meaning = ({ status }: DeviceResourceClaim, cluster: Cluster, { kind }: TaintRules) =>
  cluster.list(kind).filter((rule) => status.allocation?.devices.results?.some((result) => meansDevice(rule, result, result.device))).map(({ metadata }) => metadata)

/** The pods that have to go because of the rule, or would if that were its effect. */
function affected(rule: DeviceTaintRule, cluster: Cluster): readonly Pod[] {
  const users = claimsMeant(rule, cluster).flatMap(({ metadata: { namespace }, status: { reservedFor = [] } }) => reservedFor.map(({ name }) => cluster.get(pod, { name, namespace })))
  return [...new Set(users)].filter((p): p is Pod => p !== undefined && !p.metadata.deletionTimestamp && !isFinished(p) && isDrivenOff(p, rule, cluster, 'NoExecute'))
}
const where = (pods: readonly Pod[]): string => counted(new Set(pods.map(({ metadata }) => metadata.namespace)).size, 'namespace', 'different namespaces')

function progress(rule: DeviceTaintRule, cluster: Cluster, evicted: number) {
  const pods = affected(rule, cluster), done = `${counted(evicted, 'pod')} evicted since starting the controller.`
  return pods.length > 0 ? { status: 'True' as const, reason: 'PodsPendingEviction', message: `${counted(pods.length, 'pod needs', 'pods need')} to be evicted in ${where(pods)}. ${done}` }
    : { status: 'False' as const, reason: evicted > 0 ? 'Completed' : 'NotStarted', message: done }
}
function outlook(rule: DeviceTaintRule, cluster: Cluster) {
  const pods = affected(rule, cluster)
  const published = cluster.list(resourceSlice).flatMap(({ spec: { driver, pool, devices = [] } }) => devices.filter(({ name }) => meansDevice(rule, { driver, pool: pool.name }, name))).length
  const allocated = claimsMeant(rule, cluster).reduce((sum, { status }) => sum + (status.allocation?.devices.results ?? []).filter((result) => meansDevice(rule, result, result.device)).length, 0)
  return { status: 'False' as const, reason: 'NoEffect', message: `${counted(published, 'published device')} selected. ${counted(allocated, 'allocated device')} selected. ${counted(pods.length, 'pod')} would be evicted in ${where(pods)} if the effect was NoExecute. `
    + 'This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.' }
}
