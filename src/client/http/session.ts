// One HTTP/2 connection to a server, made when needed and made again when it is lost.
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import { ClientClosedError } from '../client.ts'

export interface SessionOptions {
  /** https://host:port (or http:// without TLS). */
  readonly server: string
  /** PEM of the authorities to trust; absent: the machine's. */
  readonly ca?: string | undefined
  /** Trust whoever answers: for tests and first contacts only. */
  readonly insecure?: boolean | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name the server's certificate must have, when it is not the host of `server`. */
  readonly serverName?: string | undefined
  readonly connectTimeoutMs?: number
}

const connectTimeoutMs = 10_000
/** A connection is asked for a sign of life so often, and given up when it gives none for as long. */
const pingEveryMs = 30_000
const streamWindow = 4 * 1024 * 1024
const connectionWindow = 64 * 1024 * 1024

export class Session {
  readonly #options: SessionOptions
  #current: Promise<ClientHttp2Session> | undefined
  #closed = false

  constructor(options: SessionOptions) { this.#options = options }

  /** Begins a request on the connection there is, or on a new one. */
  async request(headers: OutgoingHttpHeaders, endStream: boolean): Promise<ClientHttp2Stream> {
    if (this.#closed) throw new ClientClosedError()
    const session = await (this.#current ??= this.#connect())
    return session.request(headers, { endStream })
  }

  close(): void {
    this.#closed = true
    this.#current?.then((session) => session.destroy(), () => {})
    this.#current = undefined
  }

  #connect(): Promise<ClientHttp2Session> {
    const { server, ca, cert, key, insecure, serverName } = this.#options
    const waitMs = this.#options.connectTimeoutMs ?? connectTimeoutMs
    const made = new Promise<ClientHttp2Session>((resolve, reject) => {
      const session = connect(server, {
        settings: { enablePush: false, initialWindowSize: streamWindow },
        ...(server.startsWith('https:') && { ALPNProtocols: ['h2'], rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }), ...(serverName !== undefined && { servername: serverName }) }),
      })
      const late = setTimeout(() => session.destroy(new Error(`no connection to ${server} within ${waitMs} ms`)), waitMs)
      const lost = () => { clearTimeout(late); if (this.#current === made) this.#current = undefined }
      session.once('connect', () => {
        clearTimeout(late)
        session.setLocalWindowSize(connectionWindow)
        this.#keepAlive(session)
        resolve(session)
      })
      session.once('goaway', () => { lost(); session.close() })
      session.once('close', lost)
      session.on('error', (error) => { lost(); reject(error) })
    })
    made.catch(() => {})
    return made
  }

  #keepAlive(session: ClientHttp2Session): void {
    let answered = true
    const timer = setInterval(() => {
      if (!answered) { session.destroy(new Error('the connection gave no sign of life')); return }
      answered = false
      session.ping(() => { answered = true })
    }, pingEveryMs)
    timer.unref()
    session.once('close', () => clearInterval(timer))
  }
}

/** The server has not looked at this request: any other attempt is safe. */
export const neverSeen = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ERR_HTTP2_INVALID_SESSION' || error.code === 'ERR_HTTP2_GOAWAY_SESSION'))
    || /REFUSED_STREAM/.test(error.message))
