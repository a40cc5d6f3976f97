// Answers how many devices of a driver's pools are free (KEP-5677): once for each request.
import { indexOf, type Cluster, type Controller } from '#client'
import { deviceResourceClaim, resourceSlice, tainted, type DeviceTaintRule, type PoolStatus, type ResourcePoolStatusRequest, type ResourceSlice } from '#kinds'
import { formatTime, type Kind } from '#machinery'

const poolOf = (driver: string, pool: string): string => `${driver}/${pool}`
const slicesByDriver = indexOf(resourceSlice, ({ spec }) => [spec.driver])
const claimsByDriver = indexOf(deviceResourceClaim, ({ status }) => [...new Set((status.allocation?.devices.results ?? []).map(({ driver }) => driver))])

export const resourcePoolStatusController = (kind: Kind<ResourcePoolStatusRequest>, rules?: Kind<DeviceTaintRule>): Controller<ResourcePoolStatusRequest> => ({
  name: 'resourcepoolstatusrequest', for: kind, workers: 1, reads: [resourceSlice, deviceResourceClaim, ...(rules ? [rules as Kind] : [])],
  async reconcile(request, cluster) {
    if (request.status) return
    const { driver, poolName, limit } = request.spec, all = Map.groupBy(cluster.by(slicesByDriver, driver).filter(({ spec }) => poolName === undefined || spec.pool.name === poolName), ({ spec }) => spec.pool.name)
    const taken = takenOf(driver, cluster), given = rules ? cluster.list(rules) : []
    const pools = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit).map(([name, slices]) => statusOf(name, slices.map((slice) => tainted(slice, given)), taken))
    const conditions = [{ type: 'Complete', status: 'True' as const, reason: 'CalculationComplete', message: `Calculated status for ${all.size} pools`, lastTransitionTime: formatTime(cluster.clock.now()) }]
    await cluster.updateStatus(kind, request, { poolCount: all.size, ...(pools.length > 0 && { pools }), conditions })
  },
})

/** The devices that claims have, by pool. Who only looks after a device does not have it. */
function takenOf(driver: string, cluster: Cluster): ReadonlyMap<string, ReadonlySet<string>> {
  const taken = new Map<string, Set<string>>()
  for (const { status } of cluster.by(claimsByDriver, driver)) for (const one of status.allocation?.devices.results ?? []) {
    if (one.driver !== driver || one.adminAccess) continue
    const key = poolOf(driver, one.pool)
    taken.set(key, (taken.get(key) ?? new Set()).add(one.device))
  }
  return taken
}

function statusOf(poolName: string, slices: readonly ResourceSlice[], taken: ReadonlyMap<string, ReadonlySet<string>>): PoolStatus {
  const generation = Math.max(...slices.map(({ spec }) => spec.pool.generation)), current = slices.filter(({ spec }) => spec.pool.generation === generation), { driver, nodeName, pool: { resourceSliceCount } } = current[0]!.spec
  const pool = { driver, poolName, generation, ...(nodeName && current.every(({ spec }) => spec.nodeName === nodeName) && { nodeName }) }
  if (current.length !== resourceSliceCount) return { ...pool, validationError: `pool is incomplete: ${current.length} of ${resourceSliceCount} slices are published` }
  const devices = current.flatMap(({ spec }) => spec.devices ?? []), had = taken.get(poolOf(driver, poolName)) ?? new Set()
  const allocated = devices.filter(({ name }) => had.has(name)).length
  const unavailable = devices.filter(({ name, taints = [] }) => !had.has(name) && taints.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')).length
  return { ...pool, resourceSliceCount, totalDevices: devices.length, allocatedDevices: allocated, unavailableDevices: unavailable, availableDevices: devices.length - allocated - unavailable }
}
