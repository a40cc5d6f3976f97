// Devices that must be made ready for the node before a pod may go there (KEP-5007).
import type { Cluster } from '#client'
import { deviceResourceClaim, pod as podKind, type DeviceResourceClaim, type Pod } from '#kinds'
import { parseTime } from '#machinery'

export const hasConditions = ({ status }: DeviceResourceClaim): boolean => (status?.allocation?.devices.results ?? []).some(({ bindingConditions }) => bindingConditions?.length)

/** 'ready' (or nothing to wait for), 'waiting', or what went wrong. */
export function readiness({ metadata: { name }, status }: DeviceResourceClaim): 'ready' | 'waiting' | { readonly failed: string } {
  for (const { driver, pool, device, bindingConditions = [], bindingFailureConditions = [] } of status?.allocation?.devices.results ?? []) {
    if (bindingConditions.length === 0) continue
    const conditions = status?.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device)?.conditions
    if (!conditions) return 'waiting'
    const failure = conditions.find(({ type, status: said }) => said === 'True' && bindingFailureConditions.includes(type))
    if (failure) return { failed: `claim ${name} binding failed: reason=${failure.reason}, message=${JSON.stringify(failure.message)}` }
    if (!bindingConditions.every((type) => conditions.some((one) => one.type === type && one.status === 'True'))) return 'waiting'
  }
  return 'ready'
}
export const isLate = (claim: DeviceResourceClaim, timeoutMs: number, now: number): boolean => {
  const since = claim.status?.allocation?.allocationTimestamp
  return hasConditions(claim) && Boolean(since) && parseTime(since!)! + timeoutMs < now
}

export interface Wait { readonly timeoutMs: number; /** The scheduler stops. */ readonly halted: Promise<void> }

/** Resolves when all are ready for the pod, rejects when one fails, the pod goes, or it takes too long. */
export async function whenReady(claims: readonly DeviceResourceClaim[], pod: Pod, cluster: Cluster, { timeoutMs, halted }: Wait): Promise<void> {
  const latest = new Map(claims.map((claim) => [claim.metadata.uid, claim])), { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => {
    const all = [...latest.values()].map(readiness), wrong = all.find((one) => typeof one === 'object')
    if (wrong) reject(new Error(wrong.failed))
    else if (all.every((one) => one === 'ready')) resolve()
  }
  const stops = [
    cluster.clock.after(timeoutMs, () => { reject(new Error('device binding timeout')) }),
    cluster.watch(podKind, ({ type, object }) => { if (type === 'DELETED' && object.metadata.uid === pod.metadata.uid) reject(new Error(`pod ${JSON.stringify(pod.metadata.name)} not found`)) }),
    cluster.watch(deviceResourceClaim, ({ type, object }) => {
      const { uid, name, namespace = '' } = object.metadata
      if (!latest.has(uid)) return
      if (type === 'DELETED') return reject(new Error(`could not find ResourceClaim "${namespace}/${name}"`))
      if (object.status?.allocation) { latest.set(uid, object); look() }
    }),
  ]
  void halted.then(() => { reject(new Error('the scheduler stops')) })
  look()
  try { await promise } finally { for (const stop of stops) stop() }
}
