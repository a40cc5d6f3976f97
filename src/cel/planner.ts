// From a checked tree to closures. What can be known before is computed once; the costs that the reference counts while it runs are counted the same way.
import { typeName } from './check-type.ts'
import type { Checked, Reference } from './checker.ts'
import { contains } from './library/operators.ts'
import { noSuchOverload } from './compare.ts'
import { CelError, type CelEnvironment } from './compile.ts'
import { dispatcher, type Apply } from './dispatch.ts'
import { isBinding, type Call, type Comprehension, type Expr } from './expression.ts'
import { get, getOptional, has } from './fields.ts'
import type { Frame, Slot, Step } from './frame.ts'
import { doesTakeAnything, type FunctionDeclaration } from './functions.ts'
import { fieldReaders, readerOf } from './json-values.ts'
import { planLoop } from './loops.ts'
import { spendLetters } from './meter.ts'
import { listCost, mapCost, objectCost, priceOf, type Price } from './prices.ts'
import { EntryMap, ListValue, mapKey, ObjectValue, OptionalValue, TypeValue, Uint, type Value } from './values.ts'

export interface Plan { readonly step: Step; readonly slots: readonly Slot[]; readonly size: number }

export function plan(checked: Checked, environment: CelEnvironment, functions: ReadonlyMap<string, FunctionDeclaration>): Plan {
  const planner = new Planner(checked, environment, functions)
  const step = planner.step(checked.expr)
  return { step, slots: planner.slots, size: planner.size }
}

/** A value that is known before anything runs. */
interface Known { readonly value: Value }

export class Planner {
  readonly slots: Slot[] = []
  private readonly checked: Checked
  private readonly functions: ReadonlyMap<string, FunctionDeclaration>
  private readonly variables = new Map<string, number>()
  private readonly locals = new Map<string, number[]>()
  private readonly steps = new Map<Expr, Step>()
  private readonly constants = new Map<Expr, Known | undefined>()
  private next = 0
  constructor(checked: Checked, environment: CelEnvironment, functions: ReadonlyMap<string, FunctionDeclaration>) {
    this.checked = checked; this.functions = functions
    for (const [name, type] of Object.entries(environment.variables)) { this.variables.set(name, this.next++); this.slots.push({ name, read: readerOf(type) }) }
  }
  get size(): number { return this.next }

  /** A part of the expression; parts that a macro uses twice are planned once. */
  step(e: Expr): Step {
    const known = this.steps.get(e)
    if (known) return known
    const step = this.make(e)
    this.steps.set(e, step)
    return step
  }
  private make(e: Expr): Step {
    const constant = this.constant(e)
    if (constant) { const { value } = constant; return () => value }
    switch (e.kind) {
      case 'list': return this.list(e)
      case 'map': return this.map(e)
      case 'struct': return this.struct(e)
      case 'comprehension': return isBinding(e) ? this.binding(e) : planLoop(this, e)
      case 'call': if (!isAttribute(e)) return this.call(e)
    }
    return this.attribute(e, 0, true)
  }

  /** Literals, lists and maps of literals, conversions of literals, names of types. */
  constant(e: Expr): Known | undefined {
    if (this.constants.has(e)) return this.constants.get(e)
    const known = this.fold(e)
    this.constants.set(e, known)
    return known
  }
  private fold(e: Expr): Known | undefined {
    if (e.kind === 'literal') return { value: e.value }
    const reference = this.checked.referenceOf(e)
    if (reference?.kind === 'type' && (e.kind === 'ident' || e.kind === 'select')) return { value: new TypeValue(typeName(reference.type)) }
    if (e.kind === 'list' && e.optional.size === 0) {
      const items = e.items.map((item) => this.constant(item))
      return items.every((item) => item !== undefined) ? { value: new ListValue(items.map(({ value }) => value)) } : undefined
    }
    if (e.kind === 'map' && e.entries.every(({ key, value, optional }) => !optional && this.constant(key) && this.constant(value))) {
      try { return { value: entryMap(e.entries.map(({ key, value }) => [this.constant(key)!.value, this.constant(value)!.value])) } } catch { return undefined }
    }
    if (e.kind === 'call' && !e.target && e.args.length === 1 && conversions.has(e.name)) {
      const arg = this.constant(e.args[0]!), apply = arg && this.implementation(e, reference)
      if (!arg || !apply) return undefined
      try { return { value: apply(arg.value) } } catch { return undefined }
    }
    return undefined
  }

  /** A new place for a name, as long as `plan` runs. */
  within<T>(names: readonly string[], planInside: (slots: readonly number[]) => T): T {
    const slots = names.map(() => this.next++)
    names.forEach((name, i) => { const stack = this.locals.get(name); if (stack) stack.push(slots[i]!); else this.locals.set(name, [slots[i]!]) })
    try { return planInside(slots) } finally { for (const name of names) this.locals.get(name)!.pop() }
  }
  private slot(name: string): number {
    const local = this.locals.get(name)?.at(-1) ?? this.variables.get(name)
    if (local === undefined) throw new Error(`no slot for ${name}`)
    return local
  }

