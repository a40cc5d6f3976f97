// The rules of a schema applied to an object: what they refuse, in what words. Unchanged parts of an object that is updated are only warned about.
import { CelError, type CelProgram } from '#cel'
import { duplicateValue, forbiddenValue, invalidValue, quote, requiredValue, takesMore, type FieldError } from '#machinery'
import { isResource, rulesOf, hasRules, type Rule } from './rules.ts'
import { additionalOf, isObject, propertyOf, type Json, type Structural, type Validation } from './structural.ts'
import { isUnchanged, oldItems, type Correlation } from './validate-value.ts'

/** What one rule may cost, and all rules of a request. */
const perCall = 1_000_000, perRequest = 10_000_000
const longestMessage = 5 * 1024
const enough = Number.MAX_SAFE_INTEGER

export interface Evaluation {
  readonly errors: FieldError[]
  /** What unchanged parts of the object break. */
  readonly warnings: string[]
  left: number
}
interface Pair extends Correlation { readonly now: Json; readonly schema: Structural }
interface Past { readonly current?: Pair | undefined; readonly parent?: Pair }
interface Place { readonly path: string; readonly past: Past; readonly old: Json; readonly top: boolean }

/** Applies every rule of a schema. `path` is where the value stands ('' at the root of an object); `ratchet`: unchanged parts may break rules. */
export function evaluateRules(schema: Structural, value: Json, old: Json, { path = '', ratchet = false, top = true, budget = perRequest } = {}): Evaluation {
  const evaluation: Evaluation = { errors: [], warnings: [], left: budget }
  visit(schema, value, { path, old, top, past: ratchet && old !== undefined ? { current: { old, now: value, schema } } : {} }, evaluation)
  return evaluation
}

/** false: the budget is spent, nothing more is looked at. */
function visit(schema: Structural, value: Json, place: Place, evaluation: Evaluation): boolean {
  if (value === null || value === undefined || !hasRules(schema)) return true
  if (!applyRules(schema, value, place, evaluation)) return false
  if (Array.isArray(value)) {
    if (!schema.items) return true
    const past = oldItems(schema, place.old)
    return value.every((item, i) => visit(schema.items!, item, { path: `${place.path}[${i}]`, old: past?.(item)?.old, top: false, past: step(place.past, past?.(item), item, schema.items!) }, evaluation))
  }
  if (!isObject(value)) return true
  const olds = isObject(place.old) ? place.old : undefined, more = additionalOf(schema)
  return Object.keys(value).every((name) => {
    const property = propertyOf(schema, name), inner = property ?? (more === true ? undefined : more)
    if (!inner) return true
    const old = olds && Object.hasOwn(olds, name) ? olds[name] : undefined
    // The type of an object cannot be seen to change: both are made of the same.
    const hidden = place.past.current && !place.past.parent && (name === 'apiVersion' || name === 'kind')
    const path = property ? (place.path === '' ? name : `${place.path}.${name}`) : `${place.path}[${name}]`
    return visit(inner, value[name], { path, old, top: false, past: hidden ? {} : step(place.past, old === undefined ? undefined : { old }, value[name], inner) }, evaluation)
  })
}
const step = (past: Past, next: Correlation | undefined, now: Json, schema: Structural): Past => (past.current ? { current: next && { ...next, now, schema }, parent: past.current } : past)
const mayStay = ({ current, parent }: Past): boolean => { const nearest = current ?? parent; return nearest !== undefined && isUnchanged(nearest.schema, nearest.old, nearest.now) }

function applyRules(schema: Structural, self: Json, { path, old, past, top }: Place, evaluation: Evaluation): boolean {
  if (!schema['x-kubernetes-validations']?.length) return true
  const field = path === '' ? '<nil>' : path, type = schema.type ?? '', all = rulesOf(schema, isResource(schema, top))
  const refuse = (why: string) => { evaluation.errors.push(invalidValue(field, type, why)) }
  if (typeof all === 'string') { refuse(`rule compiler initialization error: ${all}`); return true }
  if (evaluation.left <= 0) { refuse(spent); return false }
  for (const rule of all.rules) {
    const { said, program, error, usesOldSelf } = rule
    if (error) { refuse(`rule compile error: ${error}`); continue }
    if (!program || (usesOldSelf && old === undefined && !said.optionalOldSelf)) continue
    const variables = usesOldSelf || said.optionalOldSelf ? { self, oldSelf: old } : { self }
    const outcome = run(program, variables)
    if (outcome.cost > evaluation.left) { refuse(spent); return false }
    evaluation.left -= outcome.cost
    if (outcome.error) {
      const text = outcome.error.message
      if (outcome.error.overBudget) { refuse(`'${text}': no further validation rules will be run due to call cost exceeds limit for rule: ${named(said)}`); return false }
      refuse(text.startsWith('no such overload') ? `'${text}': call arguments did not match a supported operator, function or macro signature for rule: ${named(said)}` : `${text} evaluating rule: ${named(said)}`)
      continue
    }
    if (outcome.value === true) continue
    const at = rule.fieldPath ? (path === '' ? rule.fieldPath : `${path}.${rule.fieldPath}`) : field
    const told = messageFor(rule, variables, evaluation)
    const problem = 'failure' in told ? invalidValue(at, type, told.failure) : problemOf(at, self, told.text, said.reason)
    if (!usesOldSelf && mayStay(past)) evaluation.warnings.push(`${problem.field}: ${problem.message}`)
    else evaluation.errors.push(problem)
    if ('failure' in told) return false
  }
  return true
}
const spent = 'validation failed due to running out of cost budget, no further validation rules will be run'
const named = ({ message, rule }: Validation): string => (message || rule).trim()

interface Outcome { readonly value?: unknown; readonly error?: CelError; readonly cost: number }
function run(program: CelProgram, variables: Readonly<Record<string, unknown>>): Outcome {
  const budget = { perCall, left: enough }
  try {
    const { value } = program.evaluate(variables, budget)
    return { value, cost: enough - budget.left }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return { error, cost: enough - budget.left }
  }
}

/** What the rule says of itself: its expression's text where that gives one, else its message. `failure` ends everything. */
function messageFor({ said, message }: Rule, variables: Readonly<Record<string, unknown>>, evaluation: Evaluation): { readonly text: string } | { readonly failure: string } {
  const plain = { text: said.message ? said.message.trim() : `failed rule: ${named(said)}` }
  if (!message) return plain
  const { value, error, cost } = run(message, variables)
  if (cost > evaluation.left) return { failure: 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run' }
  if (error?.overBudget) return { failure: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${quote(said.messageExpression ?? '')}` }
  evaluation.left -= cost
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' || text.includes('\n') || takesMore(text, longestMessage) ? plain : { text }
}

/** Objects and lists are not shown: they may be large. */
function problemOf(field: string, value: Json, detail: string, reason: string | undefined): FieldError {
  const shown = typeof value !== 'object' || value === null
  switch (reason) {
    case 'FieldValueForbidden': return forbiddenValue(field, detail)
    case 'FieldValueRequired': return requiredValue(field, detail)
    case 'FieldValueDuplicate': return shown ? duplicateValue(field, value) : { type: 'FieldValueDuplicate', field, message: 'Duplicate value' }
    default: return shown ? invalidValue(field, value, detail) : { type: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` }
  }
}
