// Whether the expressions of validating policies fit the types that the policies are about: told in their status, for people; nothing depends on it.
import { compile, type CelEnvironment, type CelType } from '#cel'
import type { Client, Controller } from '#client'
import { declaredType, expressions, kinds, validatingAdmissionPolicy, type ExpressionWarning, type RuleWithOperations, type ValidatingAdmissionPolicy } from '#kinds'
import { parseApiVersion, type Kind, type ServedVersion } from '#machinery'
import { describedTypes, type DescribedType } from './described-types.ts'

export const validatingAdmissionPolicyStatusController: Controller<ValidatingAdmissionPolicy> = {
  name: 'validatingadmissionpolicy-status', for: validatingAdmissionPolicy,
  concerns: ({ object }) => isNew(object),
  async reconcile(policy, cluster) {
    if (!isNew(policy)) return
    const found = warnings(policy, await typesBeside(policy, cluster.client))
    const { name, generation } = policy.metadata
    const status = { observedGeneration: generation, typeChecking: { ...(found.length > 0 && { expressionWarnings: found }) } }
    const { apiVersion, kind } = validatingAdmissionPolicy
    const options = { fieldManager: 'validatingadmissionpolicy-status', subresource: 'status' }
    await cluster.patch(validatingAdmissionPolicy, { name }, 'apply', { apiVersion, kind, metadata: { name }, status }, options)
  },
}
const isNew = ({ metadata, status }: ValidatingAdmissionPolicy): boolean => (metadata.generation ?? 0) > (status.observedGeneration ?? 0)

interface GroupVersionKind { readonly group: string; readonly version: string; readonly kind: string }
/** So many types are looked at for one rule. */
const mostTypes = 10

/** What does not fit, expression by expression, for each type that the policy is about. */
export function warnings({ spec }: ValidatingAdmissionPolicy, described: readonly DescribedType[]): ExpressionWarning[] {
  const { validations = [], variables = [], paramKind, matchConstraints } = spec
  const types = typesOf(matchConstraints?.resourceRules ?? [], described).flatMap((gvk) => { const type = typeOf(gvk, described); return type ? [{ gvk, type }] : [] })
  const params = paramKind && typeOf({ ...parseApiVersion(paramKind.apiVersion ?? ''), kind: paramKind.kind ?? '' }, described)
  const scopes = types.map(({ gvk, type }) => {
    const scope = { params: params !== undefined, authorizer: true, objects: type, ...(params && { paramType: params }) }
    return { gvk, environment: withoutRequestResource(expressions.environment({ ...scope, variables: expressions.variablesOf(variables, scope).types })) }
  })
  const check = (expression: string, fieldRef: string): ExpressionWarning[] => {
    const wrong = scopes.flatMap(({ gvk: { group, version, kind }, environment }) => {
      const compiled = compile(expression, environment)
      return compiled.ok ? [] : [`${group}/${version}, Kind=${kind}: ${compiled.text}\n`]
    })
    return wrong.length > 0 ? [{ fieldRef, warning: wrong.join('\n') }] : []
  }
  return validations.flatMap(({ expression, messageExpression }, i) => [
    ...check(expression, `spec.validations[${i}].expression`), ...(messageExpression ? check(messageExpression, `spec.validations[${i}].messageExpression`) : []),
  ])
}
/** The reference does not declare it here. */
function withoutRequestResource({ variables: { 'authorizer.requestResource': _, ...variables }, ...rest }: CelEnvironment): CelEnvironment { return { ...rest, variables } }

const hasStars = ({ apiGroups = [], apiVersions = [] }: RuleWithOperations): boolean => [...apiGroups, ...apiVersions].some((text) => text.includes('*'))
/** The kinds that rules name without stars, in order. One rule that names too many ends it. */
function typesOf(rules: readonly RuleWithOperations[], described: readonly DescribedType[]): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>()
  const look = () => {
    for (const { apiGroups = [], apiVersions = [], resources = [] } of rules.filter((rule) => !hasStars(rule))) {
      let count = 0
      for (const group of [...apiGroups].sort()) for (const version of [...apiVersions].sort()) for (const resource of resources.filter((text) => !/[*/]/.test(text)).sort()) {
        for (const gvk of named(group, version, resource.toLowerCase(), described)) {
          found.set(`${gvk.group}\0${gvk.version}\0${gvk.kind}`, gvk)
          if (++count === mostTypes) return
        }
      }
    }
  }
  look()
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gvk]) => gvk)
}

/** What is not built in of the groups that the policy names. */
async function typesBeside({ spec: { matchConstraints, paramKind } }: ValidatingAdmissionPolicy, client: Client): Promise<DescribedType[]> {
  const named = new Set((matchConstraints?.resourceRules ?? []).filter((rule) => !hasStars(rule)).flatMap(({ apiGroups = [], apiVersions = [] }) => apiGroups.flatMap((group) => apiVersions.map((version) => `${group}/${version}`))))
  if (paramKind?.apiVersion) named.add(paramKind.apiVersion)
  const versions = [...named].map(parseApiVersion).filter(({ group, version }) => group !== '' && !builtIn((v) => v.group === group && v.version === version))
  return (await Promise.all(versions.map(({ group, version }) => describedTypes(client, group, version)))).flat()
}

/** The versions in which a built-in kind is served. */
interface Version { readonly group: string; readonly version: string; readonly kind: string; readonly resource: string; readonly schema: Kind['schema'] }
const versionsOf = (kind: Kind): readonly Version[] => [kind, ...kind.alsoServedAs.map((other: ServedVersion<any>) => // allowed: a version of any kind
  ({ group: other.group, version: other.version, kind: other.kind ?? kind.kind, resource: other.plural ?? kind.resource, schema: other.schema }))]
const builtIn = (wanted: (version: Version) => boolean): Version | undefined => {
  for (const kind of kinds) for (const version of versionsOf(kind)) if (wanted(version)) return version
  return undefined
}
/** The kinds that a rule means by a resource: by its plural or singular; without a group those of all groups, as the reference's mapper has it. */
function named(group: string, version: string, resource: string, described: readonly DescribedType[]): GroupVersionKind[] {
  const isMeant = (v: Omit<Version, 'schema'>) => (group === '' || v.group === group) && v.version === version && (v.resource === resource || v.kind.toLowerCase() === resource)
  return [...kinds.flatMap(versionsOf).filter(isMeant), ...described.filter(isMeant)].map((v) => ({ group: v.group, version: v.version, kind: v.kind }))
}

function typeOf({ group, version, kind }: GroupVersionKind, described: readonly DescribedType[]): CelType | undefined {
  const isMeant = (v: GroupVersionKind) => v.group === group && v.version === version && v.kind === kind, known = builtIn(isMeant)
  return known ? declaredType(known.schema) : described.find(isMeant)?.type
}
