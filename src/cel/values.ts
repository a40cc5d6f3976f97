// Values while an expression is evaluated. Integers are bigint, doubles number; lists and maps read their elements when asked, so that a large object costs nothing.

export type Value = null | boolean | bigint | number | string | Uint | Uint8Array | Timestamp | Duration | ListValue | MapValue | ObjectValue | OptionalValue | TypeValue | OpaqueValue

export class Uint {
  readonly value: bigint
  constructor(value: bigint) { this.value = value }
}
/** A point in time: nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint
  constructor(nanos: bigint) { this.nanos = nanos }
}
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) { this.nanos = nanos }
}
/** Makes a value of what stands in JSON. */
export type Reader = (raw: unknown) => Value

/** How lists of x-kubernetes-list-type set and map compare and add. */
export interface ListForm { readonly kind: 'set' | 'map'; readonly keys: readonly string[] }
export class ListValue {
  readonly raw: readonly unknown[]
  /** Absent: the elements are values already. */
  readonly read: Reader | undefined
  readonly form: ListForm | undefined
  constructor(raw: readonly unknown[], read?: Reader, form?: ListForm) { this.raw = raw; this.read = read; this.form = form }
  get size(): number { return this.raw.length }
  at(index: number): Value { return this.read ? this.read(this.raw[index]) : this.raw[index] as Value }
  *[Symbol.iterator](): Iterator<Value> { for (let i = 0; i < this.raw.length; i++) yield this.at(i) }
}

/** Two long lists, one behind the other, without a copy: adding a list to itself many times takes no room. */
export class JoinedList extends ListValue {
  private readonly parts: readonly [ListValue, ListValue]
  private readonly length: number
  constructor(first: ListValue, second: ListValue) { super([]); this.parts = [first, second]; this.length = first.size + second.size }
  override get size(): number { return this.length }
  override at(index: number): Value {
    let list: ListValue = this, at = index
    while (list instanceof JoinedList) {
      const [first, second]: readonly [ListValue, ListValue] = list.parts
      if (at < first.size) list = first
      else { at -= first.size; list = second }
    }
    return list.at(at)
  }
  override *[Symbol.iterator](): Iterator<Value> {
    const open: ListValue[] = [this]
    for (let list = open.pop(); list; list = open.pop()) {
      if (list instanceof JoinedList) open.push(list.parts[1], list.parts[0])
      else yield* list
    }
  }
}

/** What maps have in common: those read from JSON and those that an expression makes. */
export interface MapValue {
  readonly isMap: true
  readonly size: number
  get(key: Value): Value | undefined
  keys(): Iterable<Value>
}
export class JsonMap implements MapValue {
  readonly isMap = true as const
  readonly raw: Readonly<Record<string, unknown>>
  readonly read: Reader
  constructor(raw: Readonly<Record<string, unknown>>, read: Reader) { this.raw = raw; this.read = read }
  get size(): number { return this.keys().length }
  get(key: Value): Value | undefined { return typeof key === 'string' && Object.hasOwn(this.raw, key) ? this.read(this.raw[key]) : undefined }
  keys(): readonly string[] {
    let keys = knownKeys.get(this.raw)
    if (!keys) knownKeys.set(this.raw, keys = Object.keys(this.raw))
    return keys
  }
}
/** A map of maps in which a key that is not there stands for an empty map (attributes of devices by domain). */
export class DomainMap extends JsonMap {
  override get(key: Value): Value | undefined { return super.get(key) ?? new JsonMap({}, this.read) }
  has(key: Value): boolean { return super.get(key) !== undefined }
}
/** Asked for again and again by expressions with loops. */
const knownKeys = new WeakMap<object, readonly string[]>()
export class EntryMap implements MapValue {
  readonly isMap = true as const
  readonly entries: ReadonlyMap<unknown, readonly [Value, Value]>
  constructor(entries: ReadonlyMap<unknown, readonly [Value, Value]>) { this.entries = entries }
  get size(): number { return this.entries.size }
  get(key: Value): Value | undefined { return this.entries.get(mapKey(key))?.[1] }
  *keys(): Iterable<Value> { for (const [key] of this.entries.values()) yield key }
}
/** Numbers that are equal are one key, whatever their type. */
export const mapKey = (key: Value): unknown => (key instanceof Uint ? key.value : typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key)

/** A field by its name in expressions: where it stands in JSON and how it is read. */
export interface FieldReader { readonly json: string; readonly read: Reader }
/** An object of a declared type. Objects that an expression makes hold values, others JSON; open ones have fields that are not declared. */
export class ObjectValue {
  readonly name: string
  readonly fields: ReadonlyMap<string, FieldReader>
  readonly raw: Readonly<Record<string, unknown>>
  readonly made: boolean
  readonly open: boolean
  constructor(name: string, fields: ReadonlyMap<string, FieldReader>, raw: Readonly<Record<string, unknown>>, { made = false, open = false } = {}) {
    this.name = name; this.fields = fields; this.raw = raw; this.made = made; this.open = open
  }
  get(name: string): Value | undefined {
    const field = this.fields.get(name)
    if (field !== undefined) return !Object.hasOwn(this.raw, field.json) ? undefined : this.made ? this.raw[field.json] as Value : field.read(this.raw[field.json])
    return this.open && Object.hasOwn(this.raw, name) ? this.raw[name] as Value : undefined
  }
  /** The names of the fields that are set. */
  names(): string[] {
    const declared = [...this.fields].filter(([, { json }]) => Object.hasOwn(this.raw, json)).map(([name]) => name)
    return this.open ? [...declared, ...Object.keys(this.raw).filter((name) => !this.fields.has(name))] : declared
  }
}
export class OptionalValue {
  readonly value: Value | undefined
  constructor(value: Value | undefined) { this.value = value }
}
export const none = new OptionalValue(undefined)

export class TypeValue {
  readonly name: string
  constructor(name: string) { this.name = name }
}
/** A value of a library, or one that the caller supplies (an authorizer): its type's name says which functions know it. */
export interface OpaqueValue {
  readonly celType: string
  /** Whether another of the same type is the same value; absent: only itself. */
  equals?(other: OpaqueValue): boolean
  json?(): unknown
  /** Bytes that comparing takes (addresses), and how long the pattern behind a format is: both for prices only. */
  readonly size?: number
  readonly patternSize?: number
}

export const isMap = (value: Value): value is MapValue => typeof value === 'object' && value !== null && 'isMap' in value
export const isOpaque = (value: Value): value is OpaqueValue => typeof value === 'object' && value !== null && 'celType' in value

/** The name of a value's type, as messages and type() give it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'bigint': return 'int'
    case 'number': return 'double'
    case 'boolean': return 'bool'
    case 'string': return 'string'
    default:
  }
  if (value === null) return 'null_type'
  if (value instanceof ListValue) return 'list'
  if (value instanceof ObjectValue) return value.name
  if (value instanceof Uint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof OptionalValue) return 'optional_type'
  if (value instanceof TypeValue) return 'type'
  return 'isMap' in value ? 'map' : value.celType
}

/** The number of code points of a string. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0xd800 && c < 0xdc00) { const next = text.charCodeAt(i + 1); if (next >= 0xdc00 && next < 0xe000) { count--; i++ } }
  }
  return count
}
