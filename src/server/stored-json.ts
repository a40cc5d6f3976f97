// Stored objects as they go on the wire: their bytes, with type and version put in front.
import type { KeyValue } from '#store'

const encoder = new TextEncoder()
/** Every stored value begins so; answers put the version behind it. */
const opening = '{"metadata":{'

/** What stands before the stored bytes (without their opening) in an answer: type and version, or the version alone in lists. */
export const typedHead = (kind: { readonly kind: string; readonly apiVersion: string }): string => `{"kind":"${kind.kind}","apiVersion":"${kind.apiVersion}","metadata":{"resourceVersion":"`
export const bareHead = '{"metadata":{"resourceVersion":"'
const afterVersion = '",'

/** The object's JSON as it goes on the wire; what is put around it is ASCII. */
export function spliced(head: string, kv: KeyValue, before = '', after = '', room: (size: number) => Uint8Array = newBytes): Uint8Array {
  const front = `${before}${head}${kv.modRevision}${afterVersion}`
  const length = kv.value.length - opening.length
  const bytes = room(front.length + length + after.length)
  writeAscii(front, bytes, 0)
  bytes.set(kv.value.subarray(opening.length), front.length)
  writeAscii(after, bytes, front.length + length)
  return bytes
}
const newBytes = (size: number): Uint8Array => new Uint8Array(size)

/** Returns where the text ends. */
function writeAscii(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Small answers are cut from larger pieces, which are made (and given back by the garbage collector) far less often. Not for what is kept. */
const pieceBytes = 64 * 1024, largestCut = 8 * 1024
let piece = new Uint8Array(0), cut = 0
export function briefBytes(size: number): Uint8Array {
  if (size > largestCut) return new Uint8Array(size)
  if (cut + size > piece.length) { piece = new Uint8Array(pieceBytes); cut = 0 }
  return piece.subarray(cut, cut += size)
}

/** How much of a list is put together at once: few large writes are several times faster than many small ones. */
const windowBytes = 4 * 1024 * 1024
/** Windows end with the item that makes them full: with room for most of them, the next window fits into the memory of this one. */
const usualItem = 128 * 1024

/**
 * A list's JSON in large windows, made as they are asked for. `front` ends before the first item, `back` begins after the last. `inTurn`: a window
 * may lie where the one before it lay; for those who ask for the next when the last has gone.
 */
export function* listWindows(front: string, head: string, items: readonly KeyValue[], back: string, inTurn = false): Generator<Uint8Array, void> {
  let next = 0
  let kept = new Uint8Array(0)
  let pending: string | undefined = front
  while (pending !== undefined || next < items.length) {
    let size = pending === undefined ? 0 : pending.length * 3
    let last = next
    while (last < items.length && (last === next || size < windowBytes)) size += itemSize(head, items[last++]!)
    const ends = last === items.length
    if (ends) size += back.length * 3
    const bytes = inTurn && size <= kept.length ? kept : new Uint8Array(inTurn && !ends ? Math.max(size, windowBytes + usualItem) : size)
    kept = bytes
    let at = 0
    if (pending !== undefined) at += encoder.encodeInto(pending, bytes).written
    pending = undefined
    for (; next < last; next++) {
      const { value, modRevision } = items[next]!
      if (next > 0) at = writeAscii(',', bytes, at)
      at = writeAscii(afterVersion, bytes, writeAscii(String(modRevision), bytes, writeAscii(head, bytes, at)))
      bytes.set(value.subarray(opening.length), at)
      at += value.length - opening.length
    }
    if (ends) at += encoder.encodeInto(back, bytes.subarray(at)).written
    yield at === bytes.length ? bytes : bytes.subarray(0, at)
  }
}
/** Comma, head, up to 16 digits, the rest. */
const itemSize = (head: string, { value }: KeyValue): number => 1 + head.length + 16 + afterVersion.length + value.length - opening.length
