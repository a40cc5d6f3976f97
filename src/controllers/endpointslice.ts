import { controlledBy, type Cluster, type Controller } from '#client'
import { endpointSlice, node, pod, service, type Pod, type Service } from '#kinds'
import { endpointOf, slicePorts } from './endpoints/pod-endpoint.ts'
import { headlessLabel, lacksAddress } from './endpoints/ports.ts'
import { hasSelector, podsOf, servicesOnNode, servicesTouched } from './endpoints/services.ts'
import { planSlices, portsKey, type AddressType, type Frame, type Group } from './endpoints/slices.ts'
import { applyPlan } from './endpoints/apply-plan.ts'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const manager = 'endpointslice-controller.k8s.io'

/** Endpoint slices show the pods of each service that has a selector. */
export const endpointSliceController: Controller<Service> = {
  name: 'endpointslice', for: service, owns: [endpointSlice], reads: [pod, node],
  watches: [{ kind: pod, map: servicesTouched }, { kind: node, map: servicesOnNode }],

  async reconcile(s, cluster) {
    if (!hasSelector(s) || s.metadata.deletionTimestamp) return
    const ours = cluster.list(endpointSlice, { namespace: s.metadata.namespace, owner: s }).filter((slice) => slice.metadata.labels?.[managedByLabel] === manager)
    const pods = podsOf(s, cluster), families = (s.spec.ipFamilies ?? ['IPv4']) as AddressType[]
    for (const family of families)
      await applyPlan(planSlices(frameOf(s, family), groupsOf(s, pods, family, cluster), ours.filter((slice) => slice.addressType === family)), service, s, cluster)
    for (const slice of ours) if (!families.includes(slice.addressType as AddressType)) await cluster.delete(endpointSlice, slice)
  },
}

function groupsOf(s: Service, pods: readonly Pod[], family: AddressType, cluster: Cluster): Group[] {
  const groups = new Map<string, { ports: ReturnType<typeof slicePorts>; endpoints: NonNullable<ReturnType<typeof endpointOf>>[] }>()
  for (const p of pods) {
    const on = p.spec.nodeName ? cluster.get(node, { name: p.spec.nodeName }) : undefined
    if (p.spec.nodeName && !on) continue // comes again when the node does
    const endpoint = endpointOf(p, on, s, family)
    if (!endpoint) continue
    const ports = slicePorts(p, s), key = portsKey(ports)
    const group = groups.get(key)
    if (group) group.endpoints.push(endpoint)
    else groups.set(key, { ports, endpoints: [endpoint] })
  }
  return [...groups.values()]
}

function frameOf(s: Service, addressType: AddressType): Frame {
  const labels = { ...withoutReserved(s.metadata.labels), [serviceNameLabel]: s.metadata.name, [managedByLabel]: manager, ...(lacksAddress(s) && { [headlessLabel]: '' }) }
  return { addressType, metadata: { generateName: `${s.metadata.name}-`, namespace: s.metadata.namespace ?? '', labels, ownerReferences: [controlledBy(service, s)] } }
}
const withoutReserved = (labels: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => key !== serviceNameLabel && key !== managedByLabel && key !== headlessLabel))

