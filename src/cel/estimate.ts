// What an expression may cost at most, by the bounds of what it is given. The steps are the reference's, because limits and messages follow from them.
import { add, endless, exactly, multiply, union, unknownSize, type Amount } from './amounts.ts'
import { estimateCall, type CallEstimate, type SizedNode } from './call-estimates.ts'
import type { Type } from './check-type.ts'
import type { Checked } from './checker.ts'
import type { CelEnvironment } from './compile.ts'
import { accumulator, isBinding, type Call, type Comprehension, type Expr } from './expression.ts'
import { listCost, mapCost, objectCost, selectCost } from './prices.ts'
import { further, sizeAt, type Path, type Way } from './paths.ts'
import { codePoints } from './values.ts'

/** Sizes of what a list or a map holds. */
interface EntrySize { readonly of: 'list' | 'map'; readonly key: Amount; readonly value: Amount }
interface Local { readonly path: Path; readonly size: Amount | undefined; readonly entries: EntrySize | undefined }

export function estimate(checked: Checked, environment: CelEnvironment): Amount {
  return new Estimator(checked, environment).cost(checked.expr)
}

const nothing = exactly(0)
class Estimator {
  private readonly checked: Checked
  private readonly way: Way
  private readonly paths = new Map<Expr, Path>()
  private readonly sizes = new Map<Expr, Amount>()
  private readonly entries = new Map<Expr, EntrySize>()
  private readonly costs = new Map<Expr, Amount>()
  private readonly locals = new Map<string, Local[]>()
  constructor(checked: Checked, environment: CelEnvironment) { this.checked = checked; this.way = { root: environment.variables['self'], variables: environment.variables } }

  cost(e: Expr): Amount {
    const known = this.costs.get(e)
    if (known) return known
    const cost = this.find(e)
    this.costs.set(e, cost)
    return cost
  }
  private find(e: Expr): Amount {
    switch (e.kind) {
      case 'literal': return nothing
      case 'ident': return this.name(e, e.name)
      case 'select': return this.select(e)
      case 'call': return this.call(e)
      case 'list': {
        const sum = e.items.reduce((total, item) => add(total, this.cost(item)), nothing)
        this.entries.set(e, { of: 'list', key: exactly(1), value: this.widest(e.items) })
        return add(sum, exactly(listCost))
      }
      case 'map': {
        const sum = e.entries.reduce((total, entry) => add(add(total, this.cost(entry.key)), this.cost(entry.value)), nothing)
        this.entries.set(e, { of: 'map', key: this.widest(e.entries.map(({ key }) => key)), value: this.widest(e.entries.map(({ value }) => value)) })
        return add(sum, exactly(mapCost))
      }
      case 'struct': return e.fields.reduce((total, { value }) => add(total, this.cost(value)), exactly(objectCost))
      case 'comprehension': return isBinding(e) ? this.binding(e) : this.comprehension(e)
    }
  }
  private widest(all: readonly Expr[]): Amount {
    return all.length === 0 ? nothing : all.map((e) => this.sizeOrUnknown(e)).reduce(union, { least: endless, most: 0 })
  }

  private name(e: Expr, name: string): Amount {
    // Names of types are taken for ways, too: those of no steps from what the rule is about.
    const local = this.local(name)
    this.paths.set(e, local ? local.path : this.variable(name))
    return exactly(selectCost)
  }
  /** All variables are of one schema: that of self. */
  private variable(name: string): Path { return this.way.root ?? (Object.hasOwn(this.way.variables, name) ? this.way.variables[name] : null) }
  private local(name: string): Local | undefined { return this.locals.get(name)?.at(-1) }
  private push(name: string, local: Local): void { const stack = this.locals.get(name); if (stack) stack.push(local); else this.locals.set(name, [local]) }

  private select(e: Extract<Expr, { kind: 'select' }>): Amount {
    const reference = this.checked.referenceOf(e)
    if (reference?.kind === 'variable') return this.name(e, reference.name)
    if (reference?.kind === 'type') return this.name(e, '')
    const operand = this.cost(e.operand)
    if (e.test) return operand
    const { kind } = this.checked.typeOf(e.operand)
    this.paths.set(e, further(this.way, this.path(e.operand), e.field))
    return kind === 'map' || kind === 'object' ? add(operand, exactly(selectCost)) : operand
  }
  private path(e: Expr): Path {
    const local = e.kind === 'ident' ? this.local(e.name) : undefined
    return local ? local.path : this.paths.get(e)
  }

