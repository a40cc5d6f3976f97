// MutatingAdmissionPolicy: expressions that are stored in the cluster change what is written, by configurations laid over it and by JSON patches.
import { expressions, mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding, type MutatingAdmissionPolicy, type MutatingAdmissionPolicyBinding } from '#kinds'
import { ApiError, forbidden, quote, same, type LooseObject } from '#machinery'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionSurroundings } from './admission.ts'
import { replaceAll, shown, shownName, taken, type Addressed } from './addressed.ts'
import { ConditionMetrics } from './condition-metrics.ts'
import { isExemptOfPolicies, matching } from './match.ts'
import { conditionsHold, conditionsOf, Evaluation, policyBudget, type CompiledCondition, type CompiledExpression, type CompiledVariable } from './policy-evaluate.ts'
import { PolicyMetrics } from './policy-metrics.ts'
import { ConfigurationError, paramResource, paramsFor, whyNotConfigured } from './policy-params.ts'
import { mutated, MutationError } from './policy-mutation.ts'
import { PolicySource, type Hook } from './policy-source.ts'
import { Round } from './round.ts'

const { applyConfigurations, condition, environment, expression, jsonPatches, variablesOf } = expressions

export interface CompiledMutation extends CompiledExpression { readonly patchType: string }
interface Compiled { readonly variables: readonly CompiledVariable[]; readonly conditions: readonly CompiledCondition[]; readonly mutations: readonly CompiledMutation[] }

export function compileMutations({ spec: { paramKind, variables = [], matchConditions, mutations = [] } }: MutatingAdmissionPolicy): Compiled {
  const params = paramKind !== undefined, own = variablesOf(variables, { params, authorizer: true })
  const scope = environment({ params, authorizer: true, variables: own.types }), patching = environment({ params, authorizer: true, variables: own.types, patches: true })
  return {
    variables: variables.map(({ name }) => ({ name, expression: own.expressions.get(name)! })),
    conditions: conditionsOf(matchConditions, (source) => expression(source, scope, condition)),
    mutations: mutations.map(({ patchType, applyConfiguration, jsonPatch }) => {
      const source = (patchType === 'JSONPatch' ? jsonPatch : applyConfiguration)?.expression?.trim() ?? ''
      return { patchType, source, expression: expression(source, patching, patchType === 'JSONPatch' ? jsonPatches : applyConfigurations) }
    }),
  }
}

/** A policy with one of its bindings and one of its parameters, on a write that both match. */
interface Invocation {
  readonly hook: Hook<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Compiled>
  readonly binding: string
  readonly view: Addressed
  readonly param: LooseObject | undefined
  readonly key: string
}
interface Denied { readonly policy: string; readonly binding?: string; readonly text: string; readonly reason?: 'Invalid' }
interface Outcome { readonly changed: boolean; readonly touched: boolean; readonly denied: readonly Denied[] }
const name = 'MutatingAdmissionPolicy'

