// What is wrong with roles and bindings.
import { invalidValue, notSupported, requiredValue, same, validateLabelSelector, type FieldError } from '#machinery'
import { hasOddValue, validateDNSSubdomain, validatePathSegment } from '../checks.ts'
import { readSelector } from '../core/pod/validate-template.ts'
import { goForm } from '../go-diff.ts'
import { roleRefForm } from '../go-forms.ts'
import type { AggregationRule } from './clusterrole.ts'
import type { PolicyRule } from './role.ts'
import type { RbacSubject, RoleRef } from './rolebinding.ts'

const group = 'rbac.authorization.k8s.io'

/** Rules of a role; those of a `namespaced` one are about resources only. */
export const validatePolicyRules = (rules: readonly PolicyRule[] | null | undefined, namespaced: boolean): FieldError[] =>
  (rules ?? []).flatMap((rule, i) => validatePolicyRule(rule, namespaced, `rules[${i}]`))
function validatePolicyRule({ verbs, nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] }: PolicyRule, namespaced: boolean, at: string): FieldError[] {
  const errors: FieldError[] = []
  if (!verbs?.length) errors.push(requiredValue(`${at}.verbs`, 'verbs must contain at least one value'))
  if (nonResourceURLs.length) {
    if (namespaced) errors.push(invalidValue(`${at}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups.length || resources.length || resourceNames.length) errors.push(invalidValue(`${at}.nonResourceURLs`, nonResourceURLs,
      'rules cannot apply to both regular resources and non-resource URLs'))
    return errors
  }
  if (!apiGroups.length) errors.push(requiredValue(`${at}.apiGroups`, 'resource rules must supply at least one api group'))
  if (!resources.length) errors.push(requiredValue(`${at}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

interface Aggregating { readonly aggregationRule?: AggregationRule | undefined; readonly rules?: readonly PolicyRule[] | null | undefined }
export function validateClusterRole({ rules, aggregationRule }: Aggregating, old: Aggregating | undefined): FieldError[] {
  const errors = validatePolicyRules(rules, false), at = 'aggregationRule.clusterRoleSelectors', anyValue = old?.aggregationRule?.clusterRoleSelectors?.some(hasOddValue) ?? false
  if (!aggregationRule) return errors
  const { clusterRoleSelectors: selectors = [] } = aggregationRule
  return [
    ...errors, ...(selectors.length ? [] : [requiredValue(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]),
    ...selectors.flatMap((selector, i) => [
      ...validateLabelSelector(selector, `${at}[${i}]`, { anyValue }), ...(readSelector(selector) ? [] : [invalidValue(`${at}[${i}]`, null, 'invalid label selector.')]),
    ]),
  ]
}

interface BindingLike { readonly roleRef: RoleRef; readonly subjects?: readonly RbacSubject[] }
export function validateBinding({ roleRef, subjects = [] }: BindingLike, namespaced: boolean): FieldError[] {
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  return [
    ...(roleRef.apiGroup === group ? [] : [notSupported('roleRef.apiGroup', roleRef.apiGroup, [group])]),
    ...(kinds.includes(roleRef.kind) ? [] : [notSupported('roleRef.kind', roleRef.kind, kinds)]),
    ...(roleRef.name ? validatePathSegment(roleRef.name, 'roleRef.name') : [requiredValue('roleRef.name')]),
    ...subjects.flatMap((subject, i) => validateSubject(subject, namespaced, `subjects[${i}]`)),
  ]
}
export const validateBindingChange = ({ roleRef }: BindingLike, old: BindingLike): FieldError[] =>
  (same(roleRef, old.roleRef) ? [] : [invalidValue('roleRef', goForm(roleRefForm, roleRef), 'cannot change roleRef')])
function validateSubject({ kind, name, namespace, apiGroup = '' }: RbacSubject, namespaced: boolean, at: string): FieldError[] {
  const errors = name ? [] : [requiredValue(`${at}.name`)]
  const grouped = (wanted: string) => { if (apiGroup !== wanted) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [wanted])) }
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...validateDNSSubdomain(name, `${at}.name`))
      grouped('')
      if (!namespaced && !namespace) errors.push(requiredValue(`${at}.namespace`))
      return errors
    case 'User': case 'Group':
      grouped(group)
      return errors
    default: return [...errors, notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group'])]
  }
}
