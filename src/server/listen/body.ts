// A request's body, whole, within its limits.
import type { Readable } from 'node:stream'
import { ApiError, tooLarge, type ByteSource } from '#machinery'
import type { Deadlines } from './deadlines.ts'
import { bodyBytes } from './limits.ts'

const tooMuch = () => tooLarge(`Request entity too large: limit is ${bodyBytes}`)
interface Reading { readonly chunks: Buffer[]; size: number; readonly resolve: (bytes: Uint8Array) => void; readonly reject: (error: Error) => void }

/** Rejects with RequestEntityTooLarge or Timeout, or when the client goes away. `deadlines`: those of bodies. */
export function readBody(stream: Readable, contentLength: string | undefined, deadlines: Deadlines): Promise<Uint8Array> {
  if (Number(contentLength ?? 0) > bodyBytes) { stream.resume(); return Promise.reject(tooMuch()) }
  return new Promise((resolve, reject) => { readInto({ chunks: [], size: 0, resolve, reject }, stream, deadlines) })
}

/** Its listeners stay where they are, which is cheaper than taking them off: when they have done their part, they hold nothing. */
function readInto(begun: Reading, stream: Readable, deadlines: Deadlines): void {
  let reading: Reading | undefined = begun
  const done = (error?: Error) => {
    if (!reading) return
    const { chunks, size, resolve, reject } = reading
    reading = undefined
    deadlines.end(pending)
    if (error) reject(error)
    else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
  }
  const pending = deadlines.begin(() => { done(new ApiError('Timeout', 'the body of the request did not arrive in time')) })
  stream.on('data', (chunk: Buffer) => {
    if (!reading) return
    reading.size += chunk.length
    if (reading.size > bodyBytes) { stream.resume(); done(tooMuch()); return }
    reading.chunks.push(chunk)
  })
  stream.on('end', () => { done() })
  stream.on('close', () => { if (reading) done(new Error('the client went away')) })
  stream.on('error', done)
}

/** A request's body as it comes, however large: for requests that are only passed on. A client that goes away ends it. */
export const streamBody = (stream: Readable): ByteSource => (sink) => {
  const onData = (chunk: Buffer) => { if (!sink.write(chunk)) { stream.pause(); sink.drained(() => { stream.resume() }) } }
  stream.on('data', onData).on('end', () => { sink.end() })
  return () => { stream.off('data', onData).resume() } // the answer still goes out on the same connection
}
