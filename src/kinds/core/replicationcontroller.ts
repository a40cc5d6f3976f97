import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { podTemplateSpec } from './pod/spec.ts'

export const replicationControllerSpec = s.object('io.k8s.api.core.v1.ReplicationControllerSpec', {
  minReadySeconds: s.int({ shownDefault: 0 }),
  replicas: s.int({ default: 1, keepEmpty: true }),
  selector: s.map(s.string(), { mapType: 'atomic' }),
  template: podTemplateSpec,
})
export type ReplicationControllerSpec = Infer<typeof replicationControllerSpec>

export const replicationControllerCondition = s.object('io.k8s.api.core.v1.ReplicationControllerCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type ReplicationControllerCondition = Infer<typeof replicationControllerCondition>

export const replicationControllerStatus = s.object('io.k8s.api.core.v1.ReplicationControllerStatus', {
  availableReplicas: s.int(),
  conditions: s.list(replicationControllerCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  fullyLabeledReplicas: s.int(),
  observedGeneration: s.int64(),
  readyReplicas: s.int(),
  replicas: s.required(s.int()),
})
export type ReplicationControllerStatus = Infer<typeof replicationControllerStatus>

export const replicationController = defineKind({
  group: '', version: 'v1', kind: 'ReplicationController', plural: 'replicationcontrollers',
  shortNames: ['rc'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.ReplicationController',
  storagePrefix: '/registry/controllers/',
  subresources: { status: true, scale: { specPath: '.spec.replicas', statusPath: '.status.replicas', selectorPath: '.spec.selector' } },
  fields: {
    spec: s.value(replicationControllerSpec),
    status: s.value(replicationControllerStatus),
  },
})
export type ReplicationController = ObjectOf<typeof replicationController>
