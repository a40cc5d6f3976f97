import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { defaultMatch, matchResources, paramRef, paramRefColumn } from './match.ts'
import { validateValidatingBinding } from './validate-policies.ts'

export const validatingAdmissionPolicyBindingSpec = s.object('io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec', {
  matchResources: matchResources,
  paramRef: paramRef,
  policyName: s.mandatory(s.string()),
  validationActions: s.mandatory(s.list(s.string(), { listType: 'set' })),
})
export type ValidatingAdmissionPolicyBindingSpec = Infer<typeof validatingAdmissionPolicyBindingSpec>

export const validatingAdmissionPolicyBinding = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicyBinding', plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'], scope: 'Cluster',
  definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  generation: true,
  versionRequiredOnUpdate: true, anyFinalizer: true, onUpdate: ['meta', 'rules'],
  columns: [cells.name, { name: 'PolicyName', value: (o) => o.spec.policyName ?? '' }, paramRefColumn, cells.age],
  fields: {
    spec: s.required(s.value(validatingAdmissionPolicyBindingSpec)),
  },
  defaults: ({ spec }) => defaultMatch(spec.matchResources),
  validate: validateValidatingBinding,
})
export type ValidatingAdmissionPolicyBinding = ObjectOf<typeof validatingAdmissionPolicyBinding>
