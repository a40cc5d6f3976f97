import { controlledBy, watching, type Cluster, type Controller } from '#client'
import { endpoints, endpointSlice, service, type Endpoint, type EndpointAddress, type Endpoints, type EndpointSubset } from '#kinds'
import { applyPlan } from './endpoints/apply-plan.ts'
import { headlessLabel } from './endpoints/ports.ts'
import { planSlices, type AddressType, type Frame, type Group } from './endpoints/slices.ts'
import { managedByLabel, serviceNameLabel } from './endpointslice.ts'

const manager = 'endpointslicemirroring-controller.k8s.io'
const skip = 'endpointslice.kubernetes.io/skip-mirror'
const leader = 'control-plane.alpha.kubernetes.io/leader'
const notCopied = ['kubectl.kubernetes.io/last-applied-configuration', 'endpoints.kubernetes.io/last-change-trigger-time']
/** More addresses of one subset are not mirrored. */
const maxPerSubset = 1000

/** Endpoints that somebody wrote by hand, for a service without a selector, show in slices too. */
export const endpointSliceMirroringController: Controller<Endpoints> = {
  name: 'endpointslice-mirroring', identity: 'endpointslicemirroring-controller', for: endpoints, owns: [endpointSlice],
  watches: [watching(service, (s) => [s.metadata])],

  async reconcile(e, cluster) {
    const ours = cluster.list(endpointSlice, { namespace: e.metadata.namespace, owner: e }).filter((slice) => slice.metadata.labels?.[managedByLabel] === manager)
    if (!isMirrored(e, cluster)) { for (const slice of ours) await cluster.delete(endpointSlice, slice); return }
    for (const family of ['IPv4', 'IPv6'] as const) {
      const existing = ours.filter((slice) => slice.addressType === family)
      const plan = planSlices(frameOf(e, family), groupsOf(e.subsets ?? [], family), existing)
      // Nothing of this family needs no placeholder.
      const held = plan.create.filter((slice) => (slice.endpoints ?? []).length > 0)
      await applyPlan({ ...plan, create: held }, endpoints, e, cluster)
    }
  },
}

function isMirrored(e: Endpoints, cluster: Cluster): boolean {
  const s = cluster.get(service, e.metadata)
  return s !== undefined && Object.keys(s.spec.selector ?? {}).length === 0 && e.metadata.labels?.[skip] !== 'true' && e.metadata.annotations?.[leader] === undefined && !e.metadata.deletionTimestamp
}

function groupsOf(subsets: readonly EndpointSubset[], family: AddressType): Group[] {
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
    ports: ports.map((p) => ({ name: p.name ?? '', port: p.port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol !== undefined && { appProtocol: p.appProtocol }) })),
    endpoints: [...addresses.map((a) => endpointOf(a, true)), ...notReadyAddresses.map((a) => endpointOf(a, false))]
      .filter(({ addresses: [ip = ''] }) => ip.includes(':') === (family === 'IPv6')).slice(0, maxPerSubset),
  })).filter(({ endpoints: found }) => found.length > 0)
}
const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint =>
  ({ addresses: [ip], conditions: { ready }, ...(hostname && { hostname }), ...(nodeName && { nodeName }), ...(targetRef && { targetRef }) })

function frameOf(e: Endpoints, addressType: AddressType): Frame {
  const { [headlessLabel]: _, ...copied } = e.metadata.labels ?? {}
  const annotations = Object.fromEntries(Object.entries(e.metadata.annotations ?? {}).filter(([key]) => !notCopied.includes(key)))
  return { addressType, metadata: {
    generateName: `${e.metadata.name}-`, namespace: e.metadata.namespace ?? '', ownerReferences: [controlledBy(endpoints, e)],
    labels: { ...copied, [serviceNameLabel]: e.metadata.name, [managedByLabel]: manager }, ...(Object.keys(annotations).length > 0 && { annotations }) } }
}
