import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateCSINode } from './validate-storage.ts'

export const volumeNodeResources = s.object('io.k8s.api.storage.v1.VolumeNodeResources', {
  count: s.int({ keepEmpty: true }),
})
export type VolumeNodeResources = Infer<typeof volumeNodeResources>

export const csiNodeDriver = s.object('io.k8s.api.storage.v1.CSINodeDriver', {
  allocatable: volumeNodeResources,
  name: s.required(s.string()),
  nodeID: s.required(s.string()),
  topologyKeys: s.list(s.string(), { listType: 'atomic' }),
})
export type CSINodeDriver = Infer<typeof csiNodeDriver>

export const csiNodeSpec = s.object('io.k8s.api.storage.v1.CSINodeSpec', {
  drivers: s.required(s.list(csiNodeDriver, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' })),
})
export type CSINodeSpec = Infer<typeof csiNodeSpec>

export const csiNode = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSINode', plural: 'csinodes',
  scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.CSINode',
  returnsDeleted: true, onUpdate: ['meta', 'rules'],
  versionRequiredOnUpdate: true,
  columns: [cells.name, { name: 'Drivers', type: 'integer', value: (o) => (o.spec.drivers ?? []).length }, cells.age],
  fields: {
    spec: s.required(s.value(csiNodeSpec)),
  },
  validate: validateCSINode,
})
export type CSINode = ObjectOf<typeof csiNode>
