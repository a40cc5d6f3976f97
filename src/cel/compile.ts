// From text to a program, and the errors on the way. The contract of the room: others only see what is exported here.
import type { Amount } from './amounts.ts'
import type { CelType } from './cel-type.ts'
import { toDeclared, typeText } from './check-type.ts'
import { check, type Checked } from './checker.ts'
import { estimate } from './estimate.ts'
import { Frame } from './frame.ts'
import { issuesText, toIssues, type Finding } from './issues.ts'
import { toJson } from './json-values.ts'
import type { FunctionDeclaration } from './functions.ts'
import { functions, patchFunctions } from './library/index.ts'
import { metered } from './meter.ts'
import { parse } from './parser.ts'
import { plan, type Plan } from './planner.ts'
import { validate, whyNoProgram } from './validate.ts'

/** What an expression may name. */
export interface CelEnvironment {
  readonly variables: Readonly<Record<string, CelType>>
  /** Types that an expression may build by name (`Object{spec: ...}`, `JSONPatch{...}` of mutating policies). */
  readonly constructible?: readonly CelType[]
  /** Whether `cel.bind(name, value, expression)` may give a value a name. */
  readonly binds?: true
}

/** One thing wrong with an expression; `line` from 1, `column` from 1. */
export interface CelIssue { readonly message: string; readonly line: number; readonly column: number }

export type Compiled =
  | { readonly ok: true; readonly program: CelProgram }
  /** `text` is what cel-go prints of all issues: `ERROR: <input>:1:5: undeclared reference to 'x' (in container '')` with the line and a caret below. */
  | { readonly ok: false; readonly issues: readonly CelIssue[]; readonly text: string; /** The text, and at which step it failed. */ readonly why: string }

export interface CelProgram {
  readonly source: string
  readonly outputType: CelType
  /** The type as messages name it: bool, list(string), map(string, dyn), Object.spec ... */
  readonly outputTypeName: string
  /** What one evaluation may cost, by the declared bounds of its variables. */
  readonly cost: { readonly least: number; readonly most: number }
  /** Whether the expression names this variable (oldSelf ...). */
  uses(variable: string): boolean
  /**
   * Evaluates. `variables` are JSON values, read by their declared types, or functions that are asked once when the variable is first
   * needed. `budget.left` is lowered by what it cost. Throws CelError: the text as cel-go words it (`no such key: x`), or with
   * `overBudget` when the price of the run went beyond the limit.
   */
  evaluate(variables: Readonly<Record<string, unknown>>, budget: CelBudget): CelResult
}

/** Units as Kubernetes counts them. `perCall` bounds one evaluation (1,000,000 in CRDs and policies), `left` all of a request (10,000,000). */
export interface CelBudget { readonly perCall: number; left: number }
export interface CelResult { readonly value: unknown; /** As JSON: numbers, strings (timestamps, durations, bytes), lists, maps; what has no JSON throws. */ json(): unknown }

export class CelError extends Error {
  readonly overBudget: boolean
  constructor(message: string, overBudget = false) {
    super(message)
    this.name = 'CelError'
    this.overBudget = overBudget
  }
}

/** Parses and checks an expression. Never throws for what the text says. */
export function compile(source: string, environment: CelEnvironment): Compiled {
  const wrong = (findings: readonly Finding[]): Compiled => { const issues = toIssues(source, findings), text = issuesText(source, issues); return { ok: false, issues, text, why: `compilation failed: ${text}` } }
  const parsed = parse(source, environment.binds)
  if ('findings' in parsed) return wrong(parsed.findings)
  const known = environment.constructible?.length ? patchFunctions : functions, checked = check(parsed.expr, environment, known)
  if (checked.findings.length > 0) return wrong(checked.findings)
  const invalid = validate(checked)
  if (invalid.length > 0) return wrong(invalid)
  const impossible = whyNoProgram(checked)
  if (impossible !== undefined) return { ok: false, issues: [], text: impossible, why: `program instantiation failed: ${impossible}` }
  return { ok: true, program: new Program(source, checked, environment, known) }
}

class Program implements CelProgram {
  readonly source: string
  readonly outputType: CelType
  readonly outputTypeName: string
  private readonly checked: Checked
  private readonly environment: CelEnvironment
  private readonly functions: ReadonlyMap<string, FunctionDeclaration>
  private planned: Plan | undefined
  private estimated: Amount | undefined
  constructor(source: string, checked: Checked, environment: CelEnvironment, known: ReadonlyMap<string, FunctionDeclaration>) {
    const type = checked.typeOf(checked.expr)
    this.source = source; this.checked = checked; this.environment = environment; this.functions = known
    this.outputType = toDeclared(type); this.outputTypeName = typeText(type)
  }
  get cost(): Amount { return this.estimated ??= estimate(this.checked, this.environment) }
  uses(variable: string): boolean { return this.checked.uses(variable) }
  evaluate(variables: Readonly<Record<string, unknown>>, budget: CelBudget): CelResult {
    this.planned ??= plan(this.checked, this.environment, this.functions)
    const { step, slots, size } = this.planned, frame = new Frame(size, slots, variables, budget.perCall)
    try {
      const value = metered(() => step(frame))
      return { value, json: () => metered(() => toJson(value)) }
    } catch (error) {
      if (error instanceof RangeError && /call stack/.test(error.message)) throw new CelError('expression is nested too deep')
      throw error
    } finally { budget.left -= frame.cost }
  }
}
export type { CelType }
