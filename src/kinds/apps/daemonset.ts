import { defineKind, labelSelector, s, same, type AnyObject, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateSpec } from '../core/pod/spec.ts'
import { templateWarnings } from '../core/pod/warnings.ts'
import { validateDaemonSet } from './validate-apps.ts'

export const rollingUpdateDaemonSet = s.object('io.k8s.api.apps.v1.RollingUpdateDaemonSet', {
  maxSurge: s.intOrString(),
  maxUnavailable: s.intOrString(),
})
export type RollingUpdateDaemonSet = Infer<typeof rollingUpdateDaemonSet>

export const daemonSetUpdateStrategy = s.object('io.k8s.api.apps.v1.DaemonSetUpdateStrategy', {
  rollingUpdate: rollingUpdateDaemonSet,
  type: s.string(),
})
export type DaemonSetUpdateStrategy = Infer<typeof daemonSetUpdateStrategy>

export const daemonSetSpec = s.object('io.k8s.api.apps.v1.DaemonSetSpec', {
  minReadySeconds: s.int(),
  revisionHistoryLimit: s.int({ keepEmpty: true }),
  selector: s.required(labelSelector),
  template: s.required(s.value(podTemplateSpec)),
  updateStrategy: s.value(daemonSetUpdateStrategy),
})
export type DaemonSetSpec = Infer<typeof daemonSetSpec>

export const daemonSetCondition = s.object('io.k8s.api.apps.v1.DaemonSetCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type DaemonSetCondition = Infer<typeof daemonSetCondition>

export const daemonSetStatus = s.object('io.k8s.api.apps.v1.DaemonSetStatus', {
  collisionCount: s.int({ keepEmpty: true }),
  conditions: s.list(daemonSetCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  currentNumberScheduled: s.required(s.int()),
  desiredNumberScheduled: s.required(s.int()),
  numberAvailable: s.int(),
  numberMisscheduled: s.required(s.int()),
  numberReady: s.required(s.int()),
  numberUnavailable: s.int(),
  observedGeneration: s.int64(),
  updatedNumberScheduled: s.int(),
})
export type DaemonSetStatus = Infer<typeof daemonSetStatus>

// A count of template changes that clients of the first API versions relied on. It lives in an annotation.
const templateGenerationKey = 'deprecated.daemonset.template.generation'
const templateGeneration = (o: AnyObject): number => Number(o.metadata.annotations?.[templateGenerationKey] ?? 0) || 0
const setTemplateGeneration = (o: AnyObject, n: number): void => { o.metadata.annotations = { ...o.metadata.annotations, [templateGenerationKey]: String(n) } }

export const daemonSet = defineKind({
  group: 'apps', version: 'v1', kind: 'DaemonSet', plural: 'daemonsets',
  shortNames: ['ds'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.DaemonSet',
  generation: true,
  columns: [
    cells.name,
    { name: 'Desired', type: 'integer', value: (o) => o.status.desiredNumberScheduled },
    { name: 'Current', type: 'integer', value: (o) => o.status.currentNumberScheduled },
    { name: 'Ready', type: 'integer', value: (o) => o.status.numberReady },
    { name: 'Up-to-date', type: 'integer', value: (o) => o.status.updatedNumberScheduled ?? 0 },
    { name: 'Available', type: 'integer', value: (o) => o.status.numberAvailable ?? 0 },
    { name: 'Node Selector', value: (o) => cells.labels(o.spec.template.spec.nodeSelector) },
    cells.age,
    ...cells.containerColumns<{ spec: DaemonSetSpec }>((o) => o.spec.template, (o) => cells.selector(o.spec.selector)),
  ],
  subresources: { status: true },
  fields: {
    spec: s.value(daemonSetSpec),
    status: s.value(daemonSetStatus),
  },
  defaults: (o, features) => {
    const { spec } = o, { updateStrategy } = spec
    if (o.metadata.annotations?.[templateGenerationKey] === undefined) setTemplateGeneration(o, 0)
    updateStrategy.type ||= 'RollingUpdate'
    if (updateStrategy.type === 'RollingUpdate') {
      const rolling = (updateStrategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= 1
      rolling.maxSurge ??= 0
    }
    spec.revisionHistoryLimit ??= 10
    defaultPodTemplate(spec.template, features)
  },
  prepareCreate: (o) => setTemplateGeneration(o, Math.max(templateGeneration(o), 1)),
  prepareUpdate: (o, old, subresource) => {
    const generation = templateGeneration(old) + (subresource === undefined && !same(o.spec.template, old.spec.template) ? 1 : 0)
    if (generation) setTemplateGeneration(o, generation)
  },
  validate: validateDaemonSet,
  // Only a new template is warned about.
  warnings: (o, old) => (old && templateGeneration(o) === templateGeneration(old) ? [] : templateWarnings(o.spec.template, 'spec.template')),
})
export type DaemonSet = ObjectOf<typeof daemonSet>
