// Nobody gives away what they do not have: whoever writes a role must hold its rules (or the verb `escalate` on it), whoever binds one
// must hold the rules of the role bound (or the verb `bind`).
import { clusterRole, clusterRoleBinding, role, roleBinding, type PolicyRule } from '#kinds'
import { forbidden, notFound, qualified, quote, same, type AnyObject, type Kind, type LooseObject, type User } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Authorizer } from './authz.ts'

type Rule = { readonly [F in keyof PolicyRule]?: readonly string[] }
interface Role extends AnyObject { readonly rules?: readonly Rule[] | null; readonly aggregationRule?: object }
interface RoleReference { readonly kind: string; readonly name: string }
const roles: readonly Kind[] = [role, clusterRole]
const bindings: readonly Kind[] = [roleBinding, clusterRoleBinding]
const everything: readonly Rule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, { nonResourceURLs: ['*'], verbs: ['*'] }]

/** Where the rules that users hold come from: from roles alone, whoever else decides. */
export type RoleRules = Pick<Required<Authorizer>, 'rulesFor'>
interface Judges { readonly authorizer: Authorizer; readonly roles: RoleRules }

export const escalationCheck = (judges: Judges): AdmissionPlugin => ({
  name: 'RBACEscalation',
  handles: (operation, kind, subresource) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE') && (roles.includes(kind) || bindings.includes(kind)),
  async mutate(attributes) {
    const { kind, object, old, user } = attributes
    if (!object || user.groups.includes('system:masters') || (old && onlyForItsEnd(object, old))) return
    if (roles.includes(kind)) await checkRole(judges, attributes, object, old)
    else await checkBinding(judges, attributes, object)
  },
})

/** Whether nothing changes but what the garbage collector changes so that an object can go. */
const onlyForItsEnd = (object: LooseObject, old: LooseObject): boolean => same(withoutOwners(object), withoutOwners(old))
function withoutOwners({ metadata, ...rest }: LooseObject): object {
  const { finalizers: _, ownerReferences: __, managedFields: ___, resourceVersion: ____, ...more } = metadata
  return { ...rest, metadata: more }
}

async function checkRole({ authorizer, roles: held }: Judges, { kind, user, namespace }: AdmissionAttributes, object: LooseObject, old: LooseObject | undefined): Promise<void> {
  const { rules, aggregationRule } = object as AnyObject as Role
  if (old && same(rules, old.rules) && same(aggregationRule, old.aggregationRule)) return
  const { name } = object.metadata
  if (await may(authorizer, user, 'escalate', kind, namespace, name)) return
  checkHeld(held, user, namespace, kind, name, rules ?? [])
  if ((aggregationRule || old?.aggregationRule) && missing(held, user, namespace, everything).length > 0) throw forbidden(kind, name, 'must have cluster-admin privileges to use the aggregationRule')
}

async function checkBinding({ authorizer, roles: held }: Judges, { kind, user, namespace, objects }: AdmissionAttributes, object: LooseObject): Promise<void> {
  const reference = object.roleRef as RoleReference | undefined
  const bound = reference?.kind === 'ClusterRole' ? clusterRole : reference?.kind === 'Role' ? role : undefined
  if (!reference || !bound) return // validation has the words for it
  if (await may(authorizer, user, 'bind', bound, namespace, reference.name)) return
  const rules = rulesOf(objects, bound, reference.name, namespace)
  if (!rules) throw notFound(kind, reference.name)
  checkHeld(held, user, namespace, kind, object.metadata.name, rules)
}

function rulesOf(objects: ObjectReader, kind: Kind, name: string, namespace: string): readonly Rule[] | undefined {
  const found = objects.get(kind, name, kind.namespaced ? namespace : '') as Role | undefined
  return found && (found.rules ?? [])
}

async function may(authorizer: Authorizer, user: User, verb: string, { group, version, resource, namespaced }: Kind, namespace: string, name: string): Promise<boolean> {
  const { verdict } = await authorizer.authorize({ user, verb, path: '', resource: { group, version, resource, subresource: '', namespace: namespaced ? namespace : '', name } })
  return verdict === 'allow'
}

