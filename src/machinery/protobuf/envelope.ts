// What stands around every message: four bytes that say "Kubernetes protobuf", then a runtime.Unknown with the object's type and its bytes.
import { delimited, ProtobufError, WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** "k8s" and the version of the envelope. */
export const magic: readonly number[] = [0x6b, 0x38, 0x73, 0]

export interface ObjectType { readonly apiVersion: string; readonly kind: string }
export interface Envelope extends ObjectType { readonly raw: Uint8Array }

/** Opens an envelope; the message in it is not looked at. Throws ProtobufError in the reference's words. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data')
  if (magic.some((byte, i) => bytes[i] !== byte)) throw new ProtobufError(`provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`)
  if (bytes.length === magic.length) throw new ProtobufError('empty body')
  let apiVersion = '', kind = '', raw = new Uint8Array()
  eachDelimited(bytes.subarray(magic.length), 'Unknown', ['', 'TypeMeta', 'Raw', 'ContentEncoding', 'ContentType'], (number, inner) => {
    if (number === 2) raw = new Uint8Array(inner.buffer, inner.byteOffset, inner.byteLength) as typeof raw
    if (number !== 1) return
    eachDelimited(inner, 'TypeMeta', ['', 'APIVersion', 'Kind'], (part, text) => {
      if (part === 1) apiVersion = decoder.decode(text)
      else kind = decoder.decode(text)
    })
  })
  return { apiVersion, kind, raw }
}
const decoder = new TextDecoder()

/** Fields of a message that has only strings, bytes and messages. */
function eachDelimited(bytes: Uint8Array, message: string, fields: readonly string[], take: (number: number, value: Uint8Array) => void): void {
  const reader = new WireReader(bytes)
  while (reader.at < reader.end) {
    const tag = reader.varint()
    const number = reader.high === 0 ? tag >>> 3 : 0
    const wire = tag & 7
    if (wire === 4) throw new ProtobufError(`proto: ${message}: wiretype end group for non-group`)
    if (number === 0) throw new ProtobufError(`proto: ${message}: illegal tag ${number} (wire type ${tag})`)
    if (number >= fields.length) { reader.skip(wire); continue }
    if (wire !== 2) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${fields[number]}`)
    take(number, reader.raw())
  }
}

/** Written before the message: what stands behind it (no content encoding, no content type). The writer goes backwards. */
export function beginEnvelope(writer: WireWriter): void {
  writer.uint(0); writer.tag(4, delimited)
  writer.uint(0); writer.tag(3, delimited)
}
/** Written after the message, whose length is given: what stands before it. */
export function endEnvelope(writer: WireWriter, { apiVersion, kind }: ObjectType, length: number): void {
  writer.uint(length); writer.tag(2, delimited)
  const end = writer.length
  writer.string(kind); writer.tag(2, delimited)
  writer.string(apiVersion); writer.tag(1, delimited)
  writer.uint(writer.length - end); writer.tag(1, delimited)
  writer.plain(magic)
}
