import { Duplex } from 'node:stream'
import type { Headers } from './spdy-headers.ts'

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** Sends data, or with `fin` the end, and calls back when more may come or the stream is lost. */
  sendData(stream: SpdyStream, chunk: Buffer, fin: boolean, done: () => void): void
  /** Whether the streams must tell what was read from them. */
  readonly counting: boolean
  consumed(stream: SpdyStream, bytes: number): void
  finishedStream(stream: SpdyStream, complete: boolean): void
}

/**
 * A stream of a SPDY connection. `end()` closes our direction only (mind that `for await` destroys both at its end). When the peer resets it or the connection goes,
 * reading ends as at a normal end and what is still written is dropped: `broken` tells the difference.
 */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: Headers
  /** How much the peer lets us send, when it keeps windows. */
  sendWindow: number
  blocked: (() => void) | undefined
  /** Bytes read from it that the peer has not been granted again. */
  ungranted = 0
  /** Whether it was cut off before both sides had ended it. */
  broken = false
  /** Resolves when the peer has accepted it, or it is lost before. */
  readonly opened: Promise<void>
  readonly #connection: StreamOwner
  readonly #resolveOpened: () => void
  #accepted = false
  #begin: (() => void) | undefined
  #peerEnded = false
  #unread = 0

  constructor(connection: StreamOwner, id: number, headers: Headers, sendWindow: number) {
    super({ allowHalfOpen: true, readableHighWaterMark: 64 << 10, writableHighWaterMark: 64 << 10 })
    this.#connection = connection
    this.id = id
    this.headers = headers
    this.sendWindow = sendWindow
    const { promise, resolve } = Promise.withResolvers<void>()
    this.opened = promise
    this.#resolveOpened = resolve
  }

  accepted(): void {
    this.#accepted = true
    this.#resolveOpened()
    this.#begin?.()
    this.#begin = undefined
  }

  /** Data from the peer, undefined for the end of its direction. */
  received(piece: Buffer | undefined): void {
    if (this.#peerEnded || this.destroyed) return
    if (piece === undefined) this.#peerEnded = true
    else this.#unread += piece.length
    this.push(piece ?? null)
    if (this.#connection.counting) this.#count()
  }

  lost(): void {
    this.broken = !(this.#peerEnded && this.writableFinished)
    this.received(undefined)
    this.accepted()
    const { blocked } = this
    this.blocked = undefined
    blocked?.()
    if (!this.writableEnded) this.end()
  }

  /** Node's own consumers come through here too, so this is where reading can be counted; _read tells too early. */
  override read(size?: number): Buffer | null {
    const chunk = super.read(size) as Buffer | null
    if (this.#connection.counting) this.#count()
    return chunk
  }

  override _read(): void {}

  #count(): void {
    const taken = this.#unread - this.readableLength
    if (taken <= 0) return
    this.#unread -= taken
    this.#connection.consumed(this, taken)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void { this.#whenAccepted(() => this.#send(chunk, false, done)) }
  override _final(done: () => void): void { this.#whenAccepted(() => this.#send(Buffer.alloc(0), true, done)) }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.finishedStream(this, this.#peerEnded && this.writableFinished)
    done(error)
  }

  #send(chunk: Buffer, fin: boolean, done: () => void): void {
    if (this.broken) done()
    else this.#connection.sendData(this, chunk, fin, done)
  }

  #whenAccepted(run: () => void): void {
    if (this.#accepted) run()
    else this.#begin = run
  }
}
