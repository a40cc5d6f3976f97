import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validatePriorityLevel } from './validate-flowcontrol.ts'

export const exemptPriorityLevelConfiguration = s.object('io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration', {
  lendablePercent: s.int({ keepEmpty: true }),
  nominalConcurrencyShares: s.int({ keepEmpty: true }),
})
export type ExemptPriorityLevelConfiguration = Infer<typeof exemptPriorityLevelConfiguration>

export const queuingConfiguration = s.object('io.k8s.api.flowcontrol.v1.QueuingConfiguration', {
  handSize: s.int({ default: 0 }),
  queueLengthLimit: s.int({ default: 0 }),
  queues: s.int({ default: 0 }),
})
export type QueuingConfiguration = Infer<typeof queuingConfiguration>

export const limitResponse = s.object('io.k8s.api.flowcontrol.v1.LimitResponse', {
  queuing: queuingConfiguration,
  type: s.required(s.string()),
}, { unions: [{'discriminator': 'type', 'fields-to-discriminateBy': {'queuing': 'Queuing'}}] })
export type LimitResponse = Infer<typeof limitResponse>

export const limitedPriorityLevelConfiguration = s.object('io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration', {
  borrowingLimitPercent: s.int({ keepEmpty: true }),
  lendablePercent: s.int({ keepEmpty: true }),
  limitResponse: s.value(limitResponse),
  nominalConcurrencyShares: s.int({ keepEmpty: true }),
})
export type LimitedPriorityLevelConfiguration = Infer<typeof limitedPriorityLevelConfiguration>

export const priorityLevelConfigurationSpec = s.object('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec', {
  exempt: exemptPriorityLevelConfiguration,
  limited: limitedPriorityLevelConfiguration,
  type: s.required(s.string()),
}, { unions: [{'discriminator': 'type', 'fields-to-discriminateBy': {'exempt': 'Exempt', 'limited': 'Limited'}}] })
export type PriorityLevelConfigurationSpec = Infer<typeof priorityLevelConfigurationSpec>

export const priorityLevelConfigurationCondition = s.object('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.string(),
  type: s.string(),
})
export type PriorityLevelConfigurationCondition = Infer<typeof priorityLevelConfigurationCondition>

export const priorityLevelConfigurationStatus = s.object('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus', {
  conditions: s.list(priorityLevelConfigurationCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type PriorityLevelConfigurationStatus = Infer<typeof priorityLevelConfigurationStatus>

export const priorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration', plural: 'prioritylevelconfigurations',
  scope: 'Cluster',
  definition: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  onUpdate: ['meta', 'rules'], onUpdateOf: { status: ['rules'] },
  generation: true,
  columns: [
    cells.name,
    { name: 'Type', value: (o) => o.spec.type },
    { name: 'NominalConcurrencyShares', value: (o) => (o.spec.limited ? o.spec.limited.nominalConcurrencyShares ?? 0 : '<none>') },
    { name: 'Queues', value: (o) => o.spec.limited?.limitResponse.queuing?.queues ?? '<none>' },
    { name: 'HandSize', value: (o) => o.spec.limited?.limitResponse.queuing?.handSize ?? '<none>' },
    { name: 'QueueLengthLimit', value: (o) => o.spec.limited?.limitResponse.queuing?.queueLengthLimit ?? '<none>' },
    cells.age,
  ],
  subresources: { status: true },
  statusResets: [['metadata']],
  fields: {
    spec: s.value(priorityLevelConfigurationSpec),
    status: s.value(priorityLevelConfigurationStatus),
  },
  defaults: ({ spec: { exempt, limited } }) => {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0
      exempt.lendablePercent ??= 0
    }
    if (!limited) return
    limited.nominalConcurrencyShares ??= 30
    limited.lendablePercent ??= 0
    const { queuing } = limited.limitResponse
    if (queuing) {
      queuing.handSize ||= 8
      queuing.queues ||= 64
      queuing.queueLengthLimit ||= 50
    }
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validatePriorityLevel,
})
export type PriorityLevelConfiguration = ObjectOf<typeof priorityLevelConfiguration>
