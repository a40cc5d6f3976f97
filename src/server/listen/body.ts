// A request's body, whole, within its limits.
import type { Readable } from 'node:stream'
import { ApiError, tooLarge, type ByteSource } from '#machinery'
import type { Deadlines, Pending } from './deadlines.ts'
import { bodyBytes } from './limits.ts'

const tooMuch = () => tooLarge(`Request entity too large: limit is ${bodyBytes}`)

/** A stream whose body is being read: what is known of it so far. */
type Read = Readable & { [reading]?: Reading | undefined }
const reading = Symbol('reading')
interface Reading {
  readonly chunks: Buffer[]
  size: number
  /** How long it is, where the client says so. */
  readonly whole: number
  readonly deadlines: Deadlines
  readonly pending: Pending
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Rejects with RequestEntityTooLarge or Timeout, or when the client goes away. `deadlines`: those of bodies; `isAnswered`: the answer goes out on the stream itself (HTTP/2). */
export function readBody(stream: Readable, contentLength: string | undefined, deadlines: Deadlines, isAnswered: boolean): Promise<Uint8Array> {
  const whole = Number(contentLength ?? 0)
  if (whole > bodyBytes) { stream.resume(); return Promise.reject(tooMuch()) }
  return new Promise((resolve, reject) => {
    const pending = deadlines.begin(() => { end(stream, new ApiError('Timeout', 'the body of the request did not arrive in time')) })
    ;(stream as Read)[reading] = { chunks: [], size: 0, whole, deadlines, pending, resolve, reject }
    // The same listeners for all: Node keeps a stream, and with it its listeners, for long. They stay where they are, which is cheaper than taking them off.
    if (isAnswered && whole > 0) stream.on('readable', onReadable)
    else stream.on('data', onData)
    stream.on('end', onEnd).on('close', onClose).on('error', onError)
  })
}

/** Once: whatever comes later is nobody's business any more. */
function end(stream: Read, error?: Error): void {
  const read = stream[reading]
  if (!read) return
  const { chunks, size, deadlines, pending, resolve, reject } = read
  stream[reading] = undefined
  deadlines.end(pending)
  if (error) reject(error)
  else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
}
function onData(this: Read, chunk: Buffer): void {
  const read = this[reading]
  if (!read) return
  read.size += chunk.length
  if (read.size > bodyBytes) { this.resume(); end(this, tooMuch()); return }
  read.chunks.push(chunk)
}
/**
 * Of a body whose length is known. It is put back until the answer has gone out: a stream that has been read to its end is destroyed as soon as the answer has ended too,
 * and what is still to be confirmed of that then makes an Error, with its stack, for nobody (a thirtieth of all the work of a small write).
 */
function onReadable(this: Read): void {
  const read = this[reading], bytes = read && this.read(read.whole) as Buffer | null
  if (!bytes) return
  read.chunks.push(bytes)
  end(this)
  this.unshift(bytes)
  this.on('finish', readRest)
}
function readRest(this: Read): void { this.read() }
function onEnd(this: Read): void { end(this) }
function onClose(this: Read): void { if (this[reading]) end(this, new Error('the client went away')) }
function onError(this: Read, error: Error): void { end(this, error) }

/** A request's body as it comes, however large: for requests that are only passed on. A client that goes away ends it. */
export const streamBody = (stream: Readable): ByteSource => (sink) => {
  const onData = (chunk: Buffer) => { if (!sink.write(chunk)) { stream.pause(); sink.drained(() => { stream.resume() }) } }
  stream.on('data', onData).on('end', () => { sink.end() })
  return () => { stream.off('data', onData).resume() } // the answer still goes out on the same connection
}
