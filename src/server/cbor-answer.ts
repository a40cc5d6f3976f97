// Answers in CBOR, where the server is asked to speak it.
import { encodeCbor, RawCbor, type ApiResponse, type Schema } from '#machinery'
import { withValue } from './answer-values.ts'
import { schemaOf } from './typed-schemas.ts'

const uncached = 'no-cache, private'
const headers = { 'content-type': 'application/cbor', 'cache-control': uncached }
export const cborWatchHeaders = { 'content-type': 'application/cbor-seq', 'cache-control': uncached }

interface Typed { readonly kind?: string; readonly apiVersion?: string; readonly items?: readonly unknown[] | null }

/** The value with what its type says of it; types that nobody knows are written as they are. */
function encoded(value: unknown): Uint8Array {
  const { kind = '', apiVersion = '', items } = (value ?? {}) as Typed
  const schema = schemaOf({ kind, apiVersion })
  if (schema || !Array.isArray(items) || !kind.endsWith('List')) return encodeCbor(value, schema)
  const item = schemaOf({ apiVersion, kind: kind.slice(0, -'List'.length) })
  return encodeCbor(value, item && listOf(item))
}
const listOf = (items: Schema<any>): Schema<any> => ({ type: 'object', required: false, present: false, fields: { items: { type: 'array', items, required: false, present: false } } })

export const cborAnswer = (status: number, value: unknown): ApiResponse => ({ status, headers, body: withValue({ type: 'bytes', chunks: [encoded(value)] }, () => value) })

/** An event of a watch: one item of the sequence. */
export const cborEvent = (type: string, object: unknown): Uint8Array => encodeCbor({ type, object: new RawCbor(encoded(object)) })