  private call(e: Call): Amount {
    const reference = this.checked.referenceOf(e)
    if (e.name === 'dyn' && !e.target && e.args.length === 1) {
      const cost = add(this.cost(e.args[0]!), exactly(1))
      this.copySizes(e, e.args[0]!)
      return cost
    }
    const args = e.args.map((arg): SizedNode & { cost: Amount } => { const cost = this.cost(arg); return { ...this.node(arg), cost } })
    if (reference?.kind !== 'function' || reference.overloads.length === 0) return nothing
    const member = e.target !== undefined && !reference.dropTarget
    const before = member ? this.cost(e.target) : nothing, target = member ? this.node(e.target) : undefined
    let cost: Amount = { least: endless, most: 0 }, size: Amount | undefined
    for (const { id } of reference.overloads) {
      const one = this.overload(e, reference.name, id, target, args)
      cost = union(cost, one.cost)
      if (one.size) size = size ? union(size, one.size) : one.size
      if (id === 'index_list' || id === 'index_map') {
        size = this.entrySize(e.args[0]!)?.value
        this.paths.set(e, further(this.way, this.path(e.args[0]!), '@items'))
      }
      size ??= this.size(e)
    }
    if (size) this.sizes.set(e, size)
    return add(before, cost)
  }
  private overload(e: Call, name: string, id: string, target: SizedNode | undefined, args: readonly (SizedNode & { cost: Amount })[]): CallEstimate {
    const ofArgs = () => args.reduce((total, { cost }) => add(total, cost), nothing)
    switch (id) {
      // The right side may not be reached.
      case 'logical_and': case 'logical_or': return { cost: { least: args[0]!.cost.least, most: add(args[0]!.cost, args[1]!.cost).most } }
      case 'conditional': {
        this.joinEntries(e, e.args[1]!, e.args[2]!)
        return { cost: add(args[0]!.cost, union(args[1]!.cost, args[2]!.cost)), size: union(args[1]!.size ?? unknownSize, args[2]!.size ?? unknownSize) }
      }
      case 'add_list': case 'add_string': case 'add_bytes': this.joinEntries(e, e.args[0]!, e.args[1]!)
    }
    const one = estimateCall(name, id, target, args)
    return { ...one, cost: add(one.cost, ofArgs()) }
  }
  private joinEntries(e: Expr, a: Expr, b: Expr): void {
    const x = this.entrySize(a), y = this.entrySize(b)
    if (x && y) this.entries.set(e, { of: x.of, key: union(x.key, y.key), value: union(x.value, y.value) })
  }

  private comprehension(e: Comprehension): Amount {
    let sum = add(this.cost(e.range), this.cost(e.accuInit))
    this.pushBound(e.accuVar, e.accuInit)
    const names = e.iterVar2 === undefined ? [e.iterVar] : [e.iterVar, e.iterVar2]
    if (e.iterVar2 === undefined) this.pushElement(e.iterVar, e.range, 'single')
    else { this.pushElement(e.iterVar, e.range, 'key'); this.pushElement(e.iterVar2, e.range, 'value') }
    const loop = add(this.cost(e.condition), this.cost(e.step))
    for (const name of names) this.locals.get(name)!.pop()
    sum = add(sum, this.cost(e.result))
    this.locals.get(e.accuVar)!.pop()
    const count = this.sizeOrUnknown(e.range)
    sum = add(sum, multiply(count, loop))
    if (e.accuInit.kind === 'literal') { const size = this.size(e.accuInit); if (size) this.sizes.set(e, size) }
    else if (e.accuInit.kind === 'list' || e.accuInit.kind === 'map') {
      this.sizes.set(e, count)
      const step = this.entrySize(e.step)
      if (step) this.entries.set(e, step)
    }
    return sum
  }
  private binding(e: Comprehension): Amount {
    let sum = add(this.cost(e.range), this.cost(e.accuInit))
    this.pushBound(e.accuVar, e.accuInit)
    sum = add(sum, this.cost(e.result))
    this.locals.get(e.accuVar)!.pop()
    this.copySizes(e, e.result)
    return sum
  }
  private pushBound(name: string, e: Expr): void {
    // What is gathered has no declared type, though its start may have a name of one.
    this.push(name, { path: name === accumulator ? undefined : this.path(e), size: this.size(e), entries: this.entrySize(e) })
  }
  private pushElement(name: string, range: Expr, which: 'single' | 'key' | 'value'): void {
    const entries = this.entrySize(range), path = this.path(range), { kind } = this.checked.typeOf(range)
    const isList = entries ? entries.of === 'list' : kind === 'list', value = which === 'value' || (which === 'single' && isList)
    this.push(name, { path: further(this.way, path, value ? '@items' : isList ? '@indices' : '@keys'), size: value ? entries?.value : entries?.key, entries: undefined })
  }

  private node(e: Expr): SizedNode {
    const type: Type = this.checked.typeOf(e), path = this.path(e), size = this.size(e)
    return { type, itemSize: path === undefined ? undefined : sizeAt(further(this.way, path, '@items')), ...(size && { size }), ...(e.kind === 'literal' && { literal: e.value }) }
  }
  private sizeOrUnknown(e: Expr): Amount { return this.size(e) ?? unknownSize }
  private size(e: Expr): Amount | undefined {
    const known = this.sizes.get(e) ?? writtenSize(e)
    if (known) return known
    const declared = sizeAt(this.path(e))
    if (declared) { this.sizes.set(e, declared); return declared }
    if (isScalar(this.checked.typeOf(e))) return exactly(1)
    return e.kind === 'ident' ? this.local(e.name)?.size : undefined
  }
  private entrySize(e: Expr): EntrySize | undefined { return this.entries.get(e) ?? (e.kind === 'ident' ? this.local(e.name)?.entries : undefined) }
  private copySizes(to: Expr, from: Expr): void {
    const size = this.size(from), entries = this.entrySize(from)
    if (size) this.sizes.set(to, size)
    if (entries) this.entries.set(to, entries)
  }
}

/** The size of what is written out. */
function writtenSize(e: Expr): Amount | undefined {
  if (e.kind === 'list') return exactly(e.items.length)
  if (e.kind === 'map') return exactly(e.entries.length)
  if (e.kind !== 'literal') return undefined
  return exactly(typeof e.value === 'string' ? codePoints(e.value) : e.value instanceof Uint8Array ? e.value.length : 1)
}
const scalars: ReadonlySet<string> = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])
const isScalar = (type: Type): boolean => scalars.has(type.kind) || (type.kind === 'opaque' && type.name === 'optional_type' && isScalar(type.of[0]!))
