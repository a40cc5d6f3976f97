// Answers onto the wire.
import type { ServerResponse } from 'node:http'
import { sensitiveHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Writable } from 'node:stream'
import { gzip } from 'node:zlib'
import type { ApiRequest, ApiResponse, StreamSink } from '#machinery'
import { gzipBytes, unreadBytes } from './limits.ts'

type Asked = Pick<ApiRequest, 'method' | 'headers'>

export function sendHttp2(stream: ServerHttp2Stream, response: ApiResponse, asked: Asked): void {
  const { body } = response
  switch (body.type) {
    case 'bytes':
      if (isCompressed(body.chunks, asked)) compress(body.chunks, (chunks, encoding) => { if (!stream.destroyed) sendBytesHttp2(stream, response, asked, chunks, encoding) })
      else sendBytesHttp2(stream, response, asked, body.chunks)
      return
    case 'stream':
      if (asked.method === 'HEAD') { stream.respond(headersOf(response), { endStream: true }); body.open(nowhere)(); return }
      stream.respond(headersOf(response))
      sendStream(stream, body.open)
      return
    default: cannotSend(body.type)
  }
}
function sendBytesHttp2(stream: ServerHttp2Stream, response: ApiResponse, { method }: Asked, chunks: readonly Uint8Array[], encoding?: string): void {
  const headers = headersOf(response), length = lengthOf(chunks)
  if (encoding) headers.push('content-encoding', encoding)
  headers.push('content-length', String(length))
  if (method === 'HEAD' || length === 0) { stream.respond(headers, { endStream: true }); return }
  stream.respond(headers)
  for (let i = 0; i < chunks.length - 1; i++) stream.write(chunks[i])
  stream.end(chunks.at(-1))
}
/** No two answers have the same: in a table of headers (RFC 7541) it would only drive out those that all have. */
const neverAgain = ['audit-id']
/** Names and values in turn: Node would take an object apart and put it together again. */
function headersOf({ status, headers }: ApiResponse): string[] & { [sensitiveHeaders]: readonly string[] } {
  const list = Object.assign([':status', String(status)], { [sensitiveHeaders]: neverAgain })
  for (const name in headers) {
    const value = headers[name]!
    if (typeof value === 'string') list.push(name, value)
    else for (const one of value) list.push(name, one)
  }
  return list
}

export function sendHttp1(response: ServerResponse, answer: ApiResponse, asked: Asked): void {
  for (const name in answer.headers) response.setHeader(name, answer.headers[name] as string | string[])
  response.statusCode = answer.status
  const { body } = answer
  switch (body.type) {
    case 'bytes':
      if (isCompressed(body.chunks, asked)) compress(body.chunks, (chunks, encoding) => { if (!response.destroyed) sendBytesHttp1(response, asked, chunks, encoding) })
      else sendBytesHttp1(response, asked, body.chunks)
      return
    case 'stream':
      response.flushHeaders()
      if (asked.method === 'HEAD') { response.end(); body.open(nowhere)(); return }
      sendStream(response, body.open)
      return
    default: cannotSend(body.type)
  }
}

function sendBytesHttp1(response: ServerResponse, { method }: Asked, chunks: readonly Uint8Array[], encoding?: string): void {
  if (encoding) response.setHeader('content-encoding', encoding)
  response.setHeader('content-length', lengthOf(chunks))
  if (method === 'HEAD') { response.end(); return }
  for (let i = 0; i < chunks.length - 1; i++) response.write(chunks[i])
  response.end(chunks.at(-1))
}

/** Takes what nobody wants to read. */
export const nowhere: StreamSink = { write: () => false, end() {}, drained() {} }

function cannotSend(type: string): never { throw new Error(`an answer of type ${type} cannot be sent over HTTP`) }

/** A body is compressed when it is large and the client likes it so. */
const isCompressed = (chunks: readonly Uint8Array[], { headers }: Asked): boolean => lengthOf(chunks) >= gzipBytes && /(?:^|,)\s*gzip\s*(?:;|,|$)/.test(headers['accept-encoding'] ?? '')
/** What cannot be compressed stays as it is. */
function compress(chunks: readonly Uint8Array[], send: (chunks: readonly Uint8Array[], encoding?: string) => void): void {
  gzip(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), { level: 1 }, (error, packed) => { if (error) send(chunks); else send([packed], 'gzip') })
}
function lengthOf(chunks: readonly Uint8Array[]): number {
  let length = 0
  for (const chunk of chunks) length += chunk.length
  return length
}

/** Lets a body write itself, event by event; what happens in one turn goes out together. */
function sendStream(out: Writable, open: (sink: StreamSink) => () => void): void {
  let corked = false
  const uncork = () => { if (corked) { corked = false; out.uncork() } }
  const sink: StreamSink = {
    write(chunk) {
      if (out.destroyed) return true
      if (!corked) {
        corked = true
        out.cork()
        process.nextTick(uncork)
      }
      out.write(chunk)
      return out.writableLength < unreadBytes
    },
    // What is corked must go first: HTTP/1.1's last chunk would overtake it.
    end() { if (!out.destroyed) { uncork(); out.end() } },
    drained(run) {
      if (out.writableLength === 0) { setImmediate(run); return }
      out.once('drain', run)
    },
  }
  const stop = open(sink)
  out.once('close', stop)
}
