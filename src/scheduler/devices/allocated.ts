// What is taken already.
import type { DeviceResourceClaim } from '#kinds'
import { count, type Amounts } from './capacity.ts'
import { deviceIdOf, type DeviceId } from './pools.ts'

export interface Allocated {
  /** Devices that somebody has for himself. */
  readonly whole: ReadonlySet<DeviceId>
  /** Devices of which somebody has a share. */
  readonly shared: ReadonlySet<DeviceId>
  readonly capacity: ReadonlyMap<DeviceId, Amounts>
}

/** Devices of these claims; access for administration takes nothing from others. */
export function allocatedBy(claims: Iterable<DeviceResourceClaim>): Allocated {
  const whole = new Set<DeviceId>(), shared = new Set<DeviceId>(), capacity = new Map<DeviceId, Map<string, bigint>>()
  for (const { status } of claims) for (const { driver, pool, device, adminAccess, shareID, consumedCapacity } of status?.allocation?.devices.results ?? []) {
    if (adminAccess) continue
    const id = deviceIdOf(driver, pool, device)
    if (shareID === undefined) { whole.add(id); continue }
    shared.add(id)
    if (consumedCapacity) count(capacity, id, consumedCapacity)
  }
  return { whole, shared, capacity }
}
