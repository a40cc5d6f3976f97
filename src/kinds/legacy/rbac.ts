// rbac.authorization.k8s.io/v1beta1 and v1alpha1: the same rules; in the alpha a subject told an apiVersion instead of a group.
import { s, type AnyObject, type Kind, type ServedVersion } from '#machinery'
import { clusterRoleBinding } from '../rbac/clusterrolebinding.ts'
import { clusterRole } from '../rbac/clusterrole.ts'
import { roleBinding, type RbacSubject } from '../rbac/rolebinding.ts'
import { role } from '../rbac/role.ts'
import { former, inOrder, without, type Former } from './former.ts'

const group = 'rbac.authorization.k8s.io'
const beta = { version: 'v1beta1', names: 'io.k8s.api.rbac.v1beta1', deprecated: [17, 22] } as const
const alpha = { version: 'v1alpha1', names: 'io.k8s.api.rbac.v1alpha1', deprecated: [17, 22] } as const

interface OldSubject { apiVersion?: string; kind: string; name: string; namespace?: string }
interface OldBinding extends AnyObject { roleRef: { apiGroup?: string }; subjects?: OldSubject[] | null }
interface Binding extends AnyObject { roleRef: object; subjects?: RbacSubject[] | null }

const everyone: RbacSubject = { apiGroup: group, kind: 'Group', name: 'system:authenticated' }
/** A user called * was everybody who is somebody. */
const subjectIn = ({ apiVersion = '', ...rest }: OldSubject): RbacSubject => {
  if (rest.kind === 'User' && rest.name === '*') return { ...everyone }
  const at = apiVersion.indexOf('/'), apiGroup = at < 0 ? '' : apiVersion.slice(0, at)
  return { ...(apiGroup && { apiGroup }), ...rest }
}
const subjectOut = ({ apiGroup, ...rest }: RbacSubject): OldSubject => ({ apiVersion: apiGroup ? `${group}/v1alpha1` : 'v1', ...rest })

const alphaBinding: Pick<Former, 'differences' | 'defaults' | 'from' | 'to'> = {
  differences: { Subject: (fields) => inOrder({ ...without(fields, 'apiGroup'), apiVersion: s.string() }) },
  defaults: (o: OldBinding) => {
    o.roleRef.apiGroup ||= group
    for (const subject of o.subjects ?? []) subject.apiVersion ||= subject.kind === 'ServiceAccount' ? 'v1' : `${group}/v1alpha1`
  },
  from: (o: OldBinding) => ({ ...o, ...(o.subjects && { subjects: o.subjects.map(subjectIn) }) }),
  to: (o: Binding) => ({ ...o, ...(o.subjects && { subjects: o.subjects.map(subjectOut) }) }),
}
const rules = (kind: Kind): readonly ServedVersion<any>[] => [former(kind, beta), former(kind, alpha)] // allowed: versions of many shapes
const bindings = (kind: Kind): readonly ServedVersion<any>[] => [former(kind, beta), former(kind, { ...alpha, ...alphaBinding })] // allowed: as above

export const formerRbac: ReadonlyMap<Kind, readonly ServedVersion<any>[]> = new Map<Kind, readonly ServedVersion<any>[]>([ // allowed: as above
  [role, rules(role)], [clusterRole, rules(clusterRole)], [roleBinding, bindings(roleBinding)], [clusterRoleBinding, bindings(clusterRoleBinding)],
])
