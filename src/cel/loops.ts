// all, exists, exists_one, map, filter and their kin: loops over lists and maps. The macros' trees say what the reference runs; these run the same, and cost the same.
import { noSuchOverload } from './compare.ts'
import { CelError } from './compile.ts'
import type { Call, Comprehension, Expr } from './expression.ts'
import type { Frame, Step } from './frame.ts'
import { absorbable, type Planner } from './planner.ts'
import { listCost } from './prices.ts'
import { EntryMap, isMap, ListValue, mapKey, typeNameOf, type MapValue, type Value } from './values.ts'

/** Runs `visit` for each element until it says so. */
type Walk = (frame: Frame, range: Value, visit: () => boolean) => void

export function planLoop(planner: Planner, e: Comprehension): Step {
  const range = planner.step(e.range)
  return planner.within(e.iterVar2 === undefined ? [e.iterVar] : [e.iterVar, e.iterVar2], (slots) => {
    const walk = walker(slots), body = bodyOf(e)
    switch (body.kind) {
      case 'quantifier': return quantifier(range, walk, planner.step(body.predicate), body.deciding)
      case 'one': return exactlyOne(range, walk, planner.step(body.predicate))
      case 'list': return gatherList(range, walk, body.filter && planner.step(body.filter), planner.step(body.transform), planner.constant(body.transform) === undefined)
      case 'map': return gatherMap(range, walk, body.filter && planner.step(body.filter), body.key && planner.step(body.key), planner.step(body.transform))
    }
  })
}

type Body =
  | { readonly kind: 'quantifier'; readonly predicate: Expr; readonly deciding: boolean }
  | { readonly kind: 'one'; readonly predicate: Expr }
  | { readonly kind: 'list' | 'map'; readonly filter?: Expr; readonly key?: Expr; readonly transform: Expr }
/** What a macro's loop does, read from its tree. */
function bodyOf({ accuInit, step }: Comprehension): Body {
  const call = step as Call
  if (call.name === '_&&_' || call.name === '_||_') return { kind: 'quantifier', predicate: call.args[1]!, deciding: call.name === '_||_' }
  if (accuInit.kind === 'literal') return { kind: 'one', predicate: call.args[0]! }
  const filter = call.name === '_?_:_' ? call.args[0]! : undefined, adding = (filter ? call.args[1] : call) as Call
  if (accuInit.kind === 'list') return { kind: 'list', ...(filter && { filter }), transform: (adding.args[1] as Extract<Expr, { kind: 'list' }>).items[0]! }
  return { kind: 'map', ...(filter && { filter }), ...(adding.args.length === 3 && { key: adding.args[1]! }), transform: adding.args.at(-1)! }
}

function walker(slots: readonly number[]): Walk {
  const [first, second] = slots as [number, number | undefined]
  return (frame, range, visit) => {
    const { values } = frame
    if (range instanceof ListValue) {
      for (let i = 0; i < range.size; i++) {
        if (second === undefined) values[first] = range.at(i)
        else { values[first] = BigInt(i); values[second] = range.at(i) }
        if (visit()) return
      }
    } else if (typeof range === 'object' && range !== null && isMap(range)) {
      for (const key of range.keys()) {
        values[first] = key
        if (second !== undefined) values[second] = range.get(key)!
        if (visit()) return
      }
    } else throw noSuchOverload()
  }
}

function quantifier(range: Step, walk: Walk, predicate: Step, deciding: boolean): Step {
  // Per element: the accumulator is tested (negated for exists) and joined with the predicate.
  const perElement = deciding ? 4 : 3
  return (frame) => {
    let failure: unknown, decided = false
    walk(frame, range(frame), () => {
      frame.pay(perElement)
      let holds: Value = !deciding
      try { holds = predicate(frame) } catch (error) { if (!absorbable(error)) throw error; failure ??= error; return false }
      if (holds === deciding) return decided = true
      if (typeof holds !== 'boolean') failure ??= noSuchOverload()
      return false
    })
    frame.pay(1)
    if (!decided && failure !== undefined) throw failure
    return decided ? deciding : !deciding
  }
}
function exactlyOne(range: Step, walk: Walk, predicate: Step): Step {
  return (frame) => {
    let count = 0
    walk(frame, range(frame), () => { if (holds(predicate(frame))) { count++; frame.pay(2) } return false })
    frame.pay(2)
    return count === 1
  }
}
const holds = (value: Value): boolean => { if (typeof value === 'boolean') return value; throw noSuchOverload() }

function gatherList(range: Step, walk: Walk, filter: Step | undefined, transform: Step, makesList: boolean): Step {
  const perElement = 2 + (makesList ? listCost : 0)
  return (frame) => {
    const gathered: Value[] = []
    walk(frame, range(frame), () => {
      if (filter && !holds(filter(frame))) return false
      gathered.push(transform(frame))
      frame.pay(perElement)
      return false
    })
    frame.pay(1)
    return new ListValue(gathered)
  }
}
function gatherMap(range: Step, walk: Walk, filter: Step | undefined, key: Step | undefined, transform: Step): Step {
  return (frame) => {
    const entries = new Map<unknown, readonly [Value, Value]>()
    const insert = (name: Value, value: Value) => {
      const id = mapKey(name)
      if (entries.has(id)) throw new CelError(`insert failed: key ${String(id)} already exists`)
      entries.set(id, [name, value])
    }
    walk(frame, range(frame), () => {
      if (filter && !holds(filter(frame))) return false
      if (key) { const name = key(frame); insert(name, transform(frame)) } else insertAll(transform(frame), insert)
      frame.pay(2)
      return false
    })
    frame.pay(1)
    return new EntryMap(entries)
  }
}
function insertAll(value: Value, insert: (name: Value, value: Value) => void): void {
  if (typeof value !== 'object' || value === null || !isMap(value)) throw new CelError(`no such overload: cel.@mapInsert(map, ${typeNameOf(value)})`)
  const map: MapValue = value
  for (const name of map.keys()) insert(name, map.get(name)!)
}