  /**
   * Names with what is read from them. The reference counts one for the whole and one for each thing read; in the branches of a condition
   * the whole is not counted. `extra` is what was read outside of this part already.
   */
  attribute(e: Expr, extra: number, whole: boolean): Step {
    const own = whole ? 1 : 0
    if (this.constant(e)) return this.root(this.step(e), extra + (extra > 0 ? own : 0))
    const reference = this.checked.referenceOf(e)
    if (reference?.kind === 'variable' && (e.kind === 'ident' || e.kind === 'select')) return readSlot(this.slot(reference.name), extra + own)
    if (e.kind === 'select') {
      const { field } = e
      if (e.test) { const operand = this.attribute(e.operand, extra + 1, false); return (frame) => has(operand(frame), field) }
      const operand = this.attribute(e.operand, extra + 1, whole)
      return (frame) => {
        const value = operand(frame)
        return (value instanceof ObjectValue ? value.get(field) : undefined) ?? get(value, field)
      }
    }
    if (e.kind === 'call') {
      if (e.name === '_?._') { const operand = this.attribute(e.args[0]!, extra + 1, whole), key = (e.args[1] as { value: Value }).value; return (frame) => getOptional(operand(frame), key) }
      if (e.name === '_[_]' || e.name === '_[?_]') {
        const read = e.name === '_[_]' ? get : getOptional, operand = this.attribute(e.args[0]!, extra + 1, whole), index = this.constant(e.args[1]!)
        if (index) { const key = index.value; return (frame) => read(operand(frame), key) }
        const key = isAttribute(e.args[1]!) ? this.attribute(e.args[1]!, 0, false) : this.step(e.args[1]!)
        return (frame) => { const value = operand(frame); return read(value, key(frame)) }
      }
      if (e.name === '_?_:_') {
        const [condition, then, otherwise] = [this.step(e.args[0]!), this.branch(e.args[1]!), this.branch(e.args[2]!)]
        return (frame) => {
          if (extra > 0) frame.pay(extra)
          const holds = condition(frame)
          if (typeof holds !== 'boolean') throw noSuchOverload()
          return holds ? then(frame) : otherwise(frame)
        }
      }
    }
    return this.root(this.step(e), extra + own)
  }
  private root(step: Step, cost: number): Step { return cost === 0 ? step : (frame) => { const value = step(frame); frame.pay(cost); return value } }
  private branch(e: Expr): Step { return isAttribute(e) && !this.constant(e) ? this.attribute(e, 0, false) : this.step(e) }

  private list(e: Extract<Expr, { kind: 'list' }>): Step {
    const items = e.items.map((item) => this.step(item)), { optional } = e
    return (frame) => {
      const values: Value[] = []
      for (let i = 0; i < items.length; i++) {
        const value = items[i]!(frame)
        if (!optional.has(i)) values.push(value)
        else { const held = heldBy(value); if (held !== undefined) values.push(held) }
      }
      frame.pay(listCost)
      return new ListValue(values)
    }
  }
  private map(e: Extract<Expr, { kind: 'map' }>): Step {
    const entries = e.entries.map(({ key, value, optional }) => ({ key: this.step(key), value: this.step(value), optional }))
    return (frame) => {
      const pairs: [Value, Value][] = []
      for (const { key, value, optional } of entries) {
        const name = key(frame), held = optional ? heldBy(value(frame)) : value(frame)
        if (held !== undefined) pairs.push([name, held])
      }
      frame.pay(mapCost)
      return entryMap(pairs)
    }
  }
  private struct(e: Extract<Expr, { kind: 'struct' }>): Step {
    const type = this.checked.typeOf(e)
    if (type.kind !== 'object') throw new Error('a struct of no type')
    const fields = fieldReaders(type.declared), inits = e.fields.map(({ name, value, optional }) => ({ json: fields.get(name)?.json ?? name, value: this.step(value), optional }))
    return (frame) => {
      const raw: Record<string, Value> = {}
      for (const { json, value, optional } of inits) {
        const held = optional ? heldBy(value(frame)) : value(frame)
        if (held !== undefined) Object.defineProperty(raw, json, { value: held, enumerable: true, writable: true, configurable: true })
      }
      frame.pay(objectCost)
      return new ObjectValue(type.name, fields, raw, { made: true, open: type.declared.open === true })
    }
  }
  private binding(e: Comprehension): Step {
    const bound = this.step(e.accuInit)
    return this.within([e.accuVar], ([slot]) => {
      const result = this.step(e.result)
      return (frame) => { frame.values[slot!] = bound(frame); return result(frame) }
    })
  }

