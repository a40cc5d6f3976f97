import { controlledBy, indexOf, watching, type Cluster, type Controller, type Target } from '#client'
import { endpointSlice, node, pod, service, type EndpointSlice, type Node, type Pod, type Service } from '#kinds'
import { applyPlan, SliceError } from './endpoints/apply-plan.ts'
import { isAutomatic, nearHints } from './endpoints/hints.ts'
import { endpointOf, slicePorts } from './endpoints/pod-endpoint.ts'
import { headlessLabel, lacksAddress, namesPorts } from './endpoints/ports.ts'
import { hasSelector, isReachable, podsOf, restOfService, servicesOnNode, servicesTouched } from './endpoints/services.ts'
import { planSlices, portsKey, reservedLabels, type AddressType, type Frame, type Group, type SlicePlan } from './endpoints/slices.ts'
import { TriggerTimes, withTrigger } from './endpoints/trigger-times.ts'
import { isOverloaded, ratiosOf, shareOut, zoneLabel, type Spread } from './endpoints/zones.ts'
import { noFigures, type ControllerFigures } from './figures.ts'
import { readiness } from './nodes/health.ts'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const manager = 'endpointslice-controller.k8s.io'
/** Slices by namespace, service and who manages them. */
export const slicesByService = indexOf(endpointSlice, ({ metadata: { namespace = '', labels } }) => (labels?.[serviceNameLabel] ? [`${namespace}/${labels[serviceNameLabel]}/${labels[managedByLabel] ?? ''}`] : []))

export interface EndpointSliceOptions {
  /** Default 100. */
  readonly maxEndpointsPerSlice?: number | undefined
  readonly figures?: ControllerFigures | undefined
}

