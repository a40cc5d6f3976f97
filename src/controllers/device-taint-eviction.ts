import { indexOf, type Cluster, type Change, type Controller, type Target } from '#client'
import { claimNameOf, claimNamesOf, deviceResourceClaim, isReservedFor, meansDevice, pod, resourceSlice, tainted, toleratesDeviceTaint, whyNotOf, type DeviceResourceClaim, type DeviceTaint, type DeviceTaintRule, type DeviceToleration, type Pod, type ResourceSlice } from '#kinds'
import { formatTime, is, same, type AnyObject, type Kind } from '#machinery'
import { noFigures } from './figures.ts'
import { isFinished, timeOf } from './pod-state.ts'

const poolOf = ({ driver, pool }: { readonly driver: string; readonly pool: string }): string => `${driver}/${pool}`
const slicesByPool = indexOf(resourceSlice, ({ spec }) => [poolOf({ driver: spec.driver, pool: spec.pool.name })])
const claimsByPool = indexOf(deviceResourceClaim, ({ status }) => [...new Set((status.allocation?.devices.results ?? []).map(poolOf))])
/** The pods that a claim is for. */
const usersOf = ({ metadata: { namespace }, status }: DeviceResourceClaim) => (status.reservedFor ?? []).filter(({ apiGroup, resource }) => !apiGroup && resource === 'pods').map(({ name }) => ({ name, namespace }))
const driveOff = ({ spec }: ResourceSlice) => (spec.devices ?? []).flatMap(({ name, taints = [] }) => taints.filter(({ effect }) => effect === 'NoExecute').map((taint) => ({ name, taint })))

/** Rules that taint devices, and how many pods each (by uid) has driven off. */
export interface TaintRules { readonly kind: Kind<DeviceTaintRule>; readonly evicted: Map<string, number> }
/** The claims that have devices which the rule means. */
export const claimsMeant = (rule: DeviceTaintRule, cluster: Cluster): readonly DeviceResourceClaim[] =>
  cluster.list(deviceResourceClaim).filter(({ status }) => status.allocation?.devices.results?.some((result) => meansDevice(rule, result, result.device)))
const usersMeant = (rule: DeviceTaintRule, cluster: Cluster): readonly Target[] => (rule.spec.taint.effect === 'NoExecute' ? claimsMeant(rule, cluster).flatMap(usersOf) : [])
const watchRules = ({ kind }: TaintRules) => ({ kind: kind as Kind, map: ({ type, object, old }: Change<AnyObject>, cluster: Cluster) => {
  const now = object as DeviceTaintRule, before = old as DeviceTaintRule | undefined
  return before && type !== 'DELETED' && same(now.spec, before.spec) ? [] : [...usersMeant(now, cluster), ...(before ? usersMeant(before, cluster) : [])]
} })

/** Drives pods off devices whose NoExecute taints their claims do not tolerate, or no longer (KEP-5055). */
export function deviceTaintEvictionController({ figures = noFigures, rules }: { readonly figures?: typeof noFigures; readonly rules?: TaintRules | undefined } = {}): Controller<Pod> {
  /** Pods that will have to go. */
  const doomed = new Set<string>()

  return {
    name: 'device-taint-eviction', for: pod, workers: 8,
    concerns: ({ object, old }) => Boolean(object.spec.nodeName) && claimNamesOf(object).length > 0
      && (!old || old.spec.nodeName !== object.spec.nodeName || !same(old.status?.resourceClaimStatuses, object.status?.resourceClaimStatuses)),
    watches: [
      { kind: deviceResourceClaim, map: ({ object, old }) => [...usersOf(object as DeviceResourceClaim), ...(old ? usersOf(old as DeviceResourceClaim) : [])] },
      { kind: resourceSlice, map: ({ object, old }, cluster) => {
        const now = object as ResourceSlice, before = old as ResourceSlice | undefined, { driver, pool } = now.spec
        if (before ? same(driveOff(now), driveOff(before)) && same(pool, before.spec.pool) : driveOff(now).length === 0) return []
        return cluster.by(claimsByPool, poolOf({ driver, pool: pool.name })).flatMap(usersOf)
      } },
      ...(rules ? [watchRules(rules)] : []),
    ],
    async reconcile(p, cluster) {
      const { uid } = p.metadata, now = cluster.clock.now()
      if (!p.spec.nodeName || p.metadata.deletionTimestamp || isFinished(p)) { doomed.delete(uid); return }
      const at = Math.min(...claimsOf(p, cluster).flatMap((claim) => evictionsOf(claim, cluster, rules)))
      if (at === Infinity) {
        if (doomed.delete(uid)) tell(p, 'Cancelling deletion', cluster)
        return
      }
      doomed.add(uid)
      if (at > now) return { againIn: at - now }
      tell(p, 'Marking for deletion', cluster)
      await evict(p, cluster)
      if (rules) for (const { metadata } of cluster.list(rules.kind).filter((rule) => isDrivenOff(p, rule, cluster))) rules.evicted.set(metadata.uid, (rules.evicted.get(metadata.uid) ?? 0) + 1)
      figures.podEvicted(cluster.clock.now() - at, true)
      doomed.delete(uid)
    },
    async reconcileDeleted() { if (doomed.size > mostDoomed) doomed.clear() },
  }
}
const mostDoomed = 100_000

