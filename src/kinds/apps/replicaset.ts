import { defineKind, labelSelector, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateSpec } from '../core/pod/spec.ts'
import { workloadWarnings } from '../core/pod/warnings.ts'
import { validateReplicaSet } from './validate-apps.ts'

export const replicaSetSpec = s.object('io.k8s.api.apps.v1.ReplicaSetSpec', {
  minReadySeconds: s.int(),
  replicas: s.int({ keepEmpty: true }),
  selector: s.required(labelSelector),
  template: s.value(podTemplateSpec),
})
export type ReplicaSetSpec = Infer<typeof replicaSetSpec>

export const replicaSetCondition = s.object('io.k8s.api.apps.v1.ReplicaSetCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type ReplicaSetCondition = Infer<typeof replicaSetCondition>

export const replicaSetStatus = s.object('io.k8s.api.apps.v1.ReplicaSetStatus', {
  availableReplicas: s.int(),
  conditions: s.list(replicaSetCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  fullyLabeledReplicas: s.int(),
  observedGeneration: s.int64(),
  readyReplicas: s.int(),
  replicas: s.required(s.int()),
  terminatingReplicas: s.int({ keepEmpty: true }),
})
export type ReplicaSetStatus = Infer<typeof replicaSetStatus>

export const replicaSet = defineKind({
  group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets',
  shortNames: ['rs'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.ReplicaSet',
  generation: true,
  columns: [
    cells.name,
    { name: 'Desired', type: 'integer', value: (o) => o.spec.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (o) => o.status.replicas },
    { name: 'Ready', type: 'integer', value: (o) => o.status.readyReplicas ?? 0 },
    cells.age,
    ...cells.containerColumns<{ spec: ReplicaSetSpec }>((o) => o.spec.template, (o) => cells.selector(o.spec.selector)),
  ],
  selectable: { 'status.replicas': (o) => String(o.status.replicas) },
  subresources: { status: true, scale: { specPath: '.spec.replicas', statusPath: '.status.replicas', selectorPath: '.spec.selector' } },
  fields: {
    spec: s.value(replicaSetSpec),
    status: s.value(replicaSetStatus),
  },
  defaults: ({ spec }, features) => {
    spec.replicas ??= 1
    defaultPodTemplate(spec.template, features)
  },
  validate: validateReplicaSet,
  warnings: workloadWarnings,
})
export type ReplicaSet = ObjectOf<typeof replicaSet>
