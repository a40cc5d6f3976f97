// pprof's format (profile.proto): samples of stacks with values, compressed.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const compressed = promisify(gzip)

export interface Frame { readonly name: string; readonly file: string; readonly line: number }
export interface ValueType { readonly type: string; readonly unit: string }
/** Innermost frame first; one value for each type. */
export interface Sample { readonly stack: readonly Frame[]; readonly values: readonly number[] }
export interface Profile {
  readonly types: readonly ValueType[]
  readonly samples: Iterable<Sample>
  /** What a sample stands for, and each how much of it one is taken. */
  readonly period: ValueType & { readonly value: number }
  /** Milliseconds since the epoch, and how long it was taken. */
  readonly at: number
  readonly durationMs: number
  readonly defaultType: string
}

const varint = 0, bytes = 2
const tag = (field: number, type: number): number => field << 3 | type

export async function encodeProfile({ types, samples, period, at, durationMs, defaultType }: Profile): Promise<Uint8Array> {
  const { Writer } = await import('protobufjs/minimal.js').then((m) => m.default ?? m)
  const to = Writer.create(), strings = new Map([['', 0]])
  const text = (value: string): number => { const known = strings.get(value); if (known !== undefined) return known; strings.set(value, strings.size); return strings.size - 1 }
  const valueType = (field: number, { type, unit }: ValueType) => { to.uint32(tag(field, bytes)).fork().uint32(tag(1, varint)).int64(text(type)).uint32(tag(2, varint)).int64(text(unit)).ldelim() }
  const functions = new Map<string, { readonly id: number; readonly frame: Frame }>(), locations = new Map<string, { readonly id: number; readonly of: number; readonly line: number }>()
  const location = (frame: Frame): number => {
    const key = `${frame.name}\0${frame.file}`, at = `${key}\0${frame.line}`
    const known = locations.get(at)
    if (known) return known.id
    let of = functions.get(key)
    if (!of) { of = { id: functions.size + 1, frame }; functions.set(key, of) }
    const made = { id: locations.size + 1, of: of.id, line: frame.line }
    locations.set(at, made)
    return made.id
  }
  for (const type of types) valueType(1, type)
  for (const { stack, values } of samples) {
    to.uint32(tag(2, bytes)).fork().uint32(tag(1, bytes)).fork()
    for (const frame of stack) to.uint64(location(frame))
    to.ldelim().uint32(tag(2, bytes)).fork()
    for (const value of values) to.int64(Math.round(value))
    to.ldelim().ldelim()
  }
  for (const { id, of, line } of locations.values()) {
    to.uint32(tag(4, bytes)).fork().uint32(tag(1, varint)).uint64(id)
    to.uint32(tag(4, bytes)).fork().uint32(tag(1, varint)).uint64(of).uint32(tag(2, varint)).int64(line).ldelim().ldelim()
  }
  for (const { id, frame } of functions.values()) {
    const name = text(frame.name)
    to.uint32(tag(5, bytes)).fork().uint32(tag(1, varint)).uint64(id).uint32(tag(2, varint)).int64(name).uint32(tag(3, varint)).int64(name).uint32(tag(4, varint)).int64(text(frame.file)).ldelim()
  }
  valueType(11, period)
  const preferred = text(defaultType)
  for (const value of strings.keys()) to.uint32(tag(6, bytes)).string(value)
  to.uint32(tag(9, varint)).int64(Math.floor(at) * 1e6).uint32(tag(10, varint)).int64(Math.round(durationMs * 1e6)).uint32(tag(12, varint)).int64(period.value).uint32(tag(14, varint)).int64(preferred)
  return compressed(to.finish())
}
