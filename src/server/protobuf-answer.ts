// Answers in protobuf. What an object's message is follows from its type: Kubernetes' own kinds and the types around them have one,
// custom resources have none.
import { authTokenRequest, eviction, kinds, scale } from '#kinds'
import { ApiError, protobuf, protobufType, type ApiResponse, type Kind, type LooseObject, type Schema, type ServedVersion } from '#machinery'
import { withValue } from './answer-values.ts'

const uncached = 'no-cache, private'
const headers = { 'content-type': protobufType, 'cache-control': uncached }
export const protobufWatchHeaders = { 'content-type': `${protobufType};stream=watch`, 'cache-control': uncached }

interface Typed { readonly kind: string; readonly apiVersion: string }
interface List extends Typed { readonly metadata?: object; readonly items: readonly object[] | null }

let schemas: Map<string, Schema<any>> | undefined
/** Messages are facts: whoever serves former versions adds them for the whole process. */
let former: ReadonlyMap<Kind, readonly ServedVersion<any>[]> = new Map() // allowed: versions of any kind
export function knowFormerVersions(versions: typeof former): void {
  former = versions
  schemas = undefined
}
function schemaOf({ apiVersion, kind }: Typed): Schema<any> | undefined {
  if (!schemas) {
    const { partialObjectSchema, statusSchema } = protobuf()
    schemas = new Map([['v1 Status', statusSchema], ['meta.k8s.io/v1 PartialObjectMetadata', partialObjectSchema], ['meta.k8s.io/v1beta1 PartialObjectMetadata', partialObjectSchema]])
    for (const type of [authTokenRequest, eviction, scale]) schemas.set(`${type.apiVersion} ${type.kind}`, type.schema)
    for (const served of [...kinds, ...former.keys()]) {
      schemas.set(`${served.apiVersion} ${served.kind}`, served.schema)
      for (const { group, version, kind: name = served.kind, schema } of [...served.alsoServedAs, ...(former.get(served) ?? [])]) schemas.set(`${group ? `${group}/` : ''}${version} ${name}`, schema)
    }
  }
  return schemas.get(`${apiVersion} ${kind}`)
}

/** An object or list in its envelope. Throws NotAcceptable when it has no message. */
function chunksOf(value: Typed): readonly Uint8Array[] {
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
