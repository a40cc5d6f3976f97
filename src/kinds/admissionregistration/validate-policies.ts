// What is wrong with admission policies and their bindings.
import type { CelEnvironment } from '#cel'
import { duplicateValue, invalidValue, isQualifiedName, JsonPathError, parseJsonPath, requiredValue, same, takesMore, type FieldError } from '#machinery'
import { oneOf, validateConditions, validateDNSSubdomain } from '../checks.ts'
import { annotation, applyConfigurations, condition, environment, expression, jsonPatches, message, variablesOf } from './expressions.ts'
import type { MatchResources, ParamRef } from './match.ts'
import type { MutatingAdmissionPolicySpec, Mutation } from './mutatingadmissionpolicy.ts'
import type { MutatingAdmissionPolicyBindingSpec } from './mutatingadmissionpolicybinding.ts'
import { validateMatchConditions, validateMatchResources, validateParamKind, validateParamRef, validateVariables, wrongExpression } from './validate-rules.ts'
import type { AuditAnnotation, ValidatingAdmissionPolicySpec, ValidatingAdmissionPolicyStatus, Validation } from './validatingadmissionpolicy.ts'
import type { ValidatingAdmissionPolicyBindingSpec } from './validatingadmissionpolicybinding.ts'

const unspecified = 'expression is not specified'
type Shared = Pick<ValidatingAdmissionPolicySpec, 'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions' | 'variables'>
/** What both sorts of policies have, but for what comes after their match constraints. */
const validateConstraints = ({ failurePolicy, paramKind, matchConstraints: match }: Shared): FieldError[] => [
  ...(failurePolicy === undefined ? [requiredValue('spec.failurePolicy')] : oneOf(failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy')),
  ...(paramKind ? validateParamKind(paramKind, 'spec.paramKind') : []),
  ...(match ? [...validateMatchResources(match, 'spec.matchConstraints'), ...(match.resourceRules?.length ? [] : [requiredValue('spec.matchConstraints.resourceRules')])]
    : [requiredValue('spec.matchConstraints')]),
]
/** Conditions that stay as they are have been checked before. */
function validateConditionsOf({ paramKind, matchConditions }: Shared, old: Shared | undefined): FieldError[] {
  if (old && same(paramKind, old.paramKind) && same(matchConditions, old.matchConditions)) return []
  return validateMatchConditions(matchConditions, 'spec.matchConditions', paramKind !== undefined)
}

interface ValidatingPolicy { readonly metadata: { readonly name: string }; readonly spec: ValidatingAdmissionPolicySpec; readonly status: ValidatingAdmissionPolicyStatus }
const mostAnnotations = 20, longestAnnotation = 5 * 1024
export function validateValidatingPolicy({ metadata, spec, status }: ValidatingPolicy, old?: ValidatingPolicy, subresource?: string): FieldError[] {
  if (subresource === 'status') return [...validateTypeChecking(status.typeChecking), ...validateConditions(status.conditions, 'status.conditions')]
  const { validations = [], auditAnnotations = [], variables = [] } = spec, params = spec.paramKind !== undefined
  const made = variablesOf(variables, { params, authorizer: true })
  const own = variables.length > 0 ? { variables: made.types } : {}
  const scopes = { full: environment({ params, authorizer: true, ...own }), message: environment({ params, authorizer: false, ...own }) }
  const errors = [...validateConstraints(spec), ...validateConditionsOf(spec, old?.spec), ...validateVariables(variables, made, 'spec.variables')]
  const nothing = 'validations or auditAnnotations must contain at least one item'
  if (!validations.length && !auditAnnotations.length) return [...errors, requiredValue('spec.validations', nothing), requiredValue('spec.auditAnnotations', nothing)]
  errors.push(...validations.flatMap((v, i) => validateValidation(v, scopes, `spec.validations[${i}]`)))
  if (auditAnnotations.length > mostAnnotations) errors.push(invalidValue('spec.auditAnnotations', auditAnnotations, `must not have more than ${mostAnnotations} auditAnnotations`))
  return [...errors, ...auditAnnotations.flatMap((a, i) => [
    ...validateAnnotation(a, scopes.full, metadata.name, `spec.auditAnnotations[${i}]`),
    ...(auditAnnotations.findIndex((b) => b.key === a.key) < i ? [duplicateValue(`spec.auditAnnotations[${i}].key`, a.key)] : []),
  ])]
}
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
interface Scopes { readonly full: CelEnvironment; readonly message: CelEnvironment }
const validateValidation = ({ expression: source, message: text = '', messageExpression = '', reason }: Validation, scopes: Scopes, at: string): FieldError[] => [
  ...(source.trim() ? wrongExpression(source, expression(source, scopes.full, condition), `${at}.expression`) : [requiredValue(`${at}.expression`, unspecified)]),
  ...(messageExpression.trim() ? wrongExpression(messageExpression, expression(messageExpression, scopes.message, message), `${at}.messageExpression`)
    : messageExpression ? [invalidValue(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified')] : []),
  ...(text && !text.trim() ? [invalidValue(`${at}.message`, text, 'must be non-empty if specified')] : /[\r\n]/.test(text.trim())
    ? [invalidValue(`${at}.message`, text, 'must not contain line breaks')] : []),
  ...(reason === undefined ? [] : oneOf(reason, reasons, `${at}.reason`)),
]
function validateAnnotation({ key, valueExpression }: AuditAnnotation, scope: CelEnvironment, policy: string, at: string): FieldError[] {
  const source = valueExpression.trim()
  return [
    ...(policy ? isQualifiedName(`${policy}/${key}`).map((why) => invalidValue(`${at}.key`, `${policy}/${key}`, why))
      : [invalidValue(`${at}.key`, key, 'requires metadata.name be non-empty')]),
    ...(!source ? [requiredValue(`${at}.valueExpression`, 'valueExpression is not specified')]
      : takesMore(source, longestAnnotation) ? [requiredValue(`${at}.valueExpression`, `must not exceed ${longestAnnotation} bytes in length`)]
        : wrongExpression(valueExpression, expression(source, scope, annotation), `${at}.valueExpression`)),
  ]
}
const validateTypeChecking = (checked: ValidatingAdmissionPolicyStatus['typeChecking']): FieldError[] => (checked?.expressionWarnings ?? []).flatMap(({ warning, fieldRef }, i) => [
  ...(warning ? [] : [requiredValue(`status.typeChecking.expressionWarnings[${i}].warning`)]),
  ...validateFieldRef(fieldRef.trim(), `status.typeChecking.expressionWarnings[${i}].fieldRef`),
])

function validateFieldRef(path: string, at: string): FieldError[] {
  if (!path) return [requiredValue(at)]
  try {
    parseJsonPath(path)
    return []
  } catch (error) {
    if (error instanceof JsonPathError) return [invalidValue(at, path, `invalid JSONPath: ${error.message}`)]
    throw error
  }
}

interface MutatingPolicy { readonly spec: MutatingAdmissionPolicySpec }
export function validateMutatingPolicy({ spec }: MutatingPolicy, old?: MutatingPolicy): FieldError[] {
  const { mutations = [], reinvocationPolicy, variables = [] } = spec, params = spec.paramKind !== undefined
  const made = variablesOf(variables, { params, authorizer: true })
  const scope = environment({ params, authorizer: true, variables: made.types, patches: true })
  return [
    ...validateConstraints(spec), ...validateMutatingOperations(spec.matchConstraints, 'spec.matchConstraints'),
    ...validateConditionsOf(spec, old?.spec), ...validateVariables(variables, made, 'spec.variables'),
    ...(mutations.length ? mutations.flatMap((m, i) => validateMutation(m, scope, `spec.mutations[${i}]`))
      : [requiredValue('spec.mutations', 'mutations must contain at least one item')]),
    ...(reinvocationPolicy ? oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], 'spec.reinvocationPolicy') : [requiredValue('spec.reinvocationPolicy')]),
  ]
}
const mutating = ['*', 'CONNECT', 'CREATE', 'UPDATE']
/** What is deleted cannot be changed. */
const validateMutatingOperations = (match: MatchResources | undefined, at: string): FieldError[] =>
  (match?.resourceRules ?? []).flatMap((rule) => (rule.operations ?? []).flatMap((operation) => oneOf(operation, mutating, `${at}.resourceRules.operations`)))
const sorts = { ApplyConfiguration: { field: 'applyConfiguration', types: applyConfigurations }, JSONPatch: { field: 'jsonPatch', types: jsonPatches } } as const
function validateMutation(mutation: Mutation, scope: CelEnvironment, at: string): FieldError[] {
  const { patchType } = mutation
  if (!patchType) return [requiredValue(`${at}.patchType`)]
  if (patchType !== 'ApplyConfiguration' && patchType !== 'JSONPatch') return oneOf(patchType, Object.keys(sorts), `${at}.patchType`)
  const { field, types } = sorts[patchType], other = patchType === 'JSONPatch' ? 'applyConfiguration' : 'jsonPatch', source = mutation[field]?.expression?.trim() ?? ''
  return [
    ...(!mutation[field] ? [requiredValue(`${at}.${field}`, `must be specified when patchType is ${patchType}`)] : !source ? [requiredValue(`${at}.${field}.expression`)]
      : wrongExpression(source, expression(source, scope, types), `${at}.${field}.expression`)),
    ...(mutation[other] ? [invalidValue(`${at}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`)] : []),
  ]
}

const validateReferences = ({ policyName = '', paramRef, matchResources }: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources }): FieldError[] => [
  ...(policyName ? validateDNSSubdomain(policyName, 'spec.policyName') : [requiredValue('spec.policyName')]),
  ...(paramRef ? validateParamRef(paramRef, 'spec.paramRef') : []),
  ...(matchResources ? validateMatchResources(matchResources, 'spec.matchResources') : []),
]
export function validateValidatingBinding({ spec }: { spec: ValidatingAdmissionPolicyBindingSpec }): FieldError[] {
  const actions = spec.validationActions ?? [], at = 'spec.validationActions'
  return [
    ...validateReferences(spec),
    ...actions.flatMap((action, i) => [...oneOf(action, ['Audit', 'Deny', 'Warn'], `${at}[${i}]`),
      ...(actions.indexOf(action) < i ? [duplicateValue(`${at}[${i}]`, action)] : [])]),
    ...(actions.includes('Deny') && actions.includes('Warn')
      ? [invalidValue(at, actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)')]
        : []),
    ...(actions.length ? [] : [requiredValue(at, 'at least one validation action is required')]),
  ]
}
export const validateMutatingBinding = ({ spec }: { spec: MutatingAdmissionPolicyBindingSpec }): FieldError[] =>
  [...validateReferences(spec), ...validateMutatingOperations(spec.matchResources, 'spec.matchResources')]
