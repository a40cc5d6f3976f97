// ValidatingAdmissionPolicy: expressions that are stored in the cluster say whether a write may be.
import {
  expressions, validatingAdmissionPolicy, validatingAdmissionPolicyBinding, type Validation, type ValidatingAdmissionPolicy, type ValidatingAdmissionPolicyBinding,
} from '#kinds'
import { ApiError, forbidden, type LooseObject, type Reason } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionSurroundings } from './admission.ts'
import { shownName, type Addressed } from './addressed.ts'
import { ConditionMetrics, type ConditionsLook } from './condition-metrics.ts'
import { isExemptOfPolicies, matching } from './match.ts'
import {
  conditionsHold, conditionsOf, Evaluation, OutOfBudget, policyBudget, type CompiledCondition, type CompiledExpression, type CompiledVariable, type Evaluated,
} from './policy-evaluate.ts'
import { ConfigurationError, paramResource, paramsFor, whyNotConfigured } from './policy-params.ts'
import { PolicyMetrics } from './policy-metrics.ts'
import { PolicySource, type Binding, type Hook } from './policy-source.ts'

const { annotation, condition, environment, expression, message, variablesOf } = expressions

interface CompiledValidation extends CompiledExpression { readonly validation: Validation; readonly message: CompiledExpression | undefined }
interface Compiled {
  readonly variables: readonly CompiledVariable[]
  readonly conditions: readonly CompiledCondition[]
  readonly validations: readonly CompiledValidation[]
  readonly annotations: readonly (CompiledExpression & { readonly key: string })[]
}

type BoundPolicy = Hook<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Compiled>

/** What a policy's expressions become. Those that do not compile fail when they are evaluated. */
export function compilePolicy({ spec: { paramKind, variables = [], matchConditions, validations = [], auditAnnotations = [] } }: ValidatingAdmissionPolicy): Compiled {
  const params = paramKind !== undefined, own = variablesOf(variables, { params, authorizer: true })
  const full = environment({ params, authorizer: true, variables: own.types }), plain = environment({ params, authorizer: false, variables: own.types })
  return {
    variables: variables.map(({ name }) => ({ name, expression: own.expressions.get(name)! })),
    conditions: conditionsOf(matchConditions, (source) => expression(source, full, condition)),
    validations: validations.map((validation) => ({
      validation, source: validation.expression, expression: expression(validation.expression, full, condition),
      message: validation.messageExpression ? { source: validation.messageExpression, expression: expression(validation.messageExpression, plain, message) } : undefined,
    })),
    annotations: auditAnnotations.map(({ key, valueExpression }) => ({ key, source: valueExpression, expression: expression(valueExpression, full, annotation) })),
  }
}

/** One validation's no. `index` is its place among the policy's validations. */
interface Denial { readonly index: number; readonly text: string; readonly reason?: string }
interface Denied { readonly policy: string; readonly binding?: string; readonly text: string; readonly reason?: string }
const longestAnnotation = 10 * 1024, longestMessage = 5 * 1024

export function validatingAdmissionPolicyPlugin(): AdmissionPlugin {
  const source = new PolicySource<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Compiled>(compilePolicy)
  let surroundings: AdmissionSurroundings
  let metrics: PolicyMetrics
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (_operation, kind) => !isExemptOfPolicies(kind),
    begin(given) {
      surroundings = given
      metrics = new PolicyMetrics(given.metrics, 'validating')
      return source.follow(given, validatingAdmissionPolicy, validatingAdmissionPolicyBinding)
    },
    idle: () => source.hooks.length === 0,
    async validate(attributes) {
      let first: Denied | undefined
      for (const hook of source.hooks) {
        const denied = await ask(hook, attributes) // all of them: others warn and audit
        first ??= denied[0]
      }
      if (first) throw refusal(attributes, first)
    },
  }

  /** Everything that a policy has against the write; what it only warns of or audits is said on the way. */
  async function ask(hook: BoundPolicy, attributes: AdmissionAttributes): Promise<Denied[]> {
    const { policy, criteria, bindings } = hook, { metadata: { name }, spec: { paramKind, failurePolicy } } = policy
    const failed = (error: unknown, binding?: string): Denied[] => {
      if (!(error instanceof ConfigurationError)) throw error
      return failurePolicy === 'Ignore' ? [] : [{ policy: name, ...(binding !== undefined && { binding }), text: whyNotConfigured(error, binding) }]
    }
    const view = matching(attributes, criteria)
    if (!view) return []
    const annotations = new Map<string, Set<string>>()
    try {
      const params = paramKind && paramResource(surroundings.registry, paramKind)
      const denied: Denied[] = []
      for (const binding of bindings) {
        if (binding.criteria && !matching(attributes, binding.criteria)) continue
        try {
          for (const param of await paramsFor(attributes, params, binding.object.spec.paramRef)) denied.push(...await evaluate(hook, binding, attributes, view, param, annotations))
        } catch (error) {
          denied.push(...failed(error, binding.object.metadata.name))
        }
      }
      return denied
    } catch (error) {
      return failed(error)
    } finally {
      for (const [key, values] of annotations) attributes.annotate(`${name}/${key}`, [...values].join(', '))
    }
  }

  async function evaluate(
    { policy, compiled }: BoundPolicy, { object: binding }: Binding<ValidatingAdmissionPolicyBinding>, attributes: AdmissionAttributes, view: Addressed, param: LooseObject | undefined,
    annotations: Map<string, Set<string>>,
  ): Promise<Denied[]> {
    const { metadata: { name }, spec: { failurePolicy } } = policy, { metadata: { name: bound }, spec: { validationActions } } = binding
    const begun = surroundings.stopwatch()
    const evaluation = new Evaluation(attributes, view, surroundings.authorizer, compiled.variables, param)
    const look = () => ConditionMetrics.of(surroundings.metrics).look({ name, kind: 'policy', type: 'validate', operation: attributes.operation }, surroundings.stopwatch)
    const denials = await denialsOf(compiled, evaluation, failurePolicy, look)
    const denied: Denied[] = []
    const ms = surroundings.stopwatch() - begun
    for (const { index, text, reason } of denials ?? []) for (const action of validationActions) {
      metrics.checked(name, bound, action === 'Deny' ? 'deny' : action === 'Warn' ? 'warn' : 'audit', ms)
      if (action === 'Deny') denied.push({ policy: name, binding: bound, text, ...(reason !== undefined && { reason }) })
      else if (action === 'Warn') attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${bound}': ${text}`)
      else {
        const failure = { message: text, policy: name, binding: bound, expressionIndex: index, validationActions }
        attributes.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]))
      }
    }
    if (denials) for (const error of await annotate(compiled, evaluation, annotations)) if (failurePolicy !== 'Ignore') denied.push({ policy: name, binding: bound, text: error })
    return denied
  }
}

