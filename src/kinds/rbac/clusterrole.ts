import { defineKind, labelSelector, nameIsPathSegment, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { policyRule } from './role.ts'
import { validateClusterRole } from './validate-rbac.ts'

export const aggregationRule = s.object('io.k8s.api.rbac.v1.AggregationRule', {
  clusterRoleSelectors: s.list(labelSelector, { listType: 'atomic' }),
})
export type AggregationRule = Infer<typeof aggregationRule>

export const clusterRole = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', plural: 'clusterroles',
  scope: 'Cluster',
  definition: 'io.k8s.api.rbac.v1.ClusterRole',
  name: nameIsPathSegment, onUpdate: ['meta', 'rules', 'kept'],
  createOnUpdate: true,
  columns: cells.createdAt,
  fields: {
    aggregationRule: aggregationRule,
    rules: s.list(policyRule, { listType: 'atomic', always: true }),
  },
  validate: (o, old) => validateClusterRole(o, old),
})
export type ClusterRole = ObjectOf<typeof clusterRole>
