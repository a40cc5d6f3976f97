import { defineKind, s, same, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { csiDriverWarnings, validateCSIDriver } from './validate-storage.ts'

export const storageTokenRequest = s.object('io.k8s.api.storage.v1.TokenRequest', {
  audience: s.required(s.string()),
  expirationSeconds: s.int64({ keepEmpty: true }),
})
export type StorageTokenRequest = Infer<typeof storageTokenRequest>

export const csiDriverSpec = s.object('io.k8s.api.storage.v1.CSIDriverSpec', {
  attachRequired: s.bool({ keepEmpty: true }),
  fsGroupPolicy: s.string({ keepEmpty: true }),
  nodeAllocatableUpdatePeriodSeconds: s.int64({ keepEmpty: true }),
  podInfoOnMount: s.bool({ keepEmpty: true }),
  preventPodSchedulingIfMissing: s.bool({ keepEmpty: true }),
  requiresRepublish: s.bool({ keepEmpty: true }),
  seLinuxMount: s.bool({ keepEmpty: true }),
  serviceAccountTokenInSecrets: s.bool({ keepEmpty: true }),
  storageCapacity: s.bool({ keepEmpty: true }),
  tokenRequests: s.list(storageTokenRequest, { listType: 'atomic' }),
  volumeLifecycleModes: s.list(s.string(), { listType: 'set' }),
})
export type CSIDriverSpec = Infer<typeof csiDriverSpec>

const mutable = ['tokenRequests', 'requiresRepublish', 'seLinuxMount', 'nodeAllocatableUpdatePeriodSeconds', 'podInfoOnMount', 'fsGroupPolicy', 'storageCapacity',
  'serviceAccountTokenInSecrets'] as const

export const csiDriver = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver', plural: 'csidrivers',
  scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.CSIDriver',
  returnsDeleted: true,
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'AttachRequired', type: 'boolean', value: (o) => o.spec.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', value: (o) => o.spec.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', value: (o) => o.spec.storageCapacity ?? false },
    { name: 'TokenRequests', value: (o) => o.spec.tokenRequests?.map((t) => t.audience).join(',') ?? '<unset>' },
    { name: 'RequiresRepublish', type: 'boolean', value: (o) => o.spec.requiresRepublish ?? false },
    { name: 'Modes', value: (o) => (o.spec.volumeLifecycleModes ?? []).join(',') || '<none>' },
    cells.age,
  ],
  fields: {
    spec: s.required(s.value(csiDriverSpec)),
  },
  defaults: ({ spec }) => {
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  // Scaling by volume limits is not switched on: what belongs to it is not kept, unless it is there already.
  prepareCreate: ({ spec }) => { delete spec.preventPodSchedulingIfMissing },
  prepareUpdate: (o, old) => {
    if (old.spec.preventPodSchedulingIfMissing === undefined) delete o.spec.preventPodSchedulingIfMissing
    if (mutable.some((field) => !same(o.spec[field], old.spec[field]))) o.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validate: validateCSIDriver,
  warnings: csiDriverWarnings,
})
export type CSIDriver = ObjectOf<typeof csiDriver>
