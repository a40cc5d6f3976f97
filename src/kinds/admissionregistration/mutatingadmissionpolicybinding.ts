import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultMatch, matchResources, paramRef, paramRefColumn } from './match.ts'
import { validateMutatingBinding } from './validate-policies.ts'

export const mutatingAdmissionPolicyBindingSpec = s.object('io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec', {
  matchResources: matchResources,
  paramRef: paramRef,
  policyName: s.string(),
})
export type MutatingAdmissionPolicyBindingSpec = Infer<typeof mutatingAdmissionPolicyBindingSpec>

export const mutatingAdmissionPolicyBinding = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicyBinding', plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  generation: true,
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'],
  columns: [cells.name, { name: 'PolicyName', value: (o) => o.spec.policyName ?? '' }, paramRefColumn, cells.age],
  fields: {
    spec: s.value(mutatingAdmissionPolicyBindingSpec),
  },
  defaults: ({ spec }) => defaultMatch(spec.matchResources),
  validate: validateMutatingBinding,
})
export type MutatingAdmissionPolicyBinding = ObjectOf<typeof mutatingAdmissionPolicyBinding>
