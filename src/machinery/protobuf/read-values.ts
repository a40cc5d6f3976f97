// Values that are small messages of their own: times, quantities, numbers or names, JSON in bytes.
import { JsonError, parseJson } from '../json.ts'
import { formatTime } from '../time.ts'
import { delimited, maxMessageDepth, ProtobufError, varint, type WireReader } from './wire-reader.ts'

/** Reads a length, and what lies within it. */
export function within<T>(reader: WireReader, read: () => T): T {
  const { end } = reader
  reader.end = reader.delimited()
  const value = read()
  reader.end = end
  return value
}

/** Reads a small message: `take` reads the field of that number and wire type, or returns false to have it passed over. */
export function eachField(reader: WireReader, take: (number: number, wire: number) => boolean): void {
  within(reader, () => {
    if (++reader.depth > maxMessageDepth) throw new ProtobufError('exceeded max depth')
    while (reader.at < reader.end) {
      const tag = reader.varint()
      const wire = tag & 7
      if (!take(reader.high === 0 ? tag >>> 3 : 0, wire)) reader.skip(wire)
    }
    reader.depth--
  })
}
export function must(wire: number, expected: number, field: string): void {
  if (wire !== expected) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${field}`)
}

const farthest = 253_402_300_799, first = -62_135_596_800
/** The times in one object are mostly the same. */
let lastSeconds = NaN, lastText = ''
/** undefined for the zero time, which JSON writes as null. */
export function readTime(reader: WireReader, micro: boolean): string | undefined {
  let seconds = 0, nanos = 0, empty = true
  eachField(reader, (number, wire) => {
    empty = false
    if (number === 1) { must(wire, varint, 'Seconds'); seconds = reader.int64(); return true }
    if (number === 2) { must(wire, varint, 'Nanos'); nanos = reader.int32(); return true }
    return false
  })
  if (empty) return undefined
  let micros = micro ? Math.trunc(nanos / 1000) : 0
  seconds += Math.floor(micros / 1e6)
  micros -= Math.floor(micros / 1e6) * 1e6
  if (seconds === first && micros === 0) return undefined
  if (!(seconds >= first && seconds <= farthest)) throw new ProtobufError('year outside of range [1,9999]')
  if (seconds !== lastSeconds) { lastText = formatTime(seconds * 1000); lastSeconds = seconds }
  const text = lastText
  return micro ? `${text.slice(0, -1)}.${String(micros).padStart(6, '0')}Z` : text
}

export function readQuantity(reader: WireReader): string {
  let text = '0'
  eachField(reader, (number, wire) => {
    if (number !== 1) return false
    must(wire, delimited, 'String')
    text = reader.string()
    return true
  })
  return text
}

export function readIntOrString(reader: WireReader): number | string {
  let type = 0, int = 0, text = ''
  eachField(reader, (number, wire) => {
    if (number === 1) { must(wire, varint, 'Type'); type = reader.int64(); return true }
    if (number === 2) { must(wire, varint, 'IntVal'); int = reader.int32(); return true }
    if (number !== 3) return false
    must(wire, delimited, 'StrVal')
    text = reader.string()
    return true
  })
  if (type !== 0 && type !== 1) throw new ProtobufError('impossible IntOrString.Type')
  return type === 0 ? int : text
}

const decoder = new TextDecoder()
const magicStart = 0x6b // 'k': no JSON value begins so
/** JSON in the bytes of field 1; undefined when there are none. */
export function readJson(reader: WireReader): unknown {
  let raw: Uint8Array | undefined
  eachField(reader, (number, wire) => {
    if (number !== 1) return false
    must(wire, delimited, 'Raw')
    raw = reader.raw()
    return true
  })
  if (raw === undefined || raw.length === 0) return undefined
  if (raw[0] === magicStart) throw new ProtobufError('an embedded object must be JSON: protobuf within protobuf is not read')
  try {
    return parseJson(decoder.decode(raw)) ?? undefined
  } catch (error) {
    if (error instanceof JsonError) throw new ProtobufError(error.message, { cause: error })
    throw error
  }
}

export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new ProtobufError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  return value
}
