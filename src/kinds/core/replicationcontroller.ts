import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { atLeastZero, needed, validateCounts } from '../checks.ts'
import { defaultPodTemplate } from './pod/defaults.ts'
import { podTemplateSpec } from './pod/spec.ts'
import { readSet, validateLastingTemplate } from './pod/validate-template.ts'
import { workloadWarnings } from './pod/warnings.ts'

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
  generation: true,
  deletePolicy: 'Orphan',
  columns: [
    cells.name,
    { name: 'Desired', type: 'integer', value: (o) => o.spec.replicas },
    { name: 'Current', type: 'integer', value: (o) => o.status.replicas },
    { name: 'Ready', type: 'integer', value: (o) => o.status.readyReplicas ?? 0 },
    cells.age,
    ...cells.containerColumns<{ spec: ReplicationControllerSpec }>((o) => o.spec.template, (o) => cells.labels(o.spec.selector)),
  ],
  selectable: { 'status.replicas': (o) => String(o.status.replicas) },
  storagePrefix: '/registry/controllers/',
  subresources: { status: true, scale: { specPath: '.spec.replicas', statusPath: '.status.replicas', selectorPath: '.spec.selector' } },
  fields: {
    spec: s.value(replicationControllerSpec),
    status: s.value(replicationControllerStatus),
  },
  defaults: (o, features) => {
    const labels = o.spec.template?.metadata.labels
    if (labels) {
      if (!Object.keys(o.spec.selector ?? {}).length) o.spec.selector = { ...labels }
      if (!Object.keys(o.metadata.labels ?? {}).length) o.metadata.labels = { ...labels }
    }
    defaultPodTemplate(o.spec.template, features)
  },
  validate: ({ spec, status }, _old, subresource) => (subresource === 'status' ? validateCounts(status, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']) : [
    ...atLeastZero(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...needed(Object.keys(spec.selector ?? {}).length, 'spec.selector'),
    ...atLeastZero(spec.replicas, 'spec.replicas'),
    ...validateLastingTemplate(spec.template, readSet(spec.selector), 'ReplicationController', 'spec.template'),
  ]),
  warnings: ({ metadata, spec: { template } }, old) => (template ? workloadWarnings({ metadata, spec: { template } }, old) : []),
})
export type ReplicationController = ObjectOf<typeof replicationController>
