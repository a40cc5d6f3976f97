import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

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

export const csiDriver = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver', plural: 'csidrivers',
  scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.CSIDriver',
  fields: {
    spec: s.required(s.value(csiDriverSpec)),
  },
})
export type CSIDriver = ObjectOf<typeof csiDriver>
