import { defineKind, nameIsPathSegment, s, type ObjectOf } from '#machinery'
import { bindingColumns, defaultBinding, rbacSubject, roleRef } from './rolebinding.ts'
import { validateBinding, validateBindingChange } from './validate-rbac.ts'

export const clusterRoleBinding = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding', plural: 'clusterrolebindings',
  scope: 'Cluster',
  definition: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  name: nameIsPathSegment, onUpdate: ['meta', 'rules', 'kept', 'change'],
  createOnUpdate: true,
  columns: bindingColumns,
  fields: {
    roleRef: s.required(s.value(roleRef)),
    subjects: s.list(rbacSubject, { listType: 'atomic' }),
  },
  defaults: defaultBinding,
  validate: (o) => validateBinding(o, false),
  validateChange: validateBindingChange,
})
export type ClusterRoleBinding = ObjectOf<typeof clusterRoleBinding>
