// Whether the expressions of validating policies fit the types that the policies are about: told in their status, for people; nothing depends on it.
import { compile, type CelEnvironment, type CelType } from '#cel'
import type { Controller } from '#client'
import {
  celTypeOf, customResourceDefinition, declaredType, expressions, kinds, structural, validatingAdmissionPolicy,
  type CustomResourceDefinition, type ExpressionWarning, type RuleWithOperations, type ValidatingAdmissionPolicy,
} from '#kinds'
import { objectMeta, parseApiVersion, type Kind, type ServedVersion } from '#machinery'

export const validatingAdmissionPolicyStatusController: Controller<ValidatingAdmissionPolicy> = {
  name: 'validatingadmissionpolicy-status', for: validatingAdmissionPolicy, reads: [customResourceDefinition],
  concerns: ({ object }) => isNew(object),
  async reconcile(policy, cluster) {
    if (!isNew(policy)) return
    const found = warnings(policy, cluster.list(customResourceDefinition))
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
export function warnings({ spec }: ValidatingAdmissionPolicy, definitions: readonly CustomResourceDefinition[]): ExpressionWarning[] {
  const { validations = [], variables = [], paramKind, matchConstraints } = spec
  const types = typesOf(matchConstraints?.resourceRules ?? [], definitions).flatMap((gvk) => { const type = typeOf(gvk, definitions); return type ? [{ gvk, type }] : [] })
  const params = paramKind && typeOf({ ...parseApiVersion(paramKind.apiVersion ?? ''), kind: paramKind.kind ?? '' }, definitions)
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

/** The kinds that rules name without stars, in order. */
function typesOf(rules: readonly RuleWithOperations[], definitions: readonly CustomResourceDefinition[]): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((text) => text.includes('*'))) continue
    let left = mostTypes
    for (const group of [...apiGroups].sort()) for (const version of [...apiVersions].sort()) for (const resource of resources.filter((text) => !/[*/]/.test(text)).sort()) {
      const kind = kindOf(group, version, resource, definitions)
      if (!kind || left-- <= 0) continue
      found.set(`${group}\0${version}\0${kind}`, { group, version, kind })
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gvk]) => gvk)
}

/** The versions in which a built-in kind is served. */
interface Version { readonly group: string; readonly version: string; readonly kind: string; readonly resource: string; readonly schema: Kind['schema'] }
const versionsOf = (kind: Kind): readonly Version[] => [kind, ...kind.alsoServedAs.map((other: ServedVersion<any>) => // allowed: a version of any kind
  ({ group: other.group, version: other.version, kind: other.kind ?? kind.kind, resource: other.plural ?? kind.resource, schema: other.schema }))]
const builtIn = (wanted: (version: Version) => boolean): Version | undefined => {
  for (const kind of kinds) for (const version of versionsOf(kind)) if (wanted(version)) return version
  return undefined
}
const kindOf = (group: string, version: string, resource: string, definitions: readonly CustomResourceDefinition[]): string | undefined =>
  builtIn((v) => v.group === group && v.version === version && v.resource === resource)?.kind
    ?? definitions.find(({ spec }) => spec.group === group && spec.names.plural === resource && spec.versions.some((v) => v.name === version && v.served))?.spec.names.kind

function typeOf({ group, version, kind }: GroupVersionKind, definitions: readonly CustomResourceDefinition[]): CelType | undefined {
  const known = builtIn((v) => v.group === group && v.version === version && v.kind === kind)
  if (known) return declaredType(known.schema)
  const custom = definitions.find(({ spec }) => spec.group === group && spec.names.kind === kind)?.spec.versions.find((v) => v.name === version && v.served)
  const schema = custom && celTypeOf(structural(custom.schema?.openAPIV3Schema), true)?.type
  if (schema?.type !== 'object') return undefined
  return { ...schema, name: kind, fields: { ...schema.fields, metadata: { of: declaredType(objectMeta), required: true } } }
}
