// What controllers tell of the objects that they look after, counted when somebody asks: figures as rules over what the caches hold.
import type { Cluster } from '#client'
import { deviceResourceClaim, endpointSlice, node, persistentVolume, persistentVolumeClaim, service, type DeviceResourceClaim, type PersistentVolume } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import { zoneOf } from './nodes/disruption.ts'
import { readiness } from './nodes/health.ts'

type Samples = readonly (readonly [values: readonly string[], value: number])[]
export interface StateFigure {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** What it is counted from. */
  readonly kind: Kind
  /** Values by their labels, in the order of `labels`. */
  readonly of: (cluster: Pick<Cluster, 'list'>) => Samples
}

const counted = <T>(items: readonly T[], labelsOf: (item: T) => readonly string[]): Samples => {
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>()
  for (const item of items) {
    const values = labelsOf(item), key = JSON.stringify(values), there = counts.get(key)
    if (there) there.count++
    else counts.set(key, { values, count: 1 })
  }
  return [...counts.values()].map(({ values, count }) => [values, count] as const)
}

/** The reference's names of the plugins that volumes of these sources belong to. */
const plugins: Readonly<Record<string, string>> = {
  hostPath: 'kubernetes.io/host-path', local: 'kubernetes.io/local-volume', nfs: 'kubernetes.io/nfs', iscsi: 'kubernetes.io/iscsi', fc: 'kubernetes.io/fc',
}
function pluginOf({ spec }: PersistentVolume): string {
  if (spec.csi) return `kubernetes.io/csi:${spec.csi.driver}`
  return Object.entries(plugins).find(([source]) => source in spec)?.[1] ?? 'N/A'
}

const perClaim = ['namespace', 'storage_class', 'volume_attributes_class']
const isBound = ({ status }: { readonly status?: { readonly phase?: string | undefined } | undefined }): boolean => status?.phase === 'Bound'
const volumes = (bound: boolean): StateFigure['of'] => (cluster) =>
  counted(cluster.list(persistentVolume).filter((volume) => isBound(volume) === bound), ({ spec }) => [spec.storageClassName ?? ''])
const claims = (bound: boolean): StateFigure['of'] => (cluster) =>
  counted(cluster.list(persistentVolumeClaim).filter((claim) => isBound(claim) === bound),
    ({ metadata, spec }) => [metadata.namespace ?? '', spec.storageClassName ?? '', spec.volumeAttributesClassName ?? ''])
const slicesOf = (manager: string): StateFigure['of'] => (cluster) =>
  [[[], cluster.list(endpointSlice).filter(({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === manager).length]]

/** Where a claim comes from, as the reference tells it: a template, an extended resource, or somebody. */
function sourceOf({ metadata: { annotations = {} } }: AnyObject): string {
  if ('resource.kubernetes.io/pod-claim-name' in annotations) return 'resource_claim_template'
  return 'resource.kubernetes.io/extended-resource-claim' in annotations ? 'extended_resource' : ''
}
const hasAdminAccess = ({ spec: { devices } }: DeviceResourceClaim): boolean => devices?.requests?.some(({ exactly }) => exactly?.adminAccess === true) ?? false

export const stateFigures: readonly StateFigure[] = [
  { name: 'pv_collector_total_pv_count', help: 'Volumes, by what they are.', labels: ['plugin_name', 'volume_mode'], kind: persistentVolume,
    of: (cluster) => counted(cluster.list(persistentVolume), (volume) => [pluginOf(volume), volume.spec.volumeMode ?? 'Filesystem']) },
  { name: 'pv_collector_bound_pv_count', help: 'Volumes that are bound, by their class.', labels: ['storage_class'], kind: persistentVolume,
    of: volumes(true) },
  { name: 'pv_collector_unbound_pv_count', help: 'Volumes that are not bound, by their class.', labels: ['storage_class'], kind: persistentVolume,
    of: volumes(false) },
  { name: 'pv_collector_bound_pvc_count', help: 'Claims that are bound.', labels: perClaim, kind: persistentVolumeClaim, of: claims(true) },
  { name: 'pv_collector_unbound_pvc_count', help: 'Claims that are not bound.', labels: perClaim, kind: persistentVolumeClaim, of: claims(false) },
  { name: 'node_collector_zone_size', help: 'Nodes of a zone.', labels: ['zone'], kind: node,
    of: (cluster) => counted(cluster.list(node), (n) => [zoneOf(n)]) },
  { name: 'node_collector_unhealthy_nodes_in_zone', help: 'Nodes of a zone that are not ready.', labels: ['zone'], kind: node,
    of: (cluster) => zones(cluster).map(([zone, all, ready]) => [[zone], all - ready]) },
  { name: 'node_collector_zone_health', help: 'The percentage of nodes of a zone that are ready.', labels: ['zone'], kind: node,
    of: (cluster) => zones(cluster).map(([zone, all, ready]) => [[zone], (100 * ready) / all]) },
  { name: 'endpoint_slice_controller_num_endpoint_slices', help: 'Slices that the controller keeps.', labels: [], kind: endpointSlice,
    of: slicesOf('endpointslice-controller.k8s.io') },
  { name: 'endpoint_slice_mirroring_controller_num_endpoint_slices', help: 'Slices that mirror Endpoints.', labels: [], kind: endpointSlice,
    of: slicesOf('endpointslicemirroring-controller.k8s.io') },
  { name: 'endpoint_slice_controller_services_count_by_traffic_distribution', help: 'Services, by where they send traffic.', labels: ['traffic_distribution'], kind: service,
    of: (cluster) => counted(cluster.list(service).filter(({ spec }) => spec?.trafficDistribution), ({ spec }) => [spec!.trafficDistribution!]) },
  { name: 'resourceclaim_controller_resource_claims', help: 'Claims of devices.', labels: ['allocated', 'admin_access', 'source'], kind: deviceResourceClaim,
    of: (cluster) => counted(cluster.list(deviceResourceClaim), (claim) => [String(claim.status?.allocation !== undefined), String(hasAdminAccess(claim)), sourceOf(claim)]) },
]

function zones(cluster: Pick<Cluster, 'list'>): [zone: string, nodes: number, ready: number][] {
  return [...Map.groupBy(cluster.list(node), (n) => zoneOf(n))].map(([zone, nodes]) => [zone, nodes.length, nodes.filter((n) => readiness(n) === 'True').length])
}