/** What the validations say no to; undefined when the match conditions say that the policy does not concern the write. */
async function denialsOf({ conditions, validations }: Compiled, evaluation: Evaluation, failurePolicy: string | undefined, look: () => ConditionsLook): Promise<Denial[] | undefined> {
  const onError = (index: number, text: string): Denial[] => (failurePolicy === 'Ignore' ? [] : [{ index, text }])
  const holds = await conditionsHold(conditions, evaluation, failurePolicy, look)
  if (holds instanceof Error) return onError(0, holds.message)
  if (!holds) return undefined
  const budget = policyBudget()
  try {
    const results: Evaluated[] = []
    for (const each of validations) results.push(await evaluation.evaluate(each, budget))
    const denials: Denial[] = []
    for (const [index, each] of validations.entries()) {
      const result = results[index]!
      if ('error' in result) denials.push(...onError(index, result.error))
      else if (result.value !== true) denials.push(...await denial(index, each))
    }
    return denials
  } catch (error) {
    if (error instanceof OutOfBudget) return onError(0, error.message)
    throw error
  }

  async function denial(index: number, each: CompiledValidation): Promise<Denial[]> {
    try {
      return [{ index, text: await messageOf(each, evaluation, budget), ...(each.validation.reason !== undefined && { reason: each.validation.reason }) }]
    } catch (error) {
      if (error instanceof OutOfBudget) return onError(index, `failed messageExpression: ${error.message}`)
      throw error
    }
  }
}

/** The message expression's text where it gives a usable one, then the message, then the expression itself. */
async function messageOf({ validation, message: made }: CompiledValidation, evaluation: Evaluation, budget: ReturnType<typeof policyBudget>): Promise<string> {
  const result = made && await evaluation.evaluate(made, budget)
  if (result && 'value' in result && typeof result.value === 'string') {
    const text = result.value.trim()
    if (text !== '' && !text.includes('\n') && new TextEncoder().encode(text).length <= longestMessage) return text
  }
  return validation.message?.trim() || `failed expression: ${validation.expression.trim()}`
}

/** Adds the policy's audit annotations; returns what went wrong with them. */
async function annotate({ annotations: wanted }: Compiled, evaluation: Evaluation, annotations: Map<string, Set<string>>): Promise<string[]> {
  const budget = policyBudget()
  try {
    const errors: string[] = []
    for (const { key, ...each } of wanted) {
      const result = await evaluation.evaluate(each, budget)
      if ('error' in result) { errors.push(result.error); continue }
      const value = typeof result.value === 'string' ? result.value.trim().slice(0, longestAnnotation) : ''
      if (value !== '') annotations.set(key, (annotations.get(key) ?? new Set()).add(value))
    }
    return errors
  } catch (error) {
    if (error instanceof OutOfBudget) return [error.message]
    throw error
  }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }
function refusal(attributes: AdmissionAttributes, { policy, binding, text, reason = 'Invalid' }: Denied): ApiError {
  const why = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? '' : ` with binding '${binding}'`} denied request: ${text}`
  const { status } = forbidden(attributes.served.name, shownName(attributes), why)
  return new ApiError(reason as Reason, status.message!, { ...status.details, causes: [{ message: why }] }, { code: codes[reason] ?? 422 })
}
