import { defineKind, labelSelector, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { claimSpecWarnings, defaultClaimSpec } from './claim-defaults.ts'
import { typedLocalObjectReference, typedObjectReference } from './references.ts'
import { roundResources } from './resources.ts'
import { validateClaim } from './validate-claim.ts'

export const volumeResourceRequirements = s.object('io.k8s.api.core.v1.VolumeResourceRequirements', {
  limits: s.map(s.quantity()),
  requests: s.map(s.quantity()),
})
export type VolumeResourceRequirements = Infer<typeof volumeResourceRequirements>

export const persistentVolumeClaimSpec = s.object('io.k8s.api.core.v1.PersistentVolumeClaimSpec', {
  accessModes: s.list(s.string(), { listType: 'atomic' }),
  dataSource: typedLocalObjectReference,
  dataSourceRef: typedObjectReference,
  resources: s.value(volumeResourceRequirements),
  selector: labelSelector,
  storageClassName: s.string({ keepEmpty: true }),
  volumeAttributesClassName: s.string({ keepEmpty: true }),
  volumeMode: s.string({ keepEmpty: true }),
  volumeName: s.string(),
})
export type PersistentVolumeClaimSpec = Infer<typeof persistentVolumeClaimSpec>

export const persistentVolumeClaimCondition = s.object('io.k8s.api.core.v1.PersistentVolumeClaimCondition', {
  lastProbeTime: s.time({ always: true }),
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type PersistentVolumeClaimCondition = Infer<typeof persistentVolumeClaimCondition>

export const modifyVolumeStatus = s.object('io.k8s.api.core.v1.ModifyVolumeStatus', {
  status: s.required(s.string()),
  targetVolumeAttributesClassName: s.string(),
})
export type ModifyVolumeStatus = Infer<typeof modifyVolumeStatus>

export const persistentVolumeClaimStatus = s.object('io.k8s.api.core.v1.PersistentVolumeClaimStatus', {
  accessModes: s.list(s.string(), { listType: 'atomic' }),
  allocatedResourceStatuses: s.map(s.string(), { mapType: 'granular' }),
  allocatedResources: s.map(s.quantity()),
  capacity: s.map(s.quantity()),
  conditions: s.list(persistentVolumeClaimCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  currentVolumeAttributesClassName: s.string({ keepEmpty: true }),
  modifyVolumeStatus: modifyVolumeStatus,
  phase: s.string(),
})
export type PersistentVolumeClaimStatus = Infer<typeof persistentVolumeClaimStatus>

/** The older field takes claims and snapshots only; anything else was always dropped. */
const isKnownSource = ({ apiGroup = '', kind }: { apiGroup?: string; kind: string }): boolean =>
  (kind === 'PersistentVolumeClaim' && apiGroup === '') || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
/** dataSource is the older name of dataSourceRef: whichever is given fills the other, unless it names another namespace. */
function keepDataSourcesInStep(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource && !isKnownSource(spec.dataSource)) delete spec.dataSource
  // Sources in other namespaces are switched off.
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource }
  if (dataSourceRef && !dataSource && dataSourceRef.namespace === undefined) {
    const { kind, name, apiGroup } = dataSourceRef
    spec.dataSource = { ...(apiGroup !== undefined && { apiGroup }), kind, name }
  }
}

export const persistentVolumeClaim = defineKind({
  group: '', version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims',
  shortNames: ['pvc'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  returnsDeleted: true,
  onUpdate: ['kept', 'meta', 'rules'],
  columns: [
    cells.name,
    { name: 'Status', value: (o) => (o.metadata.deletionTimestamp ? 'Terminating' : o.status.phase ?? '') },
    { name: 'Volume', value: (o) => o.spec.volumeName ?? '' },
    { name: 'Capacity', value: (o) => (o.spec.volumeName ? o.status.capacity?.storage ?? '0' : '') },
    { name: 'Access Modes', value: (o) => (o.spec.volumeName ? cells.accessModes(o.status.accessModes) : '') },
    { name: 'StorageClass', value: (o) => o.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? o.spec.storageClassName ?? '' },
    { name: 'VolumeAttributesClass', value: (o) => o.spec.volumeAttributesClassName ?? '<unset>' },
    cells.age,
    { name: 'VolumeMode', priority: 1, value: (o) => o.spec.volumeMode ?? '<unset>' },
  ],
  subresources: { status: true },
  fields: {
    spec: s.value(persistentVolumeClaimSpec),
    status: s.value(persistentVolumeClaimStatus),
  },
  defaults: ({ spec, status }) => {
    status.phase ||= 'Pending'
    defaultClaimSpec(spec)
    roundResources(status.capacity, status.allocatedResources)
  },
  prepareCreate: ({ spec, status }) => {
    status.phase = 'Pending'
    keepDataSourcesInStep(spec)
  },
  prepareUpdate: ({ spec }, old, subresource) => { if (subresource === undefined && !old.spec.dataSource) keepDataSourcesInStep(spec) },
  validate: validateClaim,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] === undefined ? []
      : ['metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead']),
    ...claimSpecWarnings(spec, 'spec'),
  ],
})
export type PersistentVolumeClaim = ObjectOf<typeof persistentVolumeClaim>
