// When a webhook is asked at all: expressions in CEL about the question (a SubjectAccessReview's spec, v1), all of which must hold.
import { CelError, compile, type CelProgram, type CelType } from '#cel'
import { duplicateValue, invalidValue, requiredValue, type FieldError } from '#machinery'
import { together } from './authz.ts'

export interface MatchConditions {
  /** `matches` is false as soon as one is; an error where none is false and not all could be evaluated. */
  matches(spec: object): { readonly matches: boolean; readonly error?: string }
}

const string: CelType = { type: 'string' }, strings: CelType = { type: 'list', items: string }
const selector = (name: string): CelType => ({ type: 'object', name, fields: { rawSelector: { of: string }, requirements: { of: { type: 'list', items: { type: 'object', name: `${name}.requirements`, fields: { key: { of: string }, operator: { of: string }, values: { of: strings } } } } } } })
const request: CelType = { type: 'object', name: 'kubernetes.SubjectAccessReviewSpec', fields: {
  resourceAttributes: { of: { type: 'object', name: 'kubernetes.ResourceAttributes', fields: {
    namespace: { of: string }, verb: { of: string }, group: { of: string }, version: { of: string }, resource: { of: string }, subresource: { of: string }, name: { of: string },
    fieldSelector: { of: selector('kubernetes.FieldSelectorAttributes') }, labelSelector: { of: selector('kubernetes.LabelSelectorAttributes') },
  } } },
  nonResourceAttributes: { of: { type: 'object', name: 'kubernetes.NonResourceAttributes', fields: { path: { of: string }, verb: { of: string } } } },
  user: { of: string }, groups: { of: strings }, extra: { of: { type: 'map', keys: string, values: strings } }, uid: { of: string },
} }
const perCall = 1_000_000, perRequest = 10_000_000

/** Compiles them; the errors name their places below `at`. */
export function matchConditions(expressions: readonly string[], at: string): { readonly conditions: MatchConditions; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [], programs: CelProgram[] = []
  for (const [i, expression] of expressions.entries()) {
    const here = `${at}[${i}].expression`
    if (expression.trim() === '') { errors.push(requiredValue(here)); continue }
    if (expressions.indexOf(expression) < i) { errors.push(duplicateValue(here, expression)); continue }
    const compiled = compile(expression, { variables: { request } })
    if (!compiled.ok) errors.push(invalidValue(here, expression, compiled.why))
    else if (compiled.program.outputType.type !== 'bool' && compiled.program.outputType.type !== 'dyn') errors.push(invalidValue(here, expression, 'must evaluate to bool'))
    else programs.push(compiled.program)
  }
  return { errors, conditions: { matches: (spec) => evaluate(programs, spec) } }
}

/** Expressions see every field, also those that are empty. */
function filled(spec: object) {
  const { resourceAttributes: resource, nonResourceAttributes: path, ...who } = spec as { resourceAttributes?: object; nonResourceAttributes?: object }
  return {
    user: '', uid: '', groups: [], extra: {}, ...who, ...(path && { nonResourceAttributes: { path: '', verb: '', ...path } }),
    ...(resource && { resourceAttributes: { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '', ...resource } }),
  }
}

function evaluate(programs: readonly CelProgram[], spec: object): { readonly matches: boolean; readonly error?: string } {
  const budget = { perCall, left: perRequest }, failures: string[] = []
  for (const program of programs) {
    try {
      const { value } = program.evaluate({ request: filled(spec) }, budget)
      if (value === false) return { matches: false }
      if (value !== true) failures.push(`cel evaluation error: expression '${program.source}' eval result type should be bool but got ${typeof value}`)
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failures.push(`cel evaluation error: expression '${program.source}' resulted in error: ${error.message}`)
    }
  }
  return { matches: true, ...(failures.length > 0 && { error: together(failures) }) }
}
