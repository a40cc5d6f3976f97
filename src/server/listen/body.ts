// A request's body, whole, within its limits.
import type { Readable } from 'node:stream'
import { ApiError, tooLarge, type ByteSource } from '#machinery'
import { bodyBytes, bodyMs } from './limits.ts'

/** Rejects with RequestEntityTooLarge or Timeout, or when the client goes away. */
export function readBody(stream: Readable, contentLength: string | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const tooMuch = () => tooLarge(`Request entity too large: limit is ${bodyBytes}`)
    if (Number(contentLength ?? 0) > bodyBytes) { stream.resume(); reject(tooMuch()); return }
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => { done(new ApiError('Timeout', 'the body of the request did not arrive in time')) }, bodyMs)
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > bodyBytes) { stream.resume(); done(tooMuch()); return }
      chunks.push(chunk)
    }
    const onEnd = () => { done() }
    const onClose = () => { done(new Error('the client went away')) }
    const done = (error?: Error) => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('close', onClose).off('error', done)
      if (error) reject(error)
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    }
    stream.on('data', onData).on('end', onEnd).on('close', onClose).on('error', done)
  })
}

/** A request's body as it comes, however large: for requests that are only passed on. A client that goes away ends it. */
export const streamBody = (stream: Readable): ByteSource => (sink) => {
  const onData = (chunk: Buffer) => { if (!sink.write(chunk)) { stream.pause(); sink.drained(() => { stream.resume() }) } }
  stream.on('data', onData).on('end', () => { sink.end() })
  return () => { stream.off('data', onData).resume() } // the answer still goes out on the same connection
}