export function mutatingAdmissionPolicyPlugin(): AdmissionPlugin {
  const source = new PolicySource<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Compiled>(compileMutations)
  let surroundings: AdmissionSurroundings
  let metrics: PolicyMetrics
  return {
    name,
    handles: (operation, kind) => operation !== 'DELETE' && !isExemptOfPolicies(kind),
    begin(given) {
      surroundings = given
      metrics = new PolicyMetrics(given.metrics, 'mutating')
      return source.follow(given, mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding)
    },
    idle: () => source.hooks.length === 0,
    async mutate(attributes) {
      const denied: Denied[] = []
      const invocations: Invocation[] = []
      for (const hook of source.hooks) invocations.push(...await invocationsOf(hook, attributes, denied))
      if (invocations.length > 0) denied.push(...await invoke(invocations, attributes))
      if (denied.length > 0) throw refusal(attributes, denied)
    },
  }

  async function invocationsOf(hook: Invocation['hook'], attributes: AdmissionAttributes, denied: Denied[]): Promise<Invocation[]> {
    const { policy: { metadata, spec: { paramKind, failurePolicy } }, criteria, bindings } = hook
    const failed = (error: unknown, binding?: string): Invocation[] => {
      if (!(error instanceof ConfigurationError)) throw error
      if (failurePolicy !== 'Ignore') denied.push({ policy: metadata.name, ...(binding !== undefined && { binding }), text: whyNotConfigured(error, binding) })
      return []
    }
    const view = matching(attributes, criteria)
    if (!view) return []
    try {
      const params = paramKind && paramResource(surroundings.registry, paramKind)
      const found: Invocation[] = []
      for (const { object: binding, criteria: narrower } of bindings) {
        if (narrower && !matching(attributes, narrower)) continue
        try {
          for (const param of await paramsFor(attributes, params, binding.spec.paramRef))
            found.push({ hook, binding: binding.metadata.name, view, param, key: JSON.stringify([metadata.name, binding.metadata.name, param?.metadata.namespace, param?.metadata.name]) })
        } catch (error) {
          found.push(...failed(error, binding.metadata.name))
        }
      }
      return found
    } catch (error) {
      return failed(error)
    }
  }

  /** Runs the mutations in order. Once anything has run, everybody who wants to be called again is. */
  async function invoke(invocations: readonly Invocation[], attributes: AdmissionAttributes): Promise<Denied[]> {
    const round = Round.of(attributes, name)
    const denied: Denied[] = []
    let touched = false
    for (const invocation of invocations) {
      const { hook: { policy: { spec: { failurePolicy, reinvocationPolicy } } }, key } = invocation
      const outcome = await invokeOne(invocation, attributes, round.leavesOut(key))
      if (outcome === 'skipped') continue
      if (outcome.changed) round.changed()
      touched ||= outcome.touched
      if (failurePolicy !== 'Ignore') denied.push(...outcome.denied)
      if (reinvocationPolicy === 'IfNeeded') round.wantsMore(key)
    }
    if (touched) round.changed()
    round.end(attributes.object)
    return denied
  }

  async function invokeOne({ hook: { policy, compiled }, binding, view, param }: Invocation, attributes: AdmissionAttributes, notAgain: boolean): Promise<'skipped' | Outcome> {
    const denied: Denied[] = []
    const deny = (text: string) => { denied.push({ policy: policy.metadata.name, binding, text, reason: 'Invalid' }) }
    const evaluationNow = () => new Evaluation(attributes, view, surroundings.authorizer, compiled.variables, param)
    const look = () => ConditionMetrics.of(surroundings.metrics).look({ name: policy.metadata.name, kind: 'policy', type: 'validate', operation: attributes.operation }, surroundings.stopwatch)
    const holds = await conditionsHold(compiled.conditions, evaluationNow(), policy.spec.failurePolicy, look)
    if (holds instanceof Error) { deny(holds.message); return { changed: false, touched: false, denied } }
    if (!holds || notAgain) return 'skipped'
    if (!attributes.object) return { changed: false, touched: false, denied }
    const before = await shown(attributes.object, attributes, view)
    let touched = false
    for (const mutation of compiled.mutations) {
      const begun = surroundings.stopwatch()
      try {
        const next = await mutated(mutation, evaluationNow(), policyBudget(), await shown(attributes.object, attributes, view), view)
        replaceAll(attributes.object, await taken(next, attributes, view))
        touched = true
        metrics.checked(policy.metadata.name, binding, 'allow', surroundings.stopwatch() - begun)
      } catch (error) {
        metrics.checked(policy.metadata.name, binding, 'deny', surroundings.stopwatch() - begun, 'invalid_error')
        if (!(error instanceof MutationError)) throw error
        deny(error.message)
      }
    }
    return { changed: touched && !same(before, await shown(attributes.object, attributes, view)), touched, denied }
  }
}

/** 403 with the reason of what was said first; what is denied by policies names no resource in its message. */
function refusal(attributes: AdmissionAttributes, denied: readonly Denied[]): ApiError {
  const texts = denied.map(({ policy, binding, text }) => {
    const who = binding === undefined ? quote(policy) : `'${policy}' with binding '${binding}'`
    return `policy ${who} denied request: ${text}`
  })
  const { status } = forbidden(attributes.served.name, shownName(attributes), '')
  return new ApiError(denied[0]!.reason ?? 'Forbidden', texts[0]!, { ...status.details, causes: texts.map((message) => ({ message })) }, { code: 403 })
}
