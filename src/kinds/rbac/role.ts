import { defineKind, nameIsPathSegment, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validatePolicyRules } from './validate-rbac.ts'

export const policyRule = s.object('io.k8s.api.rbac.v1.PolicyRule', {
  apiGroups: s.list(s.string(), { listType: 'atomic' }),
  nonResourceURLs: s.list(s.string(), { listType: 'atomic' }),
  resourceNames: s.list(s.string(), { listType: 'atomic' }),
  resources: s.list(s.string(), { listType: 'atomic' }),
  verbs: s.required(s.list(s.string(), { listType: 'atomic' })),
})
export type PolicyRule = Infer<typeof policyRule>

export const role = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', plural: 'roles',
  scope: 'Namespaced',
  definition: 'io.k8s.api.rbac.v1.Role',
  name: nameIsPathSegment, onUpdate: ['meta', 'rules', 'kept'],
  createOnUpdate: true,
  columns: cells.createdAt,
  fields: {
    rules: s.list(policyRule, { listType: 'atomic', always: true }),
  },
  validate: ({ rules }) => validatePolicyRules(rules, true),
})
export type Role = ObjectOf<typeof role>
