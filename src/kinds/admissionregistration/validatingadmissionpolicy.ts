import { condition, defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'
import { defaultMatch, matchCondition, matchResources, paramKind, paramKindColumn, variable } from './match.ts'
import { validateValidatingPolicy } from './validate-policies.ts'

export const auditAnnotation = s.object('io.k8s.api.admissionregistration.v1.AuditAnnotation', {
  key: s.required(s.string()),
  valueExpression: s.required(s.string()),
})
export type AuditAnnotation = Infer<typeof auditAnnotation>

export const expressionWarning = s.object('io.k8s.api.admissionregistration.v1.ExpressionWarning', {
  fieldRef: s.required(s.string()),
  warning: s.required(s.string()),
})
export type ExpressionWarning = Infer<typeof expressionWarning>

export const typeChecking = s.object('io.k8s.api.admissionregistration.v1.TypeChecking', {
  expressionWarnings: s.list(expressionWarning, { listType: 'atomic' }),
})
export type TypeChecking = Infer<typeof typeChecking>

export const validation = s.object('io.k8s.api.admissionregistration.v1.Validation', {
  expression: s.required(s.string()),
  message: s.string(),
  messageExpression: s.string(),
  reason: s.string({ keepEmpty: true }),
})
export type Validation = Infer<typeof validation>

export const validatingAdmissionPolicySpec = s.object('io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec', {
  auditAnnotations: s.list(auditAnnotation, { listType: 'atomic' }),
  failurePolicy: s.string({ keepEmpty: true }),
  matchConditions: s.list(matchCondition, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  matchConstraints: matchResources,
  paramKind: paramKind,
  validations: s.list(validation, { listType: 'atomic' }),
  variables: s.list(variable, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
})
export type ValidatingAdmissionPolicySpec = Infer<typeof validatingAdmissionPolicySpec>

export const validatingAdmissionPolicyStatus = s.object('io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'] }),
  observedGeneration: s.int64(),
  typeChecking: typeChecking,
})
export type ValidatingAdmissionPolicyStatus = Infer<typeof validatingAdmissionPolicyStatus>

export const validatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  generation: true,
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'], onUpdateOf: { status: ['rules'] },
  columns: [cells.name, { name: 'Validations', type: 'integer', value: (o) => (o.spec.validations ?? []).length }, paramKindColumn, cells.age],
  subresources: { status: true },
  statusResets: [['metadata']],
  fields: {
    spec: s.value(validatingAdmissionPolicySpec),
    status: s.value(validatingAdmissionPolicyStatus),
  },
  defaults: ({ spec }) => {
    spec.failurePolicy ??= 'Fail'
    defaultMatch(spec.matchConstraints)
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validateValidatingPolicy,
})
export type ValidatingAdmissionPolicy = ObjectOf<typeof validatingAdmissionPolicy>
