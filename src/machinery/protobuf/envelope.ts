// What stands around every message: four bytes that say "Kubernetes protobuf", then a runtime.Unknown with the object's type and its bytes.
import { ProtobufError, WireReader } from './wire-reader.ts'

/** "k8s" and the version of the envelope. */
export const magic: readonly number[] = [0x6b, 0x38, 0x73, 0]

export interface Envelope { readonly apiVersion: string; readonly kind: string; readonly raw: Uint8Array }

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
