// Answers in protobuf. What an object's message is follows from its type: Kubernetes' own kinds and the types around them have one,
// custom resources have none.
import { ApiError, protobuf, protobufType, type ApiResponse, type LooseObject } from '#machinery'
import { withValue } from './answer-values.ts'
import { schemaOf } from './typed-schemas.ts'

const uncached = 'no-cache, private'
const headers = { 'content-type': protobufType, 'cache-control': uncached }
export const protobufWatchHeaders = { 'content-type': `${protobufType};stream=watch`, 'cache-control': uncached }

interface Typed { readonly kind: string; readonly apiVersion: string }
interface List extends Typed { readonly metadata?: object; readonly items: readonly object[] | null }

/** An object or list in its envelope. Throws NotAcceptable when it has no message. */
function chunksOf(given: Typed | { readonly kind: string }): readonly Uint8Array[] {
  const value: Typed = { apiVersion: '', ...given } // discovery of the core group has none
  const { writeList, writeObject } = protobuf()
  const schema = schemaOf(value)
  if (schema) return [writeObject(schema, value)]
  const item = value.kind.endsWith('List') ? schemaOf({ apiVersion: value.apiVersion, kind: value.kind.slice(0, -'List'.length) }) : undefined
  if (!item) throw noMessage(value)
  const { items, metadata = {} } = value as List
  return writeList({ type: value, metadata, schema: item, length: items?.length ?? 0, at: (i) => items![i]! })
}
const noMessage = ({ apiVersion, kind }: Typed) =>
  new ApiError('NotAcceptable', `object *${apiVersion.split('/').at(-1)}.${kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`)

/** Any typed value as an answer. Throws NotAcceptable when it has no message. */
export const protobufAnswer = (status: number, value: unknown): ApiResponse => ({ status, headers, body: withValue({ type: 'bytes', chunks: chunksOf(value as Typed) }, () => value) })

/** A list whose items are made one by one, the last first. */
export const protobufList = (type: Typed, metadata: object, length: number, at: (index: number) => LooseObject): ApiResponse => {
  const schema = schemaOf({ apiVersion: type.apiVersion, kind: type.kind.slice(0, -'List'.length) })
  if (!schema) throw noMessage(type)
  const body = { type: 'bytes' as const, chunks: protobuf().writeList({ type, metadata, schema, length, at }) }
  return { status: 200, headers, body: withValue(body, () => ({ ...type, metadata, items: Array.from({ length }, (_, i) => at(i)) })) }
}

/** An event of a watch in its frame. */
export const protobufEvent = (type: string, object: unknown): Uint8Array => protobuf().writeWatchEvent(type, chunksOf(object as Typed)[0]!)
