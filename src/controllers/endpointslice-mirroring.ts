import { controlledBy, watching, type Cluster, type Controller, type Target } from '#client'
import { endpoints, endpointSlice, service, type Endpoints, type EndpointSlice } from '#kinds'
import { applyPlan, SliceError } from './endpoints/apply-plan.ts'
import { planMirror } from './endpoints/mirrored.ts'
import { selectsPods } from './endpoints/services.ts'
import type { AddressType, Frame } from './endpoints/slices.ts'
import { managedByLabel, serviceNameLabel, slicesByService } from './endpointslice.ts'

const manager = 'endpointslicemirroring-controller.k8s.io'
const skip = 'endpointslice.kubernetes.io/skip-mirror'
const leader = 'control-plane.alpha.kubernetes.io/leader'
const notCopied = ['kubectl.kubernetes.io/last-applied-configuration', 'endpoints.kubernetes.io/last-change-trigger-time']

export interface MirroringOptions {
  /** More addresses of one subset are not mirrored; default 1000. */
  readonly maxEndpointsPerSubset?: number | undefined
}

/** Endpoints that somebody wrote by hand, for a service without a selector, show in slices too. */
export const endpointSliceMirroringController = ({ maxEndpointsPerSubset = 1000 }: MirroringOptions = {}): Controller<Endpoints> => ({
  name: 'endpointslice-mirroring', identity: 'endpointslicemirroring-controller', for: endpoints,
  // Most endpoints are those of selectors: they are none of our business, and slices that we made for them before are looked at for their own sake.
  concerns: ({ object }, cluster) => { const s = cluster.get(service, object.metadata); return !s || !selectsPods(s) },
  watches: [
    watching(service, (s) => (selectsPods(s) ? [] : [s.metadata])),
    watching(endpointSlice, ({ metadata: { namespace, labels } }: EndpointSlice) => (labels?.[managedByLabel] === manager && labels[serviceNameLabel] ? [{ name: labels[serviceNameLabel], namespace }] : []), { ofOthers: true }),
  ],

  async reconcile(e, cluster) {
    if (!isMirrored(e, cluster)) return removeAll(e.metadata, cluster)
    const { skipped, ...plan } = planMirror(e, slicesOf(e.metadata, cluster), (family) => frameOf(e, family), maxEndpointsPerSubset)
    if (skipped > 0) cluster.events.record(endpoints, e, 'Warning', 'TooManyAddressesToMirror', `A max of ${maxEndpointsPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`)
    try { await applyPlan(plan, 'Endpoints', e, cluster) } catch (error) { throw error instanceof SliceError ? error.cause : error }
  },
  reconcileDeleted: removeAll,
})

const slicesOf = ({ namespace = '', name }: Target, cluster: Cluster) => cluster.by(slicesByService, `${namespace}/${name}/${manager}`)
async function removeAll(target: Target, cluster: Cluster): Promise<void> {
  for (const slice of slicesOf(target, cluster)) await cluster.delete(endpointSlice, slice)
}

function isMirrored(e: Endpoints, cluster: Cluster): boolean {
  const s = cluster.get(service, e.metadata)
  return s !== undefined && !selectsPods(s) && e.metadata.labels?.[skip] !== 'true' && e.metadata.annotations?.[leader] === undefined
}

function frameOf(e: Endpoints, addressType: AddressType): Frame {
  const annotations = Object.fromEntries(Object.entries(e.metadata.annotations ?? {}).filter(([key]) => !notCopied.includes(key)))
  return { addressType, metadata: {
    generateName: `${e.metadata.name}-`, namespace: e.metadata.namespace ?? '', ownerReferences: [controlledBy(endpoints, e)],
    labels: { ...e.metadata.labels, [serviceNameLabel]: e.metadata.name, [managedByLabel]: manager }, ...(Object.keys(annotations).length > 0 && { annotations }) } }
}
