import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { topologyWarnings, validateStorageClass, validateStorageClassChange } from './validate-storage.ts'

export const topologySelectorLabelRequirement = s.object('io.k8s.api.core.v1.TopologySelectorLabelRequirement', {
  key: s.required(s.string()),
  values: s.required(s.list(s.string(), { listType: 'atomic' })),
})
export type TopologySelectorLabelRequirement = Infer<typeof topologySelectorLabelRequirement>

export const topologySelectorTerm = s.object('io.k8s.api.core.v1.TopologySelectorTerm', {
  matchLabelExpressions: s.list(topologySelectorLabelRequirement, { listType: 'atomic' }),
}, { mapType: 'atomic' })
export type TopologySelectorTerm = Infer<typeof topologySelectorTerm>

const isDefault = (annotations: Record<string, string> | undefined): boolean =>
  ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'].some((a) => annotations?.[a] === 'true')

export const storageClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass', plural: 'storageclasses',
  shortNames: ['sc'], scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.StorageClass',
  returnsDeleted: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  columns: [
    { ...cells.name, value: (o) => o.metadata.name + (isDefault(o.metadata.annotations) ? ' (default)' : '') },
    { name: 'Provisioner', value: (o) => o.provisioner },
    { name: 'ReclaimPolicy', value: (o) => o.reclaimPolicy ?? 'Delete' },
    { name: 'VolumeBindingMode', value: (o) => o.volumeBindingMode ?? 'Immediate' },
    { name: 'AllowVolumeExpansion', value: (o) => o.allowVolumeExpansion ?? false },
    cells.age,
  ],
  fields: {
    allowVolumeExpansion: s.bool({ keepEmpty: true }),
    allowedTopologies: s.list(topologySelectorTerm, { listType: 'atomic' }),
    mountOptions: s.list(s.string(), { listType: 'atomic' }),
    parameters: s.map(s.string()),
    provisioner: s.required(s.string()),
    reclaimPolicy: s.string({ keepEmpty: true }),
    volumeBindingMode: s.string({ keepEmpty: true }),
  },
  defaults: (o) => {
    o.reclaimPolicy ??= 'Delete'
    o.volumeBindingMode ??= 'Immediate'
  },
  validate: validateStorageClass,
  validateChange: validateStorageClassChange,
  warnings: topologyWarnings,
})
export type StorageClass = ObjectOf<typeof storageClass>
