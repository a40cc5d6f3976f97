// A Client in the server's own process: no bytes, no copies, the same admission and authorization as over HTTP.
import { ApiError, parseWritten, reasonOf, type ApiHandler, type ApiRequest, type ApiResponse, type Status, type User, type WatchEvent } from '#machinery'
import { clientOver, type Call, type ClientOptions, type Transport } from './calls.ts'
import { ClientClosedError, type Client } from './client.ts'

/** A client that asks this API server as this user. */
export const directClient = (handler: ApiHandler, user: User, options: ClientOptions): Client => clientOver(new DirectTransport(handler, user), options)

class DirectTransport implements Transport {
  readonly #handler: ApiHandler
  readonly #user: User
  readonly #streams = new Set<() => void>()
  #closed = false

  constructor(handler: ApiHandler, user: User) {
    this.#handler = handler
    this.#user = user
  }

  async send(call: Call): Promise<unknown> {
    if (this.#closed) throw new ClientClosedError()
    const response = await this.#handler(this.#request(call))
    const value = await valueOf(response)
    if (response.status < 400) return value
    throw failure(response.status, value)
  }

  stream(call: Call, seen: (event: WatchEvent) => void, ended: (error?: unknown) => void): () => void {
    let over = false
    let close = () => {}
    const gone: (() => void)[] = []
    const stop = () => {
      if (over) return
      over = true
      this.#streams.delete(stop)
      close()
      for (const run of gone) run()
    }
    const finish = (error?: unknown) => { if (!over) { stop(); ended(error) } }
    this.#streams.add(stop)
    void (async () => {
      try {
        if (this.#closed) throw new ClientClosedError()
        const response = await this.#handler({ ...this.#request(call), onGone: (run) => { gone.push(run) } })
        if (over) return
        if (response.status >= 400) throw failure(response.status, await valueOf(response))
        const { body } = response
        if (body.type !== 'watch') throw new Error(`expected a watch of ${call.path}, got ${body.type}`)
        const closing = body.open({ event: (event) => { if (!over) seen(event) }, end: () => finish() })
        if (over) closing()
        else close = closing
      } catch (error) { finish(error) }
    })()
    return stop
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#streams) stop()
  }

  #request(call: Call): ApiRequest {
    return { method: call.method, path: call.path, query: call.query, headers: call.headers, body: call.body === undefined ? undefined : { object: call.body }, user: this.#user, direct: true }
  }
}

async function valueOf({ body }: ApiResponse): Promise<unknown> {
  switch (body.type) {
    case 'value': return body.value
    case 'bytes': return decoded(body.chunks)
    case 'stream': return decoded(await new Promise<Uint8Array[]>((resolve) => {
      const chunks: Uint8Array[] = []
      body.open({ write(chunk) { chunks.push(chunk); return true }, end: () => resolve(chunks), drained(run) { run() } })
    }))
    default: throw new Error(`a ${body.type} cannot be answered in one value`)
  }
}

/** JSON where it is JSON, else the text. */
export function decoded(chunks: readonly Uint8Array[]): unknown {
  const decoder = new TextDecoder()
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
  if (!/^\s*[[{]/.test(text)) return text
  try { return parseWritten(text) } catch { return text }
}

/** What failed, as the answer tells it. Paths that are no resources answer with text or nothing: then the code tells the reason. */
export function failure(code: number, value: unknown): ApiError {
  if (isStatus(value)) return ApiError.from(value)
  return new ApiError(reasonOf(code), typeof value === 'string' && value ? value : `the server answered ${code}`, undefined, { code })
}
/** Whether a decoded answer is a Status. */
const isStatus = (value: unknown): value is Status => typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status'
