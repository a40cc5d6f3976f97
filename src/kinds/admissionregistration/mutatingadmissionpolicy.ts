import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultMatch, matchCondition, matchResources, paramKind, paramKindColumn, variable } from './match.ts'
import { validateMutatingPolicy } from './validate-policies.ts'

export const applyConfiguration = s.object('io.k8s.api.admissionregistration.v1.ApplyConfiguration', {
  expression: s.string(),
})
export type ApplyConfiguration = Infer<typeof applyConfiguration>

export const jsonPatch = s.object('io.k8s.api.admissionregistration.v1.JSONPatch', {
  expression: s.string(),
})
export type JSONPatch = Infer<typeof jsonPatch>

export const mutation = s.object('io.k8s.api.admissionregistration.v1.Mutation', {
  applyConfiguration: applyConfiguration,
  jsonPatch: jsonPatch,
  patchType: s.required(s.string()),
})
export type Mutation = Infer<typeof mutation>

export const mutatingAdmissionPolicySpec = s.object('io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec', {
  failurePolicy: s.string({ keepEmpty: true }),
  matchConditions: s.list(matchCondition, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  matchConstraints: matchResources,
  mutations: s.list(mutation, { listType: 'atomic' }),
  paramKind: paramKind,
  reinvocationPolicy: s.string(),
  variables: s.list(variable, { listType: 'atomic' }),
})
export type MutatingAdmissionPolicySpec = Infer<typeof mutatingAdmissionPolicySpec>

export const mutatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  generation: true,
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'],
  columns: [cells.name, { name: 'Mutations', type: 'integer', value: (o) => (o.spec.mutations ?? []).length }, paramKindColumn, cells.age],
  fields: {
    spec: s.value(mutatingAdmissionPolicySpec),
  },
  defaults: ({ spec }) => {
    spec.failurePolicy ??= 'Fail'
    defaultMatch(spec.matchConstraints)
  },
  validate: validateMutatingPolicy,
})
export type MutatingAdmissionPolicy = ObjectOf<typeof mutatingAdmissionPolicy>
