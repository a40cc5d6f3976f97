// Devices that must be made ready for the node before a pod may go there (KEP-5007).
import type { Cluster } from '#client'
import { deviceResourceClaim, type DeviceResourceClaim } from '#kinds'
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

/** Resolves when all are ready, rejects when one fails or it takes too long. */
export async function whenReady(claims: readonly DeviceResourceClaim[], cluster: Cluster, timeoutMs: number): Promise<void> {
  const latest = new Map(claims.map((claim) => [claim.metadata.uid, claim])), { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => {
    const all = [...latest.values()].map(readiness), wrong = all.find((one) => typeof one === 'object')
    if (wrong) reject(new Error(wrong.failed))
    else if (all.every((one) => one === 'ready')) resolve()
  }
  const cancel = cluster.clock.after(timeoutMs, () => { reject(new Error('device binding timeout')) })
  const stop = cluster.watch(deviceResourceClaim, ({ type, object }) => {
    const { uid, name } = object.metadata
    if (!latest.has(uid)) return
    if (type === 'DELETED') return reject(new Error(`could not find ResourceClaim "${object.metadata.namespace ?? ''}/${name}"`))
    if (object.status?.allocation) { latest.set(uid, object); look() }
  })
  look()
  try { await promise } finally { cancel(); stop() }
}
