// Macros: calls that stand for something else. has(), the quantifiers, map and filter, their forms with two variables, optMap.
import { accumulator, type Call, type Comprehension, type Expr } from './expression.ts'
import type { Finding } from './issues.ts'
import type { Value } from './values.ts'

class MacroError extends Error {
  readonly finding: Finding
  constructor(at: number, message: string) { super(message); this.finding = { at, message } }
}

/** What a call stands for; itself when it is no macro; or what is wrong with its arguments. `binds`: cel.bind is one. */
export function expandMacro(call: Call, binds: boolean): Expr | Finding {
  const isBind = binds && call.target?.kind === 'ident' && call.target.name === 'cel' && call.name === 'bind' && call.args.length === 3
  const expand = isBind ? bind : macros.get(key(call.target !== undefined, call.name, call.args.length))
  if (!expand) return call
  try {
    return expand(call)
  } catch (error) {
    if (error instanceof MacroError) return error.finding
    throw error
  }
}
const key = (member: boolean, name: string, count: number): string => `${member ? '.' : ''}${name}/${count}`

type Expand = (call: Call) => Expr
/** Builds parts of what a macro stands for; messages about them point at the macro. */
class Builder {
  readonly at: number
  constructor(at: number) { this.at = at }
  literal(value: Value): Expr { return { kind: 'literal', at: this.at, value } }
  ident(name: string): Expr { return { kind: 'ident', at: this.at, name } }
  call(name: string, ...args: Expr[]): Expr { return { kind: 'call', at: this.at, name, args } }
  member(name: string, target: Expr, ...args: Expr[]): Expr { return { kind: 'call', at: this.at, name, target, args } }
  list(...items: Expr[]): Expr { return { kind: 'list', at: this.at, items, optional: new Set() } }
  get accu(): Expr { return this.ident(accumulator) }
}

type Loop = Pick<Comprehension, 'accuInit' | 'condition' | 'step' | 'result'>
/** A macro over a list or map: its first arguments name the variables, the others are given to `loop`. */
const over = (variables: 1 | 2, loop: (b: Builder, rest: readonly Expr[], names: readonly string[]) => Loop, complaint = 'argument must be a simple name'): Expand => (call) => {
  const names = call.args.slice(0, variables).map((arg) => simpleName(arg, complaint))
  if (variables === 2 && names[0] === names[1]) throw new MacroError(call.args[1]!.at, `duplicate variable name: ${names[0]}`)
  names.forEach((name, i) => { if (name === accumulator) throw new MacroError(call.args[i]!.at, 'iteration variable overwrites accumulator variable') })
  return { kind: 'comprehension', at: call.at, range: call.target!, iterVar: names[0]!, ...(variables === 2 && { iterVar2: names[1]! }), accuVar: accumulator, ...loop(new Builder(call.at), call.args.slice(variables), names) }
}
function simpleName(arg: Expr, complaint: string): string {
  if (arg.kind === 'ident') return arg.name
  throw new MacroError(arg.at, complaint)
}

const all = (b: Builder, [predicate]: readonly Expr[]): Loop =>
  ({ accuInit: b.literal(true), condition: b.call('@not_strictly_false', b.accu), step: b.call('_&&_', b.accu, predicate!), result: b.accu })
const exists = (b: Builder, [predicate]: readonly Expr[]): Loop =>
  ({ accuInit: b.literal(false), condition: b.call('@not_strictly_false', b.call('!_', b.accu)), step: b.call('_||_', b.accu, predicate!), result: b.accu })
const existsOne = (b: Builder, [predicate]: readonly Expr[]): Loop => ({
  accuInit: b.literal(0n), condition: b.literal(true), step: b.call('_?_:_', predicate!, b.call('_+_', b.accu, b.literal(1n)), b.accu), result: b.call('_==_', b.accu, b.literal(1n)),
})
/** Gathers something for each element, or for those that a filter before it lets through. */
const gather = (start: (b: Builder) => Expr, add: (b: Builder, transform: Expr, names: readonly string[]) => Expr) => (b: Builder, rest: readonly Expr[], names: readonly string[]): Loop => {
  const step = add(b, rest.at(-1)!, names)
  return { accuInit: start(b), condition: b.literal(true), step: rest.length === 1 ? step : b.call('_?_:_', rest[0]!, step, b.accu), result: b.accu }
}
const toList = gather((b) => b.list(), (b, transform) => b.call('_+_', b.accu, b.list(transform)))
const filter = (b: Builder, [predicate]: readonly Expr[], [name]: readonly string[]): Loop => toList(b, [predicate!, b.ident(name!)], [])
const emptyMap = (b: Builder): Expr => ({ kind: 'map', at: b.at, entries: [] })
const toMap = gather(emptyMap, (b, transform, names) => b.call('cel.@mapInsert', b.accu, b.ident(names[0]!), transform))
const toMapEntry = gather(emptyMap, (b, transform) => b.call('cel.@mapInsert', b.accu, transform))