/** Endpoint slices show the pods of each service that has a selector. */
export function endpointSliceController({ maxEndpointsPerSlice = 100, figures = noFigures }: EndpointSliceOptions = {}): Controller<Service> {
  const triggers = new TriggerTimes()
  /** How endpoints are spread over zones, of services with hints made by us, by "namespace/name", then by address type. */
  const spreads = new Map<string, Map<AddressType, Spread>>()

  return {
    name: 'endpointslice', for: service, reads: [pod, node], rests: restOfService,
    watches: [
      { kind: pod, map: servicesTouched },
      { kind: node, map: (change, cluster) => [...servicesOnNode(change, cluster), ...crowded(change.object as Node, change.old as Node | undefined, cluster)] },
      watching(endpointSlice, ({ metadata: { namespace, labels } }: EndpointSlice) => (labels?.[managedByLabel] === manager && labels[serviceNameLabel] ? [{ name: labels[serviceNameLabel], namespace }] : []), { ofOthers: true }),
    ],

    async reconcile(s, cluster) {
      if (!hasSelector(s)) return
      const all = cluster.by(slicesByService, `${s.metadata.namespace ?? ''}/${s.metadata.name}/${manager}`).filter(({ metadata }) => !metadata.deletionTimestamp)
      const pods = podsOf(s, cluster), families = (s.spec.ipFamilies ?? ['IPv4']) as AddressType[], trigger = triggers.changed(s, pods)
      const isOurs = (slice: EndpointSlice) => slice.metadata.ownerReferences?.some(({ uid }) => uid === s.metadata.uid)
      const told: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }[] = [], wrong: string[] = []
      const apply = async (plan: Parameters<typeof applyPlan>[0]): Promise<void> => {
        await applyPlan(plan, 'Service', s, cluster)
        figures.slicesChanged({ create: plan.create.length, update: plan.update.length, delete: plan.remove.length })
      }
      let result: 'success' | 'error' = 'error'
      try {
        for (const family of families) {
          const { groups, skipped } = groupsOf(s, pods, family, cluster), existing = all.filter((slice) => slice.addressType === family)
          wrong.push(...skipped)
          const plan = planSlices(frameOf(s, family), groups, existing.filter(isOurs), maxEndpointsPerSlice), hinted = hint(plan, s, family)
          await apply(stamped({ ...hinted, remove: [...hinted.remove, ...existing.filter((slice) => !isOurs(slice))] }, trigger))
        }
        await apply({ create: [], update: [], remove: all.filter((slice) => !families.includes(slice.addressType as AddressType)) })
        result = 'success'
      } catch (error) {
        if (!(error instanceof SliceError)) throw error
        wrong.push(error.message)
        throw error.cause
      } finally {
        figures.slicesSynced(result)
        for (const { type, reason, message } of told) cluster.events.record(service, s, type, reason, message)
        if (wrong.length > 0) cluster.events.record(service, s, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${s.metadata.namespace ?? ''}/${s.metadata.name}: ${together(wrong)}`)
      }

      function hint(plan: SlicePlan, of: Service, family: AddressType): SlicePlan {
        const key = keyOf(of.metadata), isKnown = spreads.has(key), tell = (type: 'Normal' | 'Warning', what: string, message: string) => told.push({ type, reason: `TopologyAwareHints${what}`, message: `${message}, addressType: ${family}` })
        if (!isAutomatic(of)) {
          if (isKnown) tell('Warning', 'Disabled', 'Topology Aware Hints has been disabled')
          forget(key, family)
          return nearHints(plan, of)
        }
        const { plan: shared, spread, trouble } = shareOut(plan, ratiosOf(cluster.list(node)))
        if (trouble !== undefined) tell('Warning', 'Disabled', trouble); else if (!isKnown) tell('Normal', 'Enabled', 'Topology Aware Hints has been enabled')
        forget(key, spread ? undefined : family)
        if (spread) spreads.set(key, (spreads.get(key) ?? new Map<AddressType, Spread>()).set(family, spread))
        return shared
      }
    },
    async reconcileDeleted(target) {
      triggers.forget(target)
      spreads.delete(keyOf(target))
    },
  }

  function forget(key: string, family: AddressType | undefined): void {
    const known = spreads.get(key)
    if (family !== undefined) known?.delete(family)
    if (known?.size === 0) spreads.delete(key)
  }
  /** Services whose endpoints no longer fit the zones that there are now. */
  function crowded(now: Node, before: Node | undefined, cluster: Cluster): readonly Target[] {
    if (spreads.size === 0 || (before && before !== now && readiness(before) === readiness(now) && before.metadata.labels?.[zoneLabel] === now.metadata.labels?.[zoneLabel])) return []
    const ratios = ratiosOf(cluster.list(node))
    return [...spreads].filter(([, byFamily]) => [...byFamily.values()].some((spread) => isOverloaded(spread, ratios))).map(([key]) => ({ namespace: key.slice(0, key.indexOf('/')), name: key.slice(key.indexOf('/') + 1) }))
  }
}
const keyOf = ({ namespace = '', name }: Target): string => `${namespace}/${name}`
const together = (messages: readonly string[]): string => (messages.length === 1 ? messages[0]! : `[${[...new Set(messages)].join(', ')}]`)

function stamped(plan: SlicePlan, at: string | undefined): SlicePlan {
  const stamp = <T extends { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined } }>(slice: T): T => {
    const { annotations: before, ...metadata } = slice.metadata, annotations = withTrigger(before, at)
    return { ...slice, metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) } }
  }
  return { ...plan, create: plan.create.map(stamp), update: plan.update.map(stamp) }
}

/** Pods by the ports that they give; one whose node is not there (yet) is left out, and that is told. */
function groupsOf(s: Service, pods: readonly Pod[], family: AddressType, cluster: Cluster): { readonly groups: readonly Group[]; readonly skipped: readonly string[] } {
  const groups = new Map<string, { ports: ReturnType<typeof slicePorts>; endpoints: NonNullable<ReturnType<typeof endpointOf>>[] }>(), skipped: string[] = [], differ = namesPorts(s)
  let ports: ReturnType<typeof slicePorts> | undefined, key = ''
  for (const p of pods) {
    if (!isReachable(p)) continue
    if (!ports || differ) key = portsKey(ports = slicePorts(p, s))
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    const on = p.spec.nodeName ? cluster.get(node, { name: p.spec.nodeName }) : undefined
    if (!on && !s.spec.publishNotReadyAddresses) {
      skipped.push(`skipping Pod ${p.metadata.name} for Service ${s.metadata.namespace ?? ''}/${s.metadata.name}: Node ${p.spec.nodeName ?? ''} Not Found`)
      continue
    }
    const endpoint = endpointOf(p, on, s, family)
    if (endpoint) group.endpoints.push(endpoint)
  }
  return { groups: [...groups.values()], skipped }
}

function frameOf(s: Service, addressType: AddressType): Frame {
  const labels = { ...withoutReserved(s.metadata.labels), [serviceNameLabel]: s.metadata.name, [managedByLabel]: manager, ...(lacksAddress(s) && { [headlessLabel]: '' }) }
  return { addressType, metadata: { generateName: `${s.metadata.name}-`, namespace: s.metadata.namespace ?? '', labels, ownerReferences: [controlledBy(service, s)] } }
}
const withoutReserved = (labels: Readonly<Record<string, string>> | undefined): Record<string, string> => Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !reservedLabels.includes(key)))
