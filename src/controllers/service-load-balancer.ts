import { indexOf, type Cluster, type Controller } from '#client'
import { service, type Service } from '#kinds'
import { addressesOf, containsAddress } from './service-ranges.ts'

/** As the reference's controllers mark services whose balancer must be taken away before they go. */
const finalizer = 'service.kubernetes.io/load-balancer-cleanup'
/** No service waits for a longer search through a range. */
const mostAddresses = 65_536
const servicesByAddress = indexOf(service, (s) => ingressOf(s).map(({ ip }) => ip ?? '').filter(Boolean))
const ingressOf = ({ status }: Service) => status.loadBalancer.ingress ?? []

/**
 * Gives services of type LoadBalancer an address out of `pool` (ranges of IPv4, "192.0.2.128/25"); nodes' proxies answer for it. Services with a
 * loadBalancerClass are somebody else's. One worker, so that no address is given twice.
 */
export const serviceLoadBalancerController = (pool: readonly string[]): Controller<Service> => ({
  name: 'service-lb', identity: 'service-controller', for: service, workers: 1,
  concerns: ({ object }) => wants(object) || needsCleanup(object),
  // An address that is free again is for those that wait for one.
  watches: [{ kind: service, map: ({ type, object, old }, cluster) => {
    const freed = type === 'DELETED' ? object : old, isFree = freed && ingressOf(freed as Service).length > 0 && (type === 'DELETED' || ingressOf(object as Service).length === 0)
    return isFree ? cluster.list(service).filter((s) => wants(s) && ingressOf(s).length === 0).map(({ metadata: { name, namespace } }) => ({ name, namespace })) : []
  } }],
  async reconcile(s, cluster) {
    if (needsCleanup(s)) { await release(s, cluster); return }
    if (!wants(s)) return
    const held = ingressOf(s)[0]?.ip
    if (held !== undefined && hasFinalizer(s) && (!s.spec?.loadBalancerIP || held === s.spec.loadBalancerIP)) return
    cluster.events.record(service, s, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
    const marked = hasFinalizer(s) ? s : await mark(s, cluster, [...s.metadata.finalizers ?? [], finalizer])
    try {
      const ip = choose(s, pool, (address) => cluster.by(servicesByAddress, address).some((other) => other.metadata.uid !== s.metadata.uid))
      await cluster.updateStatus(service, marked, { ...marked.status, loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } })
      cluster.events.record(service, s, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
    } catch (error) {
      cluster.events.record(service, s, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: failed to ensure load balancer: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  },
})

const wants = ({ spec, metadata }: Service): boolean => spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined && !metadata.deletionTimestamp
const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(finalizer) ?? false
const needsCleanup = (s: Service): boolean => hasFinalizer(s) && (s.metadata.deletionTimestamp !== undefined || s.spec?.type !== 'LoadBalancer')

/** The address that the service asks for, the one it has, or the first free one. Throws when it cannot be had. */
export function choose(s: Service, pool: readonly string[], isTaken: (address: string) => boolean): string {
  const asked = s.spec?.loadBalancerIP || ingressOf(s)[0]?.ip
  if (asked) {
    if (!pool.some((range) => containsAddress(range, asked))) throw new Error(`${asked} is not in the pool of addresses (${pool.join(', ')})`)
    if (isTaken(asked)) throw new Error(`${asked} is another service's`)
    return asked
  }
  for (const range of pool) for (const address of addressesOf(range, mostAddresses)) if (!isTaken(address)) return address
  throw new Error(`no address is left in the pool (${pool.join(', ')})`)
}

async function release(s: Service, cluster: Cluster): Promise<void> {
  cluster.events.record(service, s, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
  const emptied = await cluster.updateStatus(service, s, { ...s.status, loadBalancer: {} })
  await mark(emptied, cluster, (s.metadata.finalizers ?? []).filter((one) => one !== finalizer))
  cluster.events.record(service, s, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
}
/** Finalizers are written beside the status: that is what the controller has the right to. */
const mark = (s: Service, cluster: Cluster, finalizers: readonly string[]): Promise<Service> =>
  cluster.patch(service, s.metadata, 'merge', { metadata: { resourceVersion: s.metadata.resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null } }, { subresource: 'status' })