  private call(e: Call): Step {
    if (e.name === '_&&_' || e.name === '_||_') return this.logical(e.args[0]!, e.args[1]!, e.name === '_||_')
    if (e.target && e.args.length === 1 && (e.name === 'or' || e.name === 'orValue')) return this.alternative(this.step(e.target), this.step(e.args[0]!), e.name === 'orValue')
    const reference = this.checked.referenceOf(e), parts = e.target && !(reference?.kind === 'function' && reference.dropTarget) ? [e.target, ...e.args] : e.args
    const apply = this.implementation(e, reference), args = parts.map((part) => this.step(part))
    const overload = reference?.kind === 'function' && reference.overloads.length === 1 ? reference.overloads[0]!.id : ''
    const name = reference?.kind === 'function' ? reference.name : e.name
    if (overload === 'in_list') { const set = this.constantSet(e.args[1]!); if (set) return (frame) => set(args[0]!(frame)) }
    return applied(apply, args, priceOf(name, overload))
  }
  /** What a call does: what its one overload does, or the one that fits the values. */
  private implementation(e: Call, reference: Reference | undefined): Apply {
    if (reference?.kind !== 'function') throw new Error(`nothing to call for ${e.name}`)
    const { overloads, name } = reference, [first] = overloads
    const every = this.functions.get(name)?.overloads ?? overloads
    if (doesTakeAnything(first!.run) && every.every(({ run }) => run === first!.run)) return first!.run as Apply
    return dispatcher(name, overloads.length === 1 ? overloads : every.filter(({ member }) => member === first!.member))
  }
  /** Membership in a list that is written out. */
  private constantSet(e: Expr): ((value: Value) => boolean) | undefined {
    const list = this.constant(e)?.value
    if (!(list instanceof ListValue)) return undefined
    const items = [...list]
    if (!items.every((item) => typeof item !== 'object' || item instanceof Uint)) return undefined
    const set = new Set(items.map(mapKey))
    return (value) => (typeof value === 'object' && !(value instanceof Uint) ? contains(value, list) : set.has(mapKey(value)))
  }

  /** or() and orValue(): what an optional holds, else something else, which costs nothing unless it is needed. A value that is no optional stands for itself. */
  private alternative(held: Step, otherwise: Step, unwrapped: boolean): Step {
    return (frame) => {
      const optional = held(frame)
      if (!(optional instanceof OptionalValue)) return optional
      return optional.value === undefined ? otherwise(frame) : unwrapped ? optional.value : optional
    }
  }

  /** && and ||: whichever side decides, an error on the other side does not matter. */
  private logical(a: Expr, b: Expr, deciding: boolean): Step {
    const left = this.step(a), right = this.step(b)
    return (frame) => {
      let failure: unknown
      let first: Value = !deciding
      try { first = left(frame) } catch (error) { failure = error; if (!absorbable(error)) throw error }
      if (first === deciding && failure === undefined) return deciding
      const second = right(frame)
      if (second === deciding) return deciding
      if (failure !== undefined) throw failure
      if (typeof first !== 'boolean' || typeof second !== 'boolean') throw noSuchOverload()
      return !deciding
    }
  }
}

/** Errors of values may be outweighed by the other side; a limit ends everything. */
export const absorbable = (error: unknown): boolean => error instanceof CelError && !error.overBudget
const conversions: ReadonlySet<string> = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint'])

/** Names, and what is read from something. */
export const isAttribute = (e: Expr): boolean => e.kind === 'ident' || e.kind === 'select' || (e.kind === 'call' && (e.name === '_[_]' || e.name === '_[?_]' || e.name === '_?._' || e.name === '_?_:_') && !e.target)

function readSlot(slot: number, cost: number): Step {
  return (frame) => { frame.pay(cost); return frame.values[slot] ?? frame.load(slot) }
}
/** A call: its price is paid before it is made, so that none is begun that costs too much. */
function applied(apply: Apply, args: readonly Step[], price: Price | undefined): Step {
  const [first, second] = args
  if (!price) {
    if (args.length === 1) return (frame) => { const a = first!(frame); frame.pay(1); if (typeof a === 'string') spendLetters(a.length); return apply(a) }
    if (args.length === 2) return (frame) => { const a = first!(frame), b = second!(frame); frame.pay(1); if (typeof a === 'string') spendLetters(a.length); return apply(a, b) }
  }
  return (frame: Frame) => {
    const values = args.map((arg) => arg(frame))
    frame.pay(price ? price(values) : 1)
    for (const value of values) if (typeof value === 'string') spendLetters(value.length)
    return apply(...values)
  }
}

function heldBy(value: Value): Value | undefined {
  if (value instanceof OptionalValue) return value.value
  throw new CelError(`cannot initialize optional entry from non-optional value ${String(value)}`)
}
/** Of two entries with one key the later stays, as in the reference. */
function entryMap(pairs: readonly (readonly [Value, Value])[]): EntryMap {
  return new EntryMap(new Map(pairs.map((pair) => [mapKey(pair[0]), pair])))
}
