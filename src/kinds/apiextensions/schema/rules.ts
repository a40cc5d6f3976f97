// The rules of a schema in the Common Expression Language, compiled.
import { compile, type CelEnvironment, type CelProgram } from '#cel'
import { celTypeOf, mostTimes } from './cel-type.ts'
import { findPath } from './field-path.ts'
import { isEmbedded, type Structural, type Validation } from './structural.ts'

export interface Rule {
  readonly said: Validation
  /** Absent: the text is empty, or wrong. */
  readonly program?: CelProgram
  /** Why the rule cannot be used. */
  readonly error?: string
  readonly message?: CelProgram
  readonly messageError?: string
  /** The rule is about a change: it names the old value. */
  readonly usesOldSelf: boolean
  /** The field to name in errors, below the rule's own; '' for that. */
  readonly fieldPath: string
}
export interface Rules {
  readonly rules: readonly Rule[]
  /** How often the rules can run in one request, where no schema above says. */
  readonly mostTimes: number
}

const known = new WeakMap<Structural, Rules | string>()
/** The rules that stand at a schema; text: why there can be none here. `root`: the schema is of a whole resource. */
export function rulesOf(schema: Structural, root: boolean): Rules | string {
  let rules = known.get(schema)
  if (rules === undefined) { rules = make(schema, root); known.set(schema, rules) }
  return rules
}

function make(schema: Structural, root: boolean): Rules | string {
  const validations = schema['x-kubernetes-validations'] ?? []
  if (validations.length === 0) return { rules: [], mostTimes: 0 }
  const self = celTypeOf(schema, root)
  if (!self) return `rule declared on schema that does not support validation rules type: '${schema.type ?? ''}' x-kubernetes-preserve-unknown-fields: '${schema['x-kubernetes-preserve-unknown-fields'] ?? false}'`
  const plain: CelEnvironment = { variables: { self: self.type, oldSelf: self.type } }
  const optional: CelEnvironment = { variables: { self: self.type, oldSelf: { type: 'optional', of: self.type } } }
  return { rules: validations.map((said) => compileRule(said, schema, said.optionalOldSelf ? optional : plain)), mostTimes: mostTimes(self) }
}

function compileRule(said: Validation, schema: Structural, environment: CelEnvironment): Rule {
  const nothing = { said, usesOldSelf: false, fieldPath: '' }
  if (!said.rule.trim()) return nothing
  const compiled = compile(said.rule, environment)
  if (!compiled.ok) return { ...nothing, error: compiled.why }
  const { program } = compiled
  if (program.outputType.type !== 'bool') return { ...nothing, error: 'cel expression must evaluate to a bool' }
  const found = said.fieldPath ? findPath(said.fieldPath, schema) : undefined
  return { said, program, usesOldSelf: program.uses('oldSelf'), fieldPath: found && 'path' in found ? found.path : '', ...messageOf(said, environment) }
}
function messageOf({ messageExpression }: Validation, environment: CelEnvironment): Pick<Rule, 'message' | 'messageError'> {
  if (!messageExpression) return {}
  const compiled = compile(messageExpression, environment)
  if (!compiled.ok) return { messageError: `messageExpression ${compiled.why.replace(/^program /, '')}` }
  return compiled.program.outputType.type === 'string' ? { message: compiled.program } : { messageError: 'messageExpression must evaluate to a string' }
}

/** Compiles every rule of a schema that is not compiled yet: whoever wants to know how long that takes does it before values are looked at. */
export function compileRules(schema: Structural, top = true): void {
  if (!hasRules(schema)) return
  rulesOf(schema, isResource(schema, top))
  const { items, additionalProperties: more, properties } = schema
  for (const inner of [items, typeof more === 'object' ? more : undefined, ...Object.values(properties ?? {})]) if (inner) compileRules(inner, false)
}

const withRules = new WeakMap<Structural, boolean>()
/** Whether there are rules at a schema or below. */
export function hasRules(schema: Structural | undefined): boolean {
  if (!schema) return false
  let has = withRules.get(schema)
  if (has === undefined) {
    const { items, additionalProperties: more, properties } = schema
    has = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || hasRules(items) || (typeof more === 'object' && hasRules(more)) || Object.values(properties ?? {}).some(hasRules)
    withRules.set(schema, has)
  }
  return has
}
export const isResource = (schema: Structural, top: boolean): boolean => top || isEmbedded(schema)
