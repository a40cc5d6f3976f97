// Whole answers: objects and lists in their envelopes, events of a watch in their frames.
import { listMeta, objectMeta } from '../meta.ts'
import * as s from '../schema.ts'
import type { Schema } from '../schema.ts'
import { beginEnvelope, endEnvelope, type ObjectType } from './envelope.ts'
import { delimited } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'
import { writeMessage } from './write-message.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

const statusCause = s.object(meta + 'StatusCause', { reason: s.string(), message: s.string(), field: s.string() })
const statusDetails = s.object(meta + 'StatusDetails', {
  name: s.string(), group: s.string(), kind: s.string(), uid: s.string(), causes: s.list(statusCause), retryAfterSeconds: s.int(),
})
export const statusSchema: Schema<any> = s.object(meta + 'Status', {
  metadata: s.value(listMeta), status: s.string(), message: s.string(), reason: s.string(), details: statusDetails, code: s.int(),
})
export const partialObjectSchema: Schema<any> = s.object(meta + 'PartialObjectMetadata', { metadata: s.value(objectMeta) })

const writer = new WireWriter()
function writing(write: () => void): Uint8Array {
  writer.clear()
  write()
  return writer.take()
}

/** An object of a schema that has a message, in its envelope. The type is the object's own unless it is given. */
export const writeObject = (schema: Schema<any>, object: object, type = object as ObjectType): Uint8Array => writing(() => {
  beginEnvelope(writer)
  const end = writer.length
  writeMessage(writer, schema, object)
  endEnvelope(writer, type, writer.length - end)
})

/** A list is put together in pieces of about this size. */
const windowBytes = 4 * 1024 * 1024

/** What a list consists of; `at` is asked for one item after the other, the last first. */
export interface ListParts {
  /** Of the list itself, e.g. v1 PodList. */
  readonly type: ObjectType
  readonly metadata: object
  readonly schema: Schema<any>
  readonly length: number
  readonly at: (index: number) => object
}

/** A list in its envelope, in pieces. */
export function writeList({ type, metadata, schema, length, at }: ListParts): Uint8Array[] {
  // meta.k8s.io/v1beta1 has its own mind about the order.
  const [metadataNumber, itemsNumber] = type.apiVersion === 'meta.k8s.io/v1beta1' ? [2, 1] : [1, 2]
  const windows: Uint8Array[] = []
  let written = 0
  const writeMetadata = () => {
    const end = writer.length
    writeMessage(writer, listMeta, metadata)
    writer.uint(writer.length - end); writer.tag(metadataNumber, delimited)
  }
  writer.clear()
  beginEnvelope(writer)
  const behind = writer.length
  if (metadataNumber > itemsNumber) writeMetadata()
  for (let i = length - 1; i >= 0; i--) {
    const end = writer.length
    writeMessage(writer, schema, at(i))
    writer.uint(writer.length - end); writer.tag(itemsNumber, delimited)
    if (writer.length < windowBytes) continue
    written += writer.length
    windows.push(writer.take())
  }
  if (metadataNumber < itemsNumber) writeMetadata()
  endEnvelope(writer, type, written + writer.length - behind)
  windows.push(writer.take())
  writer.clear()
  return windows.reverse()
}

/** An event of a watch, framed by its length: the type, and an object in its envelope. */
export const writeWatchEvent = (type: string, object: Uint8Array): Uint8Array => writing(() => {
  writer.raw(object); writer.tag(1, delimited)
  const embedded = writer.length
  writer.uint(embedded); writer.tag(2, delimited)
  writer.string(type); writer.tag(1, delimited)
  const { length } = writer
  writer.plain([length >>> 24, length >>> 16 & 255, length >>> 8 & 255, length & 255])
})
