import { defineKind, nameIsPathSegment, s, type AnyObject, type Column, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateBinding, validateBindingChange } from './validate-rbac.ts'

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

interface BindingLike extends AnyObject { roleRef: RoleRef; subjects?: RbacSubject[] }
const named = (o: BindingLike, kind: string): string =>
  (o.subjects ?? []).filter((s) => s.kind === kind).map((s) => (kind === 'ServiceAccount' ? `${s.namespace ?? ''}/${s.name}` : s.name)).join(', ')
const group = 'rbac.authorization.k8s.io'
export function defaultBinding(o: BindingLike): void {
  o.roleRef.apiGroup ||= group
  for (const subject of o.subjects ?? []) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= group
}

export const bindingColumns: readonly Column<BindingLike>[] = [
  cells.name,
  { name: 'Role', value: (o) => `${o.roleRef.kind}/${o.roleRef.name}` },
  cells.age,
  { name: 'Users', priority: 1, value: (o) => named(o, 'User') },
  { name: 'Groups', priority: 1, value: (o) => named(o, 'Group') },
  { name: 'ServiceAccounts', priority: 1, value: (o) => named(o, 'ServiceAccount') },
]

export const roleBinding = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding', plural: 'rolebindings',
  scope: 'Namespaced',
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
  name: nameIsPathSegment, onUpdate: ['meta', 'rules', 'kept', 'change'],
  createOnUpdate: true,
  columns: bindingColumns,
  fields: {
    roleRef: s.required(s.value(roleRef)),
    subjects: s.list(rbacSubject, { listType: 'atomic' }),
  },
  defaults: defaultBinding,
  validate: (o) => validateBinding(o, true),
  validateChange: validateBindingChange,
})
export type RoleBinding = ObjectOf<typeof roleBinding>
