// What is wrong with admission policies and their bindings. Expressions are checked for being there; what they mean, where they can be compiled.
import { duplicateValue, invalidValue, isQualifiedName, requiredValue, type FieldError } from '#machinery'
import { failing, oneOf, validateConditions, validateDNSSubdomain } from '../checks.ts'
import type { MatchResources, ParamRef } from './match.ts'
import type { MutatingAdmissionPolicySpec, Mutation } from './mutatingadmissionpolicy.ts'
import type { MutatingAdmissionPolicyBindingSpec } from './mutatingadmissionpolicybinding.ts'
import { validateMatchConditions, validateMatchResources, validateParamKind, validateParamRef, validateVariables } from './validate-rules.ts'
import type { AuditAnnotation, ValidatingAdmissionPolicySpec, ValidatingAdmissionPolicyStatus, Validation } from './validatingadmissionpolicy.ts'
import type { ValidatingAdmissionPolicyBindingSpec } from './validatingadmissionpolicybinding.ts'

const unspecified = 'expression is not specified'
type Shared = Pick<ValidatingAdmissionPolicySpec, 'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions' | 'variables'>
const validateShared = ({ failurePolicy, paramKind, matchConstraints: match, matchConditions, variables }: Shared): FieldError[] => [
  ...(failurePolicy === undefined ? [requiredValue('spec.failurePolicy')] : oneOf(failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy')),
  ...(paramKind ? validateParamKind(paramKind, 'spec.paramKind') : []),
  ...(match ? [...validateMatchResources(match, 'spec.matchConstraints'), ...(match.resourceRules?.length ? [] : [requiredValue('spec.matchConstraints.resourceRules')])]
    : [requiredValue('spec.matchConstraints')]),
  ...validateMatchConditions(matchConditions, 'spec.matchConditions'),
  ...validateVariables(variables, 'spec.variables'),
]

interface ValidatingPolicy { readonly metadata: { readonly name: string }; readonly spec: ValidatingAdmissionPolicySpec; readonly status: ValidatingAdmissionPolicyStatus }
const mostAnnotations = 20
export function validateValidatingPolicy({ metadata, spec, status }: ValidatingPolicy, _old?: object, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateConditions(status.conditions, 'status.conditions')
  const { validations = [], auditAnnotations = [] } = spec, errors = validateShared(spec), nothing = 'validations or auditAnnotations must contain at least one item'
  if (!validations.length && !auditAnnotations.length) return [...errors, requiredValue('spec.validations', nothing), requiredValue('spec.auditAnnotations', nothing)]
  errors.push(...validations.flatMap((v, i) => validateValidation(v, `spec.validations[${i}]`)))
  if (auditAnnotations.length > mostAnnotations) errors.push(invalidValue('spec.auditAnnotations', auditAnnotations, `must not have more than ${mostAnnotations} auditAnnotations`))
  return [...errors, ...auditAnnotations.flatMap((a, i) => [
    ...validateAnnotation(a, metadata.name, `spec.auditAnnotations[${i}]`),
    ...(auditAnnotations.findIndex((b) => b.key === a.key) < i ? [duplicateValue(`spec.auditAnnotations[${i}].key`, a.key)] : []),
  ])]
}
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized']
const validateValidation = ({ expression, message = '', messageExpression = '', reason }: Validation, at: string): FieldError[] => [
  ...(expression.trim() ? [] : [requiredValue(`${at}.expression`, unspecified)]),
  ...(messageExpression && !messageExpression.trim() ? [invalidValue(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified')] : []),
  ...(message && !message.trim() ? [invalidValue(`${at}.message`, message, 'message must be non-empty if specified')] : /[\r\n]/.test(message.trim())
    ? [invalidValue(`${at}.message`, message, 'must not contain line breaks')] : []),
  ...(reason === undefined ? [] : oneOf(reason, reasons, `${at}.reason`)),
]
const validateAnnotation = ({ key, valueExpression }: AuditAnnotation, policy: string, at: string): FieldError[] => [
  ...(policy ? isQualifiedName(`${policy}/${key}`).map((why) => invalidValue(`${at}.key`, `${policy}/${key}`, why)) : failing(isQualifiedName, key, `${at}.key`)),
  ...(valueExpression.trim() ? [] : [requiredValue(`${at}.valueExpression`, 'valueExpression is not specified')]),
]

export function validateMutatingPolicy({ spec }: { spec: MutatingAdmissionPolicySpec }): FieldError[] {
  const { mutations = [], reinvocationPolicy } = spec
  return [
    ...validateShared(spec),
    ...(mutations.length ? mutations.flatMap((m, i) => validateMutation(m, `spec.mutations[${i}]`))
      : [requiredValue('spec.mutations', 'mutations must contain at least one item')]),
    ...(reinvocationPolicy ? oneOf(reinvocationPolicy, ['IfNeeded', 'Never'], 'spec.reinvocationPolicy') : [requiredValue('spec.reinvocationPolicy')]),
  ]
}
const sorts = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const
function validateMutation(mutation: Mutation, at: string): FieldError[] {
  const { patchType } = mutation
  if (!patchType) return [requiredValue(`${at}.patchType`)]
  if (!Object.hasOwn(sorts, patchType)) return oneOf(patchType, Object.keys(sorts), `${at}.patchType`)
  const field = sorts[patchType as keyof typeof sorts], how = mutation[field]
  return how?.expression?.trim() ? [] : [requiredValue(`${at}.${field}${how ? '.expression' : ''}`, how ? unspecified : '')]
}

const validateReferences = ({ policyName = '', paramRef, matchResources }: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources }): FieldError[] => [
  ...(policyName ? validateDNSSubdomain(policyName, 'spec.policyName') : [requiredValue('spec.policyName')]),
  ...(paramRef ? validateParamRef(paramRef, 'spec.paramRef') : []),
  ...(matchResources ? validateMatchResources(matchResources, 'spec.matchResouces') : []),
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
export const validateMutatingBinding = ({ spec }: { spec: MutatingAdmissionPolicyBindingSpec }): FieldError[] => validateReferences(spec)
