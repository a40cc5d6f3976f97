import { clusterRole, type ClusterRole, type PolicyRule } from '#kinds'
import { same, selectorFrom } from '#machinery'
import { watching, type Controller } from '#client'

const fieldManager = 'clusterrole-aggregation-controller'

/** Fills the rules of ClusterRoles that gather those of others by label (aggregationRule). */
export const clusterRoleAggregationController: Controller<ClusterRole> = {
  name: 'clusterrole-aggregation',
  identity: 'clusterrole-aggregation-controller',
  for: clusterRole,
  // A role that changes may matter to every role that gathers: there are few.
  watches: [watching(clusterRole, (_, cluster) => cluster.list(clusterRole).filter((r) => r.aggregationRule).map((r) => ({ name: r.metadata.name })))],

  async reconcile(role, cluster) {
    const rules = gatheredRules(role, cluster.list(clusterRole))
    if (!rules || same(rules, role.rules ?? [])) return
    // Applied, so that the rules have an owner of their own among the role's managed fields.
    const { apiVersion, kind } = clusterRole, { name } = role.metadata
    await cluster.patch(clusterRole, { name }, 'apply', { apiVersion, kind, metadata: { name }, ...(rules.length > 0 && { rules }) }, { fieldManager })
  },
}

/** The rules of all selected roles, by role name, each once; undefined for a role that gathers nothing. */
export function gatheredRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (!role.aggregationRule) return undefined
  const rules: PolicyRule[] = []
  for (const given of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = selectorFrom(given)
    const sources = all.filter((r) => r.metadata.name !== role.metadata.name && selector.matches(r.metadata.labels ?? {})).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    for (const source of sources) for (const rule of source.rules ?? []) if (!rules.some((r) => same(r, rule))) rules.push(rule)
  }
  return rules
}