/** Its events mean the pod, not a version of it. */
function tell({ metadata: { name, namespace, uid } }: Pod, message: string, cluster: Cluster): void {
  cluster.events.record(pod, { metadata: { name, namespace, uid } } as Pod, 'Normal', 'DeviceTaintManagerEviction', message)
}

/** Those that the pod really uses. */
const claimsOf = (p: Pod, cluster: Cluster): readonly DeviceResourceClaim[] => {
  const named = (p.spec.resourceClaims ?? []).map((entry) => claimNameOf(p, entry))
  return named.flatMap((known) => {
    const claim = 'name' in known && known.name ? cluster.get(deviceResourceClaim, { name: known.name, namespace: p.metadata.namespace }) : undefined
    return claim && isReservedFor(p, claim) && !('generated' in known && known.generated && whyNotOf(p, claim)) ? [claim] : []
  })
}

/** When users of the claim have to go; one time for each taint that they do not tolerate for good. */
function evictionsOf({ status }: DeviceResourceClaim, cluster: Cluster, given: TaintRules | undefined): readonly number[] {
  const rules = given ? cluster.list(given.kind) : []
  return (status.allocation?.devices.results ?? []).flatMap(({ driver, pool, device, tolerations = [] }) => {
    const slices = cluster.by(slicesByPool, poolOf({ driver, pool })), newest = Math.max(...slices.map(({ spec }) => spec.pool.generation))
    const taints = slices.filter(({ spec }) => spec.pool.generation === newest).flatMap((slice) => driveOff(tainted(slice, rules))).filter(({ name }) => name === device)
    return taints.flatMap(({ taint }) => evictionAt(taint, tolerations))
  })
}
/** Whether the pod has to go, now or later, because of this rule; `as`: if that were its effect. */
export const isDrivenOff = (p: Pod, { spec, ...rule }: DeviceTaintRule, cluster: Cluster, as = spec.taint.effect): boolean => as === 'NoExecute' && claimsOf(p, cluster).some(({ status }) =>
  status.allocation?.devices.results?.some((result) => meansDevice({ ...rule, spec }, result, result.device) && evictionAt({ ...spec.taint, effect: as }, result.tolerations ?? []).length > 0))
/** Nothing: never. */
export function evictionAt(taint: DeviceTaint, tolerations: readonly DeviceToleration[]): readonly number[] {
  // Only tolerations that name the effect hold here, though the scheduler takes those for any too: as in the reference.
  const since = timeOf(taint.timeAdded) ?? 0, covering = tolerations.filter((toleration) => toleration.effect === 'NoExecute' && toleratesDeviceTaint(toleration, taint))
  if (covering.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return []
  return [covering.length === 0 ? since : since + 1000 * Math.min(...covering.map(({ tolerationSeconds }) => Math.max(0, Number(tolerationSeconds))))]
}

async function evict(p: Pod, cluster: Cluster): Promise<void> {
  try {
    await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { conditions: [{ type: 'DisruptionTarget', status: 'True',
      reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint', lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { subresource: 'status' })
    await cluster.delete(pod, p)
  } catch (error) { if (!is(error, 'NotFound')) throw error }
}