function checkHeld(held: RoleRules, user: User, namespace: string, kind: Kind, name: string, rules: readonly Rule[]): void {
  const lacking = missing(held, user, namespace, rules), { evaluationError } = held.rulesFor(user, namespace)
  if (lacking.length === 0) return
  const groups = user.groups.map(quote).join(' ')
  const lines = [...new Set(compacted(lacking).map(shown))].sort()
  throw forbidden(kind, name, `user ${quote(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${evaluationError ? `; resolution errors: [${inPlaceOfRoles(evaluationError, kind)}]` : ''}`)
}

/** Roles that are not there: whoever writes is told of them by the resource that is written (the reference looks for them in the request's name). */
const inPlaceOfRoles = (error: string, written: Kind): string => error.replaceAll(/\b(?:cluster)?role\.rbac\.authorization\.k8s\.io /g, `${qualified(written)} `)

function missing(roles: RoleRules, user: User, namespace: string, rules: readonly Rule[]): Rule[] {
  const { resourceRules, nonResourceRules } = roles.rulesFor(user, namespace)
  return uncovered([...resourceRules, ...nonResourceRules], rules)
}

/** Of the rules, split as finely as can be, those that none of the others covers. */
export const uncovered = (held: readonly Rule[], rules: readonly Rule[]): Rule[] => rules.flatMap(split).filter((one) => !held.some((rule) => covers(rule, one)))

function split({ apiGroups = [], resources = [], verbs = [], resourceNames = [], nonResourceURLs = [] }: Rule): Rule[] {
  const named = resourceNames.length > 0 ? resourceNames.map((n) => ({ resourceNames: [n] })) : [{}]
  return [
    ...apiGroups.flatMap((g) => resources.flatMap((r) => verbs.flatMap((v) => named.map((n) => ({ apiGroups: [g], resources: [r], verbs: [v], ...n }))))),
    ...nonResourceURLs.flatMap((url) => verbs.map((v) => ({ nonResourceURLs: [url], verbs: [v] }))),
  ]
}

function covers(rule: Rule, one: Rule): boolean {
  const has = (list: readonly string[] | undefined, wanted: readonly string[] | undefined) => (wanted ?? []).every((w) => list?.includes('*') || list?.includes(w))
  if (!has(rule.verbs, one.verbs)) return false
  if (one.nonResourceURLs) return one.nonResourceURLs.every((url) => rule.nonResourceURLs?.some((u) => u === url || (u.endsWith('*') && url.startsWith(u.slice(0, -1)))) ?? false)
  const resource = one.resources?.[0] ?? ''
  const slash = resource.indexOf('/')
  const inResources = has(rule.resources, one.resources) || (slash > 0 && (rule.resources?.includes(`*${resource.slice(slash)}`) ?? false))
  const inNames = !rule.resourceNames?.length || (one.resourceNames !== undefined && one.resourceNames.every((n) => rule.resourceNames!.includes(n)))
  return has(rule.apiGroups, one.apiGroups) && inResources && inNames
}

/** Rules that differ in their verbs alone become one. */
function compacted(rules: readonly Rule[]): Rule[] {
  const out = new Map<string, { rule: Rule; verbs: string[] }>()
  for (const rule of rules) {
    const key = rule.nonResourceURLs ? JSON.stringify([rule]) : JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames])
    const known = out.get(key)
    if (known) known.verbs.push(...(rule.verbs ?? []).filter((v) => !known.verbs.includes(v)))
    else out.set(key, { rule, verbs: [...(rule.verbs ?? [])] })
  }
  return [...out.values()].map(({ rule, verbs }) => ({ ...rule, verbs }))
}

function shown({ nonResourceURLs, apiGroups, resources, resourceNames, verbs }: Rule): string {
  const part = (name: string, list: readonly string[] | undefined) => (list?.length ? [`${name}:[${list.map(quote).join(' ')}]`] : [])
  return `{${[...part('NonResourceURLs', nonResourceURLs), ...part('APIGroups', apiGroups), ...part('Resources', resources), ...part('ResourceNames', resourceNames), ...part('Verbs', verbs)].join(', ')}}`
}
