// When values are the same, and which comes first. Numbers compare by value whatever their type.
import { CelError } from './compile.ts'
import { spend } from './meter.ts'
import { Duration, isMap, isOpaque, ListValue, ObjectValue, OptionalValue, Timestamp, TypeValue, Uint, type MapValue, type Value } from './values.ts'

export const noSuchOverload = (): CelError => new CelError('no such overload')

/** Nested deeper than this, values are not compared. */
const deepest = 1_000

export function equal(a: Value, b: Value, depth = 0): boolean {
  if (a === b) return true
  if (depth > deepest) throw new CelError('value is nested too deep')
  const left = typeof a, right = typeof b
  if (left !== 'object' && right !== 'object') return sameNumber(a, b)
  if (a === null || b === null) return false
  if (a instanceof Uint || b instanceof Uint) {
    return sameNumber(a instanceof Uint ? a.value : a, b instanceof Uint ? b.value : b)
  }
  if (left !== 'object' || right !== 'object') return false
  if (a instanceof ListValue) return b instanceof ListValue && equalLists(a, b, depth + 1)
  if (a instanceof ObjectValue) return b instanceof ObjectValue ? equalObjects(a, b, depth + 1) : false
  if (isMap(a)) return isMap(b) && equalMaps(a, b, depth + 1)
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  if (a instanceof OptionalValue) return b instanceof OptionalValue && (a.value === undefined || b.value === undefined ? a.value === b.value : equal(a.value, b.value, depth + 1))
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  return isOpaque(a) && isOpaque(b) && a.celType === b.celType && (a.equals?.(b) ?? false)
}

/** Whole numbers meet doubles as doubles, as the reference has it. */
function sameNumber(a: Value, b: Value): boolean {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? a === b : typeof b === 'number' && Number(a) === b
  return typeof a === 'number' && (typeof b === 'bigint' ? a === Number(b) : a === b)
}

function equalLists(a: ListValue, b: ListValue, depth: number): boolean {
  if (a.size !== b.size) return false
  spend(a.size)
  const form = a.form ?? b.form
  if (form?.kind === 'set') return [...a].every((item) => includes(b, item, depth)) && [...b].every((item) => includes(a, item, depth))
  if (form?.kind === 'map') {
    const others = new Map([...b].map((item) => [listMapKey(item, form.keys), item]))
    return [...a].every((item) => { const other = others.get(listMapKey(item, form.keys)); return other !== undefined && equal(item, other, depth) })
  }
  for (let i = 0; i < a.size; i++) if (!equal(a.at(i), b.at(i), depth)) return false
  return true
}
/** Whether a list has an element; plain ones are looked up. */
export function includes(list: ListValue, wanted: Value, depth = 0): boolean {
  spend(list.size)
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), wanted, depth + 1)) return true
  return false
}
/** The key of an element of a list of type map. */
export function listMapKey(item: Value, keys: readonly string[]): string {
  const get = item instanceof ObjectValue ? (key: string) => (item.made ? undefined : item.raw[key]) : item !== null && typeof item === 'object' && isMap(item) ? (key: string) => item.get(key) : () => undefined
  return keys.map((key) => { const value = get(key); return `${typeof value}:${String(value)}` }).join('\u0000')
}
function equalMaps(a: MapValue, b: MapValue, depth: number): boolean {
  if (a.size !== b.size) return false
  spend(a.size)
  for (const key of a.keys()) {
    const other = b.get(key)
    if (other === undefined || !equal(a.get(key)!, other, depth)) return false
  }
  return true
}
function equalObjects(a: ObjectValue, b: ObjectValue, depth: number): boolean {
  const names = new Set([...a.names(), ...b.names()])
  spend(names.size)
  for (const name of names) {
    const x = a.get(name), y = b.get(name)
    if (x === undefined || y === undefined || !equal(x, y, depth)) return false
  }
  return true
}

/** Negative, zero or positive. Throws for values that have no order. NaN is after and before nothing. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const x = numeric(a), y = numeric(b)
  if (typeof x === 'bigint' && typeof y === 'bigint') return order(x, y)
  if (x !== undefined && y !== undefined) return orderDoubles(Number(x), Number(y))
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos)
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
    return a.length - b.length
  }
  throw noSuchOverload()
}
const orderDoubles = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : Number.isNaN(a) || Number.isNaN(b) ? notANumber() : 0)
const notANumber = (): never => { throw new CelError('NaN values cannot be ordered') }
const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const numeric = (value: Value): bigint | number | undefined => (typeof value === 'bigint' || typeof value === 'number' ? value : value instanceof Uint ? value.value : undefined)
/** By the bytes of UTF-8, which is the order of code points. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y
  }
  return a.length - b.length
}
/** Surrogates stand for code points above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x2000 : unit)
