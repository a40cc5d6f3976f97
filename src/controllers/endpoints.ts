import { watching, type Controller } from '#client'
import { endpoints, pod, service, type Endpoints, type Service } from '#kinds'
import { same, type New } from '#machinery'
import { headlessLabel, lacksAddress } from './endpoints/ports.ts'
import { hasSelector, isReachable, podsOf, restOfService, servicesTouched } from './endpoints/services.ts'
import { subsetsOf } from './endpoints/subsets.ts'
import { TriggerTimes, withTrigger } from './endpoints/trigger-times.ts'
import { isNamespaceTerminating } from './replicas/reconcile.ts'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const manager = 'endpoint-controller'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'

/** Endpoints show the pods of each service that has a selector, in the older form. */
export function endpointsController(): Controller<Service> {
  const triggers = new TriggerTimes()
  return {
    name: 'endpoints', identity: 'endpoint-controller', for: service, reads: [pod], rests: restOfService,
    watches: [
      { kind: pod, map: servicesTouched },
      // Somebody else's endpoints are none of our business, ours stay as they are.
      watching(endpoints, (e) => (e.metadata.labels?.[managedByLabel] === manager ? [e.metadata] : []), { ofOthers: true }),
    ],

    async reconcile(s, cluster) {
      if (!hasSelector(s)) return
      const { metadata: { name, namespace = '' } } = s, there = cluster.get(endpoints, { name, namespace }), pods = podsOf(s, cluster)
      const trigger = triggers.changed(s, pods), wanted = endpointsOf(s, subsetsOf(s, pods.filter(isReachable)))
      const isSame = there && same(wanted.subsets ?? [], there.subsets ?? []) && same(wanted.metadata.labels, there.metadata.labels) && wanted.metadata.annotations?.[overCapacity] === there.metadata.annotations?.[overCapacity]
      if (isSame) return
      const { [overCapacity]: _, ...others } = there?.metadata.annotations ?? {}, annotations = withTrigger({ ...others, ...wanted.metadata.annotations }, trigger)
      const metadata = { ...there?.metadata, ...wanted.metadata, annotations }
      try {
        if (there) await cluster.update(endpoints, { ...there, metadata, subsets: [...(wanted.subsets ?? [])] } as Endpoints)
        else await cluster.create(endpoints, { ...wanted, metadata })
      } catch (error) {
        if (!there && isNamespaceTerminating(error)) return
        const message = error instanceof Error ? error.message : String(error)
        // The reference names what it would have made, which has no namespace yet.
        if (!there) cluster.events.record(endpoints, { metadata: { name } } as Endpoints, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}: ${message}`)
        else cluster.events.record(endpoints, there, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}: ${message}`)
        throw error
      }
    },

    async reconcileDeleted(target, cluster) {
      triggers.forget(target)
      const there = cluster.get(endpoints, target)
      if (there) await cluster.delete(endpoints, there)
    },
  }
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
