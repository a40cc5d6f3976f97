import { watching, type Controller } from '#client'
import { endpoints, pod, service, type Endpoints, type Service } from '#kinds'
import { is, same, type New } from '#machinery'
import { headlessLabel, lacksAddress } from './endpoints/ports.ts'
import { hasSelector, podsOf, servicesTouched } from './endpoints/services.ts'
import { subsetsOf } from './endpoints/subsets.ts'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const manager = 'endpoint-controller'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'

/** Endpoints show the pods of each service that has a selector, in the older form. */
export const endpointsController: Controller<Service> = {
  name: 'endpoints', identity: 'endpoint-controller', for: service, reads: [pod],
  watches: [
    { kind: pod, map: servicesTouched },
    // Somebody else's endpoints are none of our business, ours stay as they are.
    watching(endpoints, (e) => (e.metadata.labels?.[managedByLabel] === manager ? [e.metadata] : [])),
  ],

  async reconcile(s, cluster) {
    if (!hasSelector(s) || s.metadata.deletionTimestamp) return
    const { metadata: { name, namespace = '' } } = s, there = cluster.get(endpoints, { name, namespace })
    const wanted = endpointsOf(s, subsetsOf(s, podsOf(s, cluster)))
    try {
      if (!there) await cluster.create(endpoints, wanted)
      else if (!same(wanted.subsets ?? [], there.subsets ?? []) || !same(wanted.metadata.labels, there.metadata.labels) || wanted.metadata.annotations?.[overCapacity] !== there.metadata.annotations?.[overCapacity]) {
        const { [overCapacity]: _, ...annotations } = there.metadata.annotations ?? {}
        await cluster.update(endpoints, { ...there, metadata: { ...there.metadata, ...wanted.metadata, annotations: { ...annotations, ...wanted.metadata.annotations } }, subsets: [...(wanted.subsets ?? [])] } as Endpoints)
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (!there) cluster.events.record(service, s, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}: ${message}`)
      else if (!is(error, 'Conflict')) cluster.events.record(service, s, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}: ${message}`)
      throw error
    }
  },

  async reconcileDeleted(target, cluster) {
    const there = cluster.get(endpoints, target)
    if (there) await cluster.delete(endpoints, there)
  },
}

function endpointsOf(s: Service, { subsets, truncated }: ReturnType<typeof subsetsOf>): New<Endpoints> {
  return {
    metadata: {
      name: s.metadata.name, namespace: s.metadata.namespace ?? '',
      labels: { ...s.metadata.labels, [managedByLabel]: manager, ...(lacksAddress(s) && { [headlessLabel]: '' }) },
      ...(truncated && { annotations: { [overCapacity]: 'truncated' } }),
    },
    ...(subsets.length > 0 && { subsets: [...subsets] }),
  }
}
