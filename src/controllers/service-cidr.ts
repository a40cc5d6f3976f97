import { watching, type Cluster, type Controller } from '#client'
import { ipAddress, serviceCIDR, type ServiceCIDR } from '#kinds'
import { formatTime, parseTime } from '#machinery'
import { containsAddress, containsRange } from './service-ranges.ts'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** So long after its deletion every API server knows of it and gives out no more of its addresses. */
const graceMs = 10_000
const managedLabel = 'ipaddress.kubernetes.io/managed-by', allocator = 'ipallocator.k8s.io'
const manager = { fieldManager: 'service-cidr-controller' }
const inUse = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

/** Says that ranges of service addresses may be used, and keeps those that are from going (KEP-1880). */
export const serviceCidrController: Controller<ServiceCIDR> = {
  name: 'service-cidr', identity: 'service-cidrs-controller', for: serviceCIDR,
  watches: [
    // One that comes or goes may set another free, or hold it.
    watching(serviceCIDR, ({ spec }, cluster) => cluster.list(serviceCIDR).filter((other) => (spec.cidrs ?? []).some((a) => (other.spec.cidrs ?? []).some((b) => containsRange(a, b) || containsRange(b, a)))).map(({ metadata: { name } }) => ({ name }))),
    watching(ipAddress, ({ metadata: { name: address } }, cluster) => cluster.list(serviceCIDR).filter(({ metadata, spec }) => metadata.deletionTimestamp && (spec.cidrs ?? []).some((cidr) => containsAddress(cidr, address))).map(({ metadata: { name } }) => ({ name }))),
  ],
  async reconcile(range, cluster) {
    const { metadata } = range, { name, finalizers = [], deletionTimestamp } = metadata
    if (!deletionTimestamp) {
      if (!finalizers.includes(finalizer)) await cluster.patch(serviceCIDR, { name }, 'strategic', { metadata: { finalizers: [finalizer] } })
      await say(range, cluster, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' })
      return
    }
    if (!mayGo(range, cluster.list(serviceCIDR), cluster.list(ipAddress).filter((ip) => ip.metadata.labels?.[managedLabel] === allocator).map((ip) => ip.metadata.name))) {
      await say(range, cluster, { status: 'False', reason: 'Terminating', message: inUse })
      return
    }
    const left = parseTime(deletionTimestamp) + graceMs - cluster.clock.now()
    if (left > 0) return { againIn: left }
    if (finalizers.includes(finalizer)) await cluster.patch(serviceCIDR, { name }, 'strategic', { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } })
  },
}

/** Whether no address would be left without a range: others hold all of this one, or none of its addresses is in this one only. */
export function mayGo(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly string[]): boolean {
  const others = all.filter((other) => other.metadata.name !== range.metadata.name).flatMap((other) => other.spec.cidrs ?? []), own = range.spec.cidrs ?? []
  if (own.every((cidr) => others.some((other) => containsRange(other, cidr)))) return true
  return addresses.every((address) => !own.some((cidr) => containsAddress(cidr, address)) || others.some((other) => containsAddress(other, address)))
}

async function say({ metadata: { name }, status }: ServiceCIDR, cluster: Cluster, said: { readonly status: string; readonly reason: string; readonly message: string }): Promise<void> {
  const there = status?.conditions?.find(({ type }) => type === 'Ready')
  // The API server says it of its own range in other words; the condition is what counts.
  if (there?.status === said.status && (there.reason ?? '') === said.reason) return
  await cluster.patch(serviceCIDR, { name }, 'apply', { apiVersion: serviceCIDR.apiVersion, kind: serviceCIDR.kind, metadata: { name }, status: { conditions: [{ type: 'Ready', ...said, lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { ...manager, subresource: 'status' })
}
