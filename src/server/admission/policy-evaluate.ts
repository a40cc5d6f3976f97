// Evaluating a policy's expressions over one write: what they may see, what they may cost, and what goes wrong in the reference's words.
import { CelError, type CelBudget } from '#cel'
import { namespace as namespaceKind, type expressions, type MatchCondition } from '#kinds'
import { notFound, quote, type LooseObject } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import { admissionRequest } from './admission-request.ts'
import type { AdmissionAttributes } from './admission.ts'
import { namespaceOf, shown, type Addressed } from './addressed.ts'
import { authorizerVariables, Waiting } from './authorizer-variable.ts'
import type { ConditionsLook } from './condition-metrics.ts'

/** Units that one expression, all expressions of a policy and all match conditions may cost. */
const perExpression = 1_000_000, perPolicy = 10_000_000, perConditions = 2_500_000
export const policyBudget = (): CelBudget => ({ perCall: perExpression, left: perPolicy })

/** The budget is spent: nothing more is evaluated. */
export class OutOfBudget extends Error {
  override readonly name = 'OutOfBudget'
  constructor() { super('validation failed due to running out of cost budget, no further validation rules will be run') }
}

type Expression = expressions.Expression
export interface CompiledExpression { readonly source: string; readonly expression: Expression }
export interface CompiledVariable { readonly name: string; readonly expression: Expression }
export type Evaluated = { readonly value: unknown; json(): unknown } | { readonly error: string }

/** What the expressions of one evaluation see. Everything is made when it is first named. */
export class Evaluation {
  readonly #variables: Record<string, unknown>
  readonly #evaluations: AdmissionAttributes['evaluations']
  #budget: CelBudget | undefined

  constructor(attributes: AdmissionAttributes, view: Addressed, authorizer: Authorizer, variables: readonly CompiledVariable[] = [], params?: LooseObject) {
    this.#evaluations = attributes.evaluations
    this.#variables = {
      object: shownOnce(attributes.object, attributes, view), oldObject: shownOnce(attributes.old, attributes, view), request: once(() => admissionRequest(attributes, view)),
      namespaceObject: once(() => namespaceObject(attributes)), params: params ?? null, ...authorizerVariables(authorizer, attributes), variables: once(() => this.#own(variables)),
    }
  }

  /** The value, or what went wrong. Rejects with OutOfBudget. */
  async evaluate({ source, expression }: CompiledExpression, budget: CelBudget): Promise<Evaluated> {
    if (!expression.ok) return { error: `compilation error: ${expression.detail}` }
    this.#budget = budget
    const before = budget.left, clock = this.#evaluations?.clock
    for (;;) {
      let result: Evaluated
      const begun = clock?.elapsed ?? 0
      try {
        result = expression.program.evaluate(this.#variables, budget)
      } catch (error) {
        if (error instanceof Waiting) {
          await error.answer
          budget.left = before
          continue
        }
        if (!(error instanceof CelError)) throw error
        result = { error: `expression '${source}' resulted in error: ${error.message}` }
      }
      this.#evaluations?.took(clock!.elapsed - begun)
      if (budget.left < 0) throw new OutOfBudget()
      return result
    }
  }

  /** A policy's own variables: each is evaluated at most once, when an expression names it. */
  #own(variables: readonly CompiledVariable[]): object {
    const own = {}
    for (const { name, expression } of variables) {
      const value = once(() => {
        if (!expression.ok) throw new CelError(`composited variable ${quote(name)} fails to compile: ${expression.detail}`)
        try {
          return expression.program.evaluate(this.#variables, this.#budget!).value
        } catch (error) {
          throw error instanceof CelError ? new CelError(`composited variable ${quote(name)} fails to evaluate: ${error.message}`, error.overBudget) : error
        }
      })
      Object.defineProperty(own, name, { enumerable: true, get: value })
    }
    return own
  }
}

/** A function that remembers what came of it, errors included (but for one that only says to wait). */
function once<T>(make: () => T): () => T {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  return () => {
    if (!outcome) {
      try { outcome = { value: make() } } catch (error) {
        if (error instanceof Waiting) throw error
        outcome = { error }
      }
    }
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}

/** An object in the version that matched; null where there is none. */
function shownOnce(object: LooseObject | undefined, attributes: AdmissionAttributes, view: Addressed): () => LooseObject | null {
  if (!object) return () => null
  let there: LooseObject | undefined
  return () => {
    if (there) return there
    const made = shown(object, attributes, view)
    if (made instanceof Promise) throw new Waiting(made.then((value) => { there = value }))
    return there = made
  }
}

/** The namespace as expressions see it; null where there is none. Throws NotFound. */
function namespaceObject(attributes: AdmissionAttributes): object | null {
  if (attributes.served.group === '' && attributes.served.resource === 'namespaces') return null // a namespace lies in none
  const name = namespaceOf(attributes)
  if (name === '') return null
  const found = attributes.objects.get(namespaceKind, name)
  if (!found) throw notFound(namespaceKind, name)
  const { managedFields: _, ownerReferences: __, ...metadata } = found.metadata
  return { metadata, spec: found.spec, status: found.status }
}

export interface CompiledCondition extends CompiledExpression { readonly name: string }
export const conditionsOf = (conditions: readonly MatchCondition[] | undefined, compile: (source: string) => Expression): readonly CompiledCondition[] =>
  (conditions ?? []).map(({ name, expression }) => ({ name, source: expression, expression: compile(expression) }))

/** Whether all match conditions hold. One that is false outweighs errors; errors otherwise count as the failure policy says: an Error, or no match. */
export async function conditionsHold(
  conditions: readonly CompiledCondition[], evaluation: Evaluation, failurePolicy: string | undefined, begin: () => ConditionsLook,
): Promise<boolean | Error> {
  if (conditions.length === 0) return true
  const look = begin()
  const errors: string[] = [], budget: CelBudget = { perCall: perExpression, left: perConditions }
  try {
    for (const condition of conditions) {
      const result = await evaluation.evaluate(condition, budget)
      if ('error' in result) { errors.push(result.error); look.failed() } else if (result.value === false) { look.excluded(); return false }
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    return failurePolicy === 'Ignore' ? false : error
  } finally { look.ended() }
  if (errors.length === 0) return true
  if (failurePolicy === 'Ignore') return false
  const distinct = [...new Set(errors)]
  return new Error(distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`)
}
