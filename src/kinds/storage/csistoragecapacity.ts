import { defineKind, labelSelector, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { capacityWarnings, validateCapacityChange, validateStorageCapacity } from './validate-storage.ts'

export const csiStorageCapacity = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity', plural: 'csistoragecapacities',
  scope: 'Namespaced',
  definition: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  returnsDeleted: true, onUpdate: ['meta', 'rules', 'kept', 'change'],
  versionRequiredOnUpdate: true,
  columns: cells.createdAt,
  fields: {
    capacity: s.quantity(),
    maximumVolumeSize: s.quantity(),
    nodeTopology: labelSelector,
    storageClassName: s.required(s.string()),
  },
  validate: validateStorageCapacity,
  validateChange: validateCapacityChange,
  warnings: capacityWarnings,
})
export type CSIStorageCapacity = ObjectOf<typeof csiStorageCapacity>
