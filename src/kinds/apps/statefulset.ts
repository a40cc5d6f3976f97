import { defineKind, labelSelector, nameIsDNSLabel, s, type Infer, type ObjectOf, type Schema } from '#machinery'
import * as cells from '../cells.ts'
import { validateCollisions } from '../checks.ts'
import { claimSpecWarnings } from '../core/claim-defaults.ts'
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../core/persistentvolumeclaim.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateSpec } from '../core/pod/spec.ts'
import { templateWarningsOf } from '../core/pod/warnings.ts'
import { validateStatefulSet } from './validate-apps.ts'

export const rollingUpdateStatefulSetStrategy = s.object('io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy', {
  maxUnavailable: s.intOrString(),
  partition: s.int({ keepEmpty: true }),
})
export type RollingUpdateStatefulSetStrategy = Infer<typeof rollingUpdateStatefulSetStrategy>

export const statefulSetOrdinals = s.object('io.k8s.api.apps.v1.StatefulSetOrdinals', {
  start: s.int({ default: 0 }),
})
export type StatefulSetOrdinals = Infer<typeof statefulSetOrdinals>

export const statefulSetPersistentVolumeClaimRetentionPolicy = s.object('io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy', {
  whenDeleted: s.string(),
  whenScaled: s.string(),
})
export type StatefulSetPersistentVolumeClaimRetentionPolicy = Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy>

export const statefulSetUpdateStrategy = s.object('io.k8s.api.apps.v1.StatefulSetUpdateStrategy', {
  rollingUpdate: rollingUpdateStatefulSetStrategy,
  type: s.string(),
})
export type StatefulSetUpdateStrategy = Infer<typeof statefulSetUpdateStrategy>

export const statefulSetSpec = s.object('io.k8s.api.apps.v1.StatefulSetSpec', {
  minReadySeconds: s.int(),
  ordinals: statefulSetOrdinals,
  persistentVolumeClaimRetentionPolicy: statefulSetPersistentVolumeClaimRetentionPolicy,
  podManagementPolicy: s.string(),
  replicas: s.int({ keepEmpty: true }),
  revisionHistoryLimit: s.int({ keepEmpty: true }),
  selector: s.required(labelSelector),
  serviceName: s.string({ default: '' }),
  template: s.required(s.value(podTemplateSpec)),
  updateStrategy: s.value(statefulSetUpdateStrategy),
  volumeClaimTemplates: s.list(persistentVolumeClaim.schema as Schema<PersistentVolumeClaim>, { listType: 'atomic' }),
})
export type StatefulSetSpec = Infer<typeof statefulSetSpec>

export const statefulSetCondition = s.object('io.k8s.api.apps.v1.StatefulSetCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type StatefulSetCondition = Infer<typeof statefulSetCondition>

export const statefulSetStatus = s.object('io.k8s.api.apps.v1.StatefulSetStatus', {
  availableReplicas: s.int({ default: 0 }),
  collisionCount: s.int({ keepEmpty: true }),
  conditions: s.list(statefulSetCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  currentReplicas: s.int(),
  currentRevision: s.string(),
  observedGeneration: s.int64(),
  readyReplicas: s.int(),
  replicas: s.required(s.int()),
  updateRevision: s.string(),
  updatedReplicas: s.int(),
})
export type StatefulSetStatus = Infer<typeof statefulSetStatus>

/** Its feature gate is off. */
function dropMaxUnavailable({ updateStrategy: { rollingUpdate } }: StatefulSetSpec): void { delete rollingUpdate?.maxUnavailable }

export const statefulSet = defineKind({
  group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets',
  shortNames: ['sts'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.StatefulSet',
  generation: true,
  columns: [
    cells.name,
    { name: 'Ready', value: (o) => `${o.status.readyReplicas ?? 0}/${o.spec.replicas ?? 0}` },
    cells.age,
    ...cells.containerColumns<{ spec: StatefulSetSpec }>((o) => o.spec.template),
  ],
  subresources: { status: true, scale: { specPath: '.spec.replicas', statusPath: '.status.replicas', selectorPath: '.spec.selector' } },
  fields: {
    spec: s.value(statefulSetSpec),
    status: s.value(statefulSetStatus),
  },
  defaults: ({ spec }, features) => {
    spec.podManagementPolicy ||= 'OrderedReady'
    const { updateStrategy } = spec
    if (!updateStrategy.type) {
      updateStrategy.type = 'RollingUpdate'
      updateStrategy.rollingUpdate ??= {}
    }
    if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate) updateStrategy.rollingUpdate.partition ??= 0
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {})
    retention.whenDeleted ||= 'Retain'
    retention.whenScaled ||= 'Retain'
    spec.replicas ??= 1
    spec.revisionHistoryLimit ??= 10
    defaultPodTemplate(spec.template, features)
    for (const claim of spec.volumeClaimTemplates ?? []) {
      persistentVolumeClaim.rules.defaults?.(claim)
      claim.apiVersion = 'v1'
      claim.kind = 'PersistentVolumeClaim'
    }
  },
  name: nameIsDNSLabel,
  onUpdateOf: { status: ['rules', 'kept', 'change'] },
  validate: validateStatefulSet,
  validateChange: ({ status }, old) => validateCollisions(status, old.status),
  prepareCreate: ({ spec }) => dropMaxUnavailable(spec),
  prepareUpdate: ({ spec }, old) => { if (old.spec.updateStrategy.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(spec) },
  warnings: (o, old) => [
    ...templateWarningsOf(o, old),
    ...(o.spec.volumeClaimTemplates ?? []).flatMap((claim, i) => claimSpecWarnings(claim.spec, `spec.volumeClaimTemplates[${i}]${old ? '.Spec' : ''}`)),
    ...((o.spec.revisionHistoryLimit ?? 0) < 0 ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'] : []),
  ],
})
export type StatefulSet = ObjectOf<typeof statefulSet>
