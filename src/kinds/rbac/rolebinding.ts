import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

export const roleRef = s.object('io.k8s.api.rbac.v1.RoleRef', {
  apiGroup: s.string({ default: '' }),
  kind: s.required(s.string()),
  name: s.required(s.string()),
}, { mapType: 'atomic' })
export type RoleRef = Infer<typeof roleRef>

export const rbacSubject = s.object('io.k8s.api.rbac.v1.Subject', {
  apiGroup: s.string(),
  kind: s.required(s.string()),
  name: s.required(s.string()),
  namespace: s.string(),
}, { mapType: 'atomic' })
export type RbacSubject = Infer<typeof rbacSubject>

export const roleBinding = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding', plural: 'rolebindings',
  scope: 'Namespaced',
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
  fields: {
    roleRef: s.required(s.value(roleRef)),
    subjects: s.list(rbacSubject, { listType: 'atomic' }),
  },
})
export type RoleBinding = ObjectOf<typeof roleBinding>
