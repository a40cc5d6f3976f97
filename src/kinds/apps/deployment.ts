import { defineKind, labelSelector, s, same, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateSpec } from '../core/pod/spec.ts'
import { workloadWarnings } from '../core/pod/warnings.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validateDeployment } from './validate-apps.ts'

export const rollingUpdateDeployment = s.object('io.k8s.api.apps.v1.RollingUpdateDeployment', {
  maxSurge: s.intOrString(),
  maxUnavailable: s.intOrString(),
})
export type RollingUpdateDeployment = Infer<typeof rollingUpdateDeployment>

export const deploymentStrategy = s.object('io.k8s.api.apps.v1.DeploymentStrategy', {
  rollingUpdate: rollingUpdateDeployment,
  type: s.string(),
})
export type DeploymentStrategy = Infer<typeof deploymentStrategy>

export const deploymentSpec = s.object('io.k8s.api.apps.v1.DeploymentSpec', {
  minReadySeconds: s.int(),
  paused: s.bool(),
  progressDeadlineSeconds: s.int({ keepEmpty: true }),
  replicas: s.int({ keepEmpty: true }),
  revisionHistoryLimit: s.int({ keepEmpty: true }),
  selector: s.required(labelSelector),
  strategy: s.patched(s.value(deploymentStrategy), 'retainKeys'),
  template: s.required(s.value(podTemplateSpec)),
})
export type DeploymentSpec = Infer<typeof deploymentSpec>

export const deploymentCondition = s.object('io.k8s.api.apps.v1.DeploymentCondition', {
  lastTransitionTime: s.time({ always: true }),
  lastUpdateTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type DeploymentCondition = Infer<typeof deploymentCondition>

export const deploymentStatus = s.object('io.k8s.api.apps.v1.DeploymentStatus', {
  availableReplicas: s.int(),
  collisionCount: s.int({ keepEmpty: true }),
  conditions: s.list(deploymentCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  observedGeneration: s.int64(),
  readyReplicas: s.int(),
  replicas: s.int(),
  terminatingReplicas: s.int({ keepEmpty: true }),
  unavailableReplicas: s.int(),
  updatedReplicas: s.int(),
})
export type DeploymentStatus = Infer<typeof deploymentStatus>

export const deployment = defineKind({
  group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments',
  shortNames: ['deploy'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.Deployment',
  generation: true,
  generationChanged: (o, old) => !same(o.spec, old.spec) || !same(o.metadata.annotations, old.metadata.annotations),
  columns: [
    cells.name,
    { name: 'Ready', value: (o) => `${o.status.readyReplicas ?? 0}/${o.spec.replicas ?? 0}` },
    { name: 'Up-to-date', value: (o) => o.status.updatedReplicas ?? 0 },
    { name: 'Available', value: (o) => o.status.availableReplicas ?? 0 },
    cells.age,
    ...cells.containerColumns<{ spec: DeploymentSpec }>((o) => o.spec.template, (o) => cells.selectorText(o.spec.selector)),
  ],
  subresources: { status: true, scale: { specPath: '.spec.replicas', statusPath: '.status.replicas', selectorPath: '.spec.selector' } },
  statusResets: [['metadata', 'labels']],
  fields: {
    spec: s.value(deploymentSpec),
    status: s.value(deploymentStatus),
  },
  defaults: ({ spec }, features) => {
    spec.replicas ??= 1
    spec.strategy.type ||= 'RollingUpdate'
    if (spec.strategy.type === 'RollingUpdate') {
      const rolling = (spec.strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= '25%'
      rolling.maxSurge ??= '25%'
    }
    spec.revisionHistoryLimit ??= 10
    spec.progressDeadlineSeconds ??= 600
    defaultPodTemplate(spec.template, features)
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old, ['labels']) },
  validate: validateDeployment,
  warnings: workloadWarnings,
})
export type Deployment = ObjectOf<typeof deployment>
