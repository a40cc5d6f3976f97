// A Client over HTTP/2.
import { ApiError, parseWritten, pause, unavailable, type WatchEvent } from '#machinery'
import { clientOver, type Call, type ClientOptions, type Transport } from '../calls.ts'
import { ClientClosedError, type Client } from '../client.ts'
import { decoded, failure } from '../direct.ts'
import { splitLines } from './lines.ts'
import { neverSeen, Session, type SessionOptions } from './session.ts'
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'

export interface HttpOptions extends SessionOptions, ClientOptions {
  /** A bearer token; as a function it is asked for each call, since tokens are renewed. */
  readonly token?: string | (() => string) | undefined
  /** How long a call may take, headers and body; default 60 s. Watches have no end. */
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 60_000
const maxTries = 3
const firstRetryMs = 50

/** A client of the API server at `options.server`. It connects on its first call and again whenever the connection is lost. */
export const httpClient = (options: HttpOptions): Client => clientOver(new HttpTransport(options), options)

/** How an answer begins. */
interface Answer { readonly status: number; readonly headers: IncomingHttpHeaders }

class HttpTransport implements Transport {
  readonly #session: Session
  readonly #options: HttpOptions
  readonly #streams = new Set<() => void>()

  constructor(options: HttpOptions) {
    this.#options = options
    this.#session = new Session(options)
  }

  async send(call: Call): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try { return await this.#once(call) } catch (error) {
        if (error instanceof ApiError || error instanceof ClientClosedError) throw error
        // A write whose answer was lost may have been carried out: only its caller knows whether to repeat it.
        if (tries >= maxTries || (call.method !== 'GET' && !neverSeen(error))) throw this.#unreachable(error)
        await pause(this.#options.clock, firstRetryMs * 2 ** tries)
      }
    }
  }

  async #once(call: Call): Promise<unknown> {
    const timeoutMs = this.#options.timeoutMs ?? defaultTimeoutMs
    const chunks: Buffer[] = []
    let answer: Answer | undefined
    const { stream, over } = await this.#open(call, (head) => { answer = head; return (chunk) => { chunks.push(chunk) } })
    const late = setTimeout(() => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try { await over } finally { clearTimeout(late) }
    const { status, headers } = answer!, value = decoded(chunks)
    if (status < 400) return value
    throw refused(status, headers, value)
  }

  stream(call: Call, seen: (event: WatchEvent) => void, ended: (error?: unknown) => void): () => void {
    let over = false
    let stream: ClientHttp2Stream | undefined
    const stop = () => { over = true; this.#streams.delete(stop); stream?.close(8 /* CANCEL */) }
    const finish = (error?: unknown) => { if (!over) { stop(); ended(error) } }
    this.#streams.add(stop)
    void (async () => {
      try {
        const take = splitLines((line) => { if (!over) seen(parseWritten(line) as WatchEvent) }), refusal: Buffer[] = []
        let answer: Answer | undefined
        const begun = await this.#open(call, (head) => { answer = head; return head.status < 400 ? take : (chunk) => { refusal.push(chunk) } })
        stream = begun.stream
        if (over) { stream.close(8); return }
        await begun.over
        if (answer!.status >= 400) throw refused(answer!.status, answer!.headers, decoded(refusal))
        finish()
      } catch (error) { finish(error instanceof ApiError || error instanceof ClientClosedError ? error : this.#unreachable(error)) }
    })()
    return stop
  }

  close(): void {
    for (const stop of this.#streams) stop()
    this.#session.close()
  }

  /**
   * Begins a call: `answered` hears how the answer begins and gives what takes its bytes; `over` resolves with its end. All of it is heard from the
   * start: a whole answer may arrive at once, and what asks Node for the bytes of a stream that has closed since is told that they are lost.
   */
  async #open(call: Call, answered: (answer: Answer) => (chunk: Buffer) => void): Promise<{ readonly stream: ClientHttp2Stream; readonly over: Promise<void> }> {
    const { token } = this.#options
    const bearer = typeof token === 'function' ? token() : token
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const stream = await this.#session.request({
      ...call.headers, ':method': call.method, ':path': call.query ? `${call.path}?${call.query}` : call.path,
      ...(bearer && { authorization: `Bearer ${bearer}` }), ...(body && { 'content-length': body.length }),
    }, body === undefined)
    const over = new Promise<void>((resolve, reject) => {
      let began = false
      stream.once('response', (headers) => {
        began = true
        stream.on('data', answered({ status: headers[':status'] ?? 0, headers })).once('end', resolve)
      })
      stream.once('error', reject)
      stream.once('close', () => { reject(new Error(began ? 'the server closed the stream before the end of its answer' : 'the server closed the stream without an answer')) })
    })
    over.catch(() => {})
    if (body) stream.end(body)
    return { stream, over }
  }

  #unreachable(error: unknown): ApiError {
    const made = unavailable(`cannot reach ${this.#options.server}: ${error instanceof Error ? error.message : String(error)}`)
    return Object.assign(made, { cause: error })
  }
}

function refused(code: number, headers: IncomingHttpHeaders, value: unknown): ApiError {
  const error = failure(code, value), after = Number(headers['retry-after']), { status } = error
  return after > 0 && !status.details?.retryAfterSeconds ? ApiError.from({ ...status, details: { ...status.details, retryAfterSeconds: after } }) : error
}
