// Role-based access control (rbac.authorization.k8s.io/v1): who may do what, from roles and their bindings. Rules only ever allow.
import { clusterRole, clusterRoleBinding, role, roleBinding, type PolicyRule, type RbacSubject } from '#kinds'
import { quote, type AnyObject, type Kind, type User } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { together, type AuthorizationAttributes, type Authorizer, type Decision, type SubjectRules } from './authz.ts'

interface Binding extends AnyObject { readonly subjects?: readonly RbacSubject[]; readonly roleRef: { readonly kind: string; readonly name: string } }
interface Role extends AnyObject { readonly rules?: readonly PolicyRule[] | null }
/** A binding's rules as they hold for one user: everywhere (namespace '') or in one namespace. `missing` names a role that is not there. */
export interface Grant { readonly namespace: string; readonly rules: readonly PolicyRule[]; readonly reason: string; readonly missing?: string }

/** How many users' grants are remembered between changes of RBAC objects. */
const rememberedUsers = 4096

/** Follows the four RBAC kinds and answers from memory. */
export class RbacAuthorizer implements Authorizer {
  readonly #clusterRoles = new Map<string, Role>()
  readonly #roles = new Map<string, Role>()
  readonly #clusterRoleBindings = new Map<string, Binding>()
  readonly #roleBindings = new Map<string, Binding>()
  readonly #grants = new Map<string, readonly Grant[]>()
  readonly #stops: readonly (() => void)[]

  constructor(objects: ObjectReader) {
    const follow = <T extends AnyObject>(kind: Kind, held: Map<string, T>) => objects.follow(kind, ({ object, old }) => {
      const { namespace, name } = (object ?? old!).metadata
      if (object) held.set(`${namespace ?? ''}/${name}`, object as T)
      else held.delete(`${namespace ?? ''}/${name}`)
      this.#grants.clear()
    })
    this.#stops = [follow(clusterRole, this.#clusterRoles), follow(role, this.#roles), follow(clusterRoleBinding, this.#clusterRoleBindings), follow(roleBinding, this.#roleBindings)]
  }
  close(): void { for (const stop of this.#stops) stop() }

  authorize(attributes: AuthorizationAttributes): Decision {
    let missing: string[] | undefined
    for (const grant of this.grantsOf(attributes.user)) {
      if (grant.namespace !== '' && grant.namespace !== attributes.resource?.namespace) continue
      if (grant.missing !== undefined) (missing ??= []).push(grant.missing)
      if (grant.rules.some((rule) => allows(rule, attributes))) return { verdict: 'allow', reason: grant.reason }
    }
    return { verdict: 'none', reason: missing ? `RBAC: ${together(missing)}` : '' }
  }

  rulesFor(user: User, namespace: string): SubjectRules {
    const grants = this.grantsOf(user).filter((g) => g.namespace === '' || g.namespace === namespace)
    const rules = grants.flatMap((g) => g.rules.map((rule) => ({ rule, everywhere: g.namespace === '' }))), missing = grants.flatMap((g) => g.missing ?? [])
    return {
      resourceRules: rules.filter(({ rule }) => (rule.resources ?? []).length > 0)
        .map(({ rule }) => ({ verbs: rule.verbs, apiGroups: rule.apiGroups ?? [], resources: rule.resources ?? [], ...(rule.resourceNames && { resourceNames: rule.resourceNames }) })),
      nonResourceRules: rules.filter(({ rule, everywhere }) => everywhere && (rule.nonResourceURLs ?? []).length > 0)
        .map(({ rule }) => ({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs ?? [] })),
      incomplete: false, ...(missing.length > 0 && { evaluationError: together(missing) }),
    }
  }

  /** Every binding that names the user or one of the user's groups, with the rules of its role. */
  grantsOf(user: User): readonly Grant[] {
    const key = JSON.stringify([user.name, user.groups])
    let grants = this.#grants.get(key)
    if (!grants) {
      grants = this.#resolve(user)
      if (this.#grants.size >= rememberedUsers) this.#grants.clear()
      this.#grants.set(key, grants)
    }
    return grants
  }

  /** The rules of a role as a binding in `namespace` refers to it; undefined when there is no such role. */
  rulesOf(ref: { readonly kind: string; readonly name: string }, namespace: string): readonly PolicyRule[] | undefined {
    const found = ref.kind === 'ClusterRole' ? this.#clusterRoles.get(`/${ref.name}`) : this.#roles.get(`${namespace}/${ref.name}`)
    return found && (found.rules ?? [])
  }

  #resolve(user: User): Grant[] {
    const groups = new Set(user.groups), grants: Grant[] = []
    const add = (binding: Binding, bindingKind: string, namespace: string) => {
      const subject = binding.subjects?.find((s) => isNamed(s, user, groups, namespace))
      if (!subject) return
      const rules = this.rulesOf(binding.roleRef, namespace), { kind, name } = binding.roleRef
      grants.push({ namespace, rules: rules ?? [], reason: because(bindingKind, binding, subject), ...(!rules && { missing: `${kind.toLowerCase()}.rbac.authorization.k8s.io ${quote(name)} not found` }) })
    }
    for (const binding of this.#clusterRoleBindings.values()) add(binding, 'ClusterRoleBinding', '')
    for (const binding of this.#roleBindings.values()) add(binding, 'RoleBinding', binding.metadata.namespace ?? '')
    return grants
  }
}

function because(bindingKind: string, { metadata, roleRef }: Binding, subject: RbacSubject): string {
  const binding = metadata.namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name
  return `RBAC: allowed by ${bindingKind} "${binding}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`
}

function isNamed(subject: RbacSubject, user: User, groups: ReadonlySet<string>, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case 'User': return subject.name === user.name
    case 'Group': return groups.has(subject.name)
    case 'ServiceAccount': {
      const namespace = subject.namespace || bindingNamespace
      return namespace !== '' && user.name === `system:serviceaccount:${namespace}:${subject.name}`
    }
    default: return false
  }
}

/** Whether one rule covers the request. */
export function allows(rule: PolicyRule, { verb, resource, path }: AuthorizationAttributes): boolean {
  if (!rule.verbs.some((v) => v === '*' || v === verb)) return false
  if (!resource) return (rule.nonResourceURLs ?? []).some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))))
  const combined = resource.subresource ? `${resource.resource}/${resource.subresource}` : resource.resource
  return (rule.apiGroups ?? []).some((g) => g === '*' || g === resource.group)
    && (rule.resources ?? []).some((r) => r === '*' || r === combined || (resource.subresource !== '' && r === `*/${resource.subresource}`))
    && (!rule.resourceNames?.length || rule.resourceNames.includes(resource.name))
}

/** The group that may do everything, whatever the roles say. */
export const privilegedGroup: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? { verdict: 'allow', reason: '' } : { verdict: 'none', reason: '' }),
}
