import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validateFlowSchema } from './validate-flowcontrol.ts'

export const flowDistinguisherMethod = s.object('io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod', {
  type: s.required(s.string()),
})
export type FlowDistinguisherMethod = Infer<typeof flowDistinguisherMethod>

export const priorityLevelConfigurationReference = s.object('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference', {
  name: s.required(s.string()),
})
export type PriorityLevelConfigurationReference = Infer<typeof priorityLevelConfigurationReference>

export const nonResourcePolicyRule = s.object('io.k8s.api.flowcontrol.v1.NonResourcePolicyRule', {
  nonResourceURLs: s.required(s.list(s.string(), { listType: 'set' })),
  verbs: s.required(s.list(s.string(), { listType: 'set' })),
})
export type NonResourcePolicyRule = Infer<typeof nonResourcePolicyRule>

export const resourcePolicyRule = s.object('io.k8s.api.flowcontrol.v1.ResourcePolicyRule', {
  apiGroups: s.required(s.list(s.string(), { listType: 'set' })),
  clusterScope: s.bool(),
  namespaces: s.list(s.string(), { listType: 'set' }),
  resources: s.required(s.list(s.string(), { listType: 'set' })),
  verbs: s.required(s.list(s.string(), { listType: 'set' })),
})
export type ResourcePolicyRule = Infer<typeof resourcePolicyRule>

export const groupSubject = s.object('io.k8s.api.flowcontrol.v1.GroupSubject', {
  name: s.required(s.string()),
})
export type GroupSubject = Infer<typeof groupSubject>

export const serviceAccountSubject = s.object('io.k8s.api.flowcontrol.v1.ServiceAccountSubject', {
  name: s.required(s.string()),
  namespace: s.required(s.string()),
})
export type ServiceAccountSubject = Infer<typeof serviceAccountSubject>

export const userSubject = s.object('io.k8s.api.flowcontrol.v1.UserSubject', {
  name: s.required(s.string()),
})
export type UserSubject = Infer<typeof userSubject>

export const flowSubject = s.object('io.k8s.api.flowcontrol.v1.Subject', {
  group: groupSubject,
  kind: s.required(s.string()),
  serviceAccount: serviceAccountSubject,
  user: userSubject,
}, { unions: [{'discriminator': 'kind', 'fields-to-discriminateBy': {'group': 'Group', 'serviceAccount': 'ServiceAccount', 'user': 'User'}}] })
export type FlowSubject = Infer<typeof flowSubject>

export const policyRulesWithSubjects = s.object('io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects', {
  nonResourceRules: s.list(nonResourcePolicyRule, { listType: 'atomic' }),
  resourceRules: s.list(resourcePolicyRule, { listType: 'atomic' }),
  subjects: s.required(s.list(flowSubject, { listType: 'atomic' })),
})
export type PolicyRulesWithSubjects = Infer<typeof policyRulesWithSubjects>

export const flowSchemaSpec = s.object('io.k8s.api.flowcontrol.v1.FlowSchemaSpec', {
  distinguisherMethod: flowDistinguisherMethod,
  matchingPrecedence: s.int({ default: 0 }),
  priorityLevelConfiguration: s.required(s.value(priorityLevelConfigurationReference)),
  rules: s.list(policyRulesWithSubjects, { listType: 'atomic' }),
})
export type FlowSchemaSpec = Infer<typeof flowSchemaSpec>

export const flowSchemaCondition = s.object('io.k8s.api.flowcontrol.v1.FlowSchemaCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.string(),
  type: s.string(),
})
export type FlowSchemaCondition = Infer<typeof flowSchemaCondition>

export const flowSchemaStatus = s.object('io.k8s.api.flowcontrol.v1.FlowSchemaStatus', {
  conditions: s.list(flowSchemaCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
})
export type FlowSchemaStatus = Infer<typeof flowSchemaStatus>

interface Ranked { readonly metadata: { readonly name: string }; readonly spec: { readonly matchingPrecedence: number } }
/** Schemas in the order they are asked: by precedence, then by name. */
export const byPrecedence = (a: Ranked, b: Ranked): number => a.spec.matchingPrecedence - b.spec.matchingPrecedence || cells.byCodeUnit(a.metadata.name, b.metadata.name)

export const flowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema', plural: 'flowschemas',
  scope: 'Cluster',
  definition: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  onUpdate: ['meta', 'rules'], onUpdateOf: { status: ['rules'] },
  generation: true,
  columns: [
    cells.name,
    { name: 'PriorityLevel', value: (o) => o.spec.priorityLevelConfiguration.name || '<none>' },
    { name: 'MatchingPrecedence', value: (o) => o.spec.matchingPrecedence },
    { name: 'DistinguisherMethod', value: (o) => o.spec.distinguisherMethod?.type ?? '<none>' },
    cells.age,
    { name: 'MissingPL', value: (o) => o.status.conditions?.find((c) => c.type === 'Dangling')?.status ?? '?' },
  ],
  rowOrder: byPrecedence,
  subresources: { status: true },
  statusResets: [['metadata']],
  fields: {
    spec: s.value(flowSchemaSpec),
    status: s.value(flowSchemaStatus),
  },
  defaults: ({ spec }) => { spec.matchingPrecedence ||= 1000 },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validateFlowSchema,
})
export type FlowSchema = ObjectOf<typeof flowSchema>