const has: Expand = ({ at, args }) => {
  const [arg] = args
  if (arg?.kind === 'select') return { ...arg, at, test: true }
  throw new MacroError(arg!.at, 'invalid argument to has() macro')
}
const opt = (macro: string, wrap: (b: Builder, mapped: Expr) => Expr): Expand => ({ at, target, args }) => {
  const b = new Builder(at), [name, mapped] = args
  if (name?.kind !== 'ident') throw new MacroError(name!.at, `${macro}() variable name must be a simple identifier`)
  const bound: Expr = { kind: 'comprehension', at, range: b.list(), iterVar: '#unused', accuVar: name.name, accuInit: b.member('value', target!), condition: b.literal(false), step: b.ident(name.name), result: mapped! }
  return b.call('_?_:_', b.member('hasValue', target!), wrap(b, bound), b.call('optional.none'))
}

/** cel.bind(name, value, expression): the value has that name in the expression. */
const bind: Expand = ({ at, args: [name, value, result] }) => {
  const b = new Builder(at)
  if (name?.kind !== 'ident') throw new MacroError(name!.at, 'cel.bind() variable names must be simple identifiers')
  return { kind: 'comprehension', at, range: b.list(), iterVar: '#unused', accuVar: name.name, accuInit: value!, condition: b.literal(false), step: b.ident(name.name), result: result! }
}

const notAName = 'argument is not an identifier'
const sortInput = '@__sortBy_input__'
/** Sorts by what an expression gives for each element: binds the list, so that it is found only once. */
const sortBy: Expand = ({ at, target, args }) => {
  const b = new Builder(at), sortable = ['list', 'select', 'ident', 'comprehension', 'call']
  if (!sortable.includes(target!.kind)) throw new MacroError(target!.at, 'sortBy can only be applied to a list, identifier, comprehension, call or select expression')
  const keys = over(1, toList, notAName)({ kind: 'call', at, name: 'map', target: b.ident(sortInput), args })
  return {
    kind: 'comprehension', at, range: b.list(), iterVar: '#unused', accuVar: sortInput, accuInit: target!, condition: b.literal(false), step: b.ident(sortInput),
    result: b.member('@sortByAssociatedKeys', b.ident(sortInput), keys),
  }
}

const macros: ReadonlyMap<string, Expand> = new Map([
  [key(false, 'has', 1), has],
  [key(true, 'all', 2), over(1, all)], [key(true, 'all', 3), over(2, all)],
  [key(true, 'exists', 2), over(1, exists)], [key(true, 'exists', 3), over(2, exists)],
  [key(true, 'exists_one', 2), over(1, existsOne)], [key(true, 'exists_one', 3), over(2, existsOne)],
  [key(true, 'existsOne', 3), over(2, existsOne)],
  [key(true, 'map', 2), over(1, toList, notAName)], [key(true, 'map', 3), over(1, toList, notAName)], [key(true, 'filter', 2), over(1, filter, notAName)],
  [key(true, 'transformList', 3), over(2, toList)], [key(true, 'transformList', 4), over(2, toList)],
  [key(true, 'transformMap', 3), over(2, toMap)], [key(true, 'transformMap', 4), over(2, toMap)],
  [key(true, 'transformMapEntry', 3), over(2, toMapEntry)], [key(true, 'transformMapEntry', 4), over(2, toMapEntry)],
  [key(true, 'sortBy', 2), sortBy],
  [key(true, 'optMap', 2), opt('optMap', (b, mapped) => b.call('optional.of', mapped))],
  [key(true, 'optFlatMap', 2), opt('optFlatMap', (_, mapped) => mapped)],
])
