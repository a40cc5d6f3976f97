// Rules of a schema, compiled and priced: what is wrong with them, and what all of them together may cost.
import { forbiddenValue, invalidValue, type FieldError } from '#machinery'
import type { JSONSchemaProps } from './customresourcedefinition.ts'
import { goRule } from './go-schema.ts'
import { isResource, rulesOf, type Rule } from './schema/rules.ts'
import type { Structural } from './schema/structural.ts'

/** The most that one expression may cost by its bounds, and all of a schema. */
const expressionLimit = 10_000_000, schemaLimit = 100_000_000
/** Of the rules that make a schema too expensive, the dearest are named; those below a hundredth of the limit are not. */
const mostNamed = 4
const mostCost = 2 ** 64

interface Sum { total: number; dearest: { readonly at: string; readonly cost: number }[] }
/** Counts what the rules of one schema may cost. */
export class Costs {
  readonly #sum: Sum
  /** How often a value can be there, by the bounds of the lists and maps around it; undefined: nobody says. */
  readonly times: number | undefined
  constructor(times: number | undefined, sum: Sum = { total: 0, dearest: [] }) { this.times = times; this.#sum = sum }

  /** The count for what is inside of a list or map. */
  among(most: number | undefined): Costs { return new Costs(this.times === undefined || most === undefined ? undefined : this.times * most, this.#sum) }
  add(at: string, cost: number): void {
    const sum = this.#sum
    sum.total = Math.min(sum.total + cost, mostCost)
    if (cost >= schemaLimit / 100) sum.dearest = [...sum.dearest, { at, cost }].sort((a, b) => b.cost - a.cost).slice(0, mostNamed)
  }
  /** What is said when it is too much. */
  excess(at: string): FieldError[] {
    const { total, dearest } = this.#sum
    if (total <= schemaLimit) return []
    return [...dearest.map((rule) => forbiddenValue(rule.at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema')),
      forbiddenValue(at, excessText('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', total, schemaLimit))]
  }
}

function excessText(name: string, cost: number, limit: number): string {
  const times = cost / limit
  const factor = times > 100 ? 'more than 100x' : `${times.toFixed(times < 1.5 ? 6 : 1)}x`
  return `${name} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

/** What is wrong with the rules that stand at a schema. */
export function validateRules(schema: JSONSchemaProps, at: string, costs: Costs, { root, noOldSelf }: { readonly root: boolean; readonly noOldSelf: string | undefined }): FieldError[] {
  const all = rulesOf(schema as Structural, isResource(schema as Structural, root))
  if (typeof all === 'string') return [{ type: 'InternalError', field: at, message: `Internal error: ${all}` }]
  return all.rules.flatMap((rule, i) => ruleErrors(rule, `${at}[${i}]`, costs, all.mostTimes, noOldSelf))
}

function ruleErrors({ said, program, error, message, messageError, usesOldSelf }: Rule, at: string, costs: Costs, mostTimes: number, noOldSelf: string | undefined): FieldError[] {
  const errors: FieldError[] = []
  const cost = Math.min((program?.cost.most ?? 0) * (costs.times ?? mostTimes), mostCost)
  if (cost > expressionLimit) errors.push(forbiddenValue(`${at}.rule`, excessText('estimated rule cost', cost, expressionLimit)))
  costs.add(`${at}.rule`, cost)
  if (error) errors.push(invalidValue(`${at}.rule`, goRule(said), error))
  if (messageError) errors.push(invalidValue(`${at}.messageExpression`, goRule(said), messageError))
  else if (message) {
    const price = message.cost.most
    if (price > expressionLimit) errors.push(forbiddenValue(`${at}.messageExpression`, excessText('estimated messageExpression cost', price, expressionLimit)))
    costs.add(`${at}.messageExpression`, price)
  }
  if (usesOldSelf) { if (noOldSelf !== undefined) errors.push(invalidValue(`${at}.rule`, said.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${noOldSelf}`)) }
  else if (said.optionalOldSelf !== undefined) errors.push(invalidValue(`${at}.optionalOldSelf`, said.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  return errors
}
