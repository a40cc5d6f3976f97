import type { Duplex } from 'node:stream'
import { HeaderCodec, type Headers } from './spdy-headers.ts'
import { type StreamOwner, SpdyStream } from './spdy-stream.ts'

// SPDY/3.1 as Kubernetes uses it for exec, attach and port-forward. Numbers are from the protocol's specification.
const frame = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const
const flag = { fin: 1, unidirectional: 2 } as const
const reset = { protocolError: 1, refusedStream: 3, cancel: 5 } as const
const initialWindowSetting = 7

const defaultWindow = 64 << 10
const maxDataFrame = 32 << 10
const maxControlFrame = 256 << 10
/** What a stream may hold unread before the connection stops reading: slow readers must not fill the memory. */
const maxUnread = 256 << 10
const connectionWindow = 16 << 20
const maxStreams = 1_000
const farewellMs = 5_000

export interface SpdyOptions {
  readonly side: 'client' | 'server'
  /** Called for each stream the peer opens, which is accepted by then; false refuses it. Absent: all are refused. */
  readonly opened?: (stream: SpdyStream) => boolean | void
  /**
   * Tells the peer how many bytes it may send unasked per stream, and grants more as they are read. Only between ends
   * that both know windows: Go's spdystream, the usual peer, knows none and would never grant us any, so a peer's windows
   * are obeyed only once it has spoken of them.
   */
  readonly announceWindow?: number
}

/** One end of a SPDY/3.1 connection over any byte stream. */
export class SpdyConnection implements StreamOwner {
  /** Resolves when the connection is over, with the error that ended it if it was one. */
  readonly closed: Promise<Error | undefined>
  readonly #socket: Duplex
  readonly #options: SpdyOptions
  readonly #codec = new HeaderCodec()
  readonly #streams = new Map<number, SpdyStream>()
  readonly #resolveClosed: (error: Error | undefined) => void
  #nextId: number
  #lastPeerId = 0
  #rest: Buffer = Buffer.alloc(0)
  /** What came while a header block was being unpacked. */
  #arrived: Buffer[] = []
  #data: { id: number; left: number; fin: boolean } | undefined
  #reading = false
  #sendingHeaders: Promise<unknown> = Promise.resolve()
  #over = false
  #leaving = false
  #peerWindows = false
  #peerInitialWindow = defaultWindow
  #sendWindow = defaultWindow
  #ungranted = 0
  #paused = false
  #farewell: NodeJS.Timeout | undefined

  /** `head` are bytes that came together with the answer to the upgrade. */
  constructor(socket: Duplex, options: SpdyOptions, head?: Buffer) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#socket = socket
    this.#options = options
    this.#nextId = options.side === 'client' ? 1 : 2
    if (options.announceWindow !== undefined) this.#announce(options.announceWindow)
    socket.on('data', (chunk: Buffer) => { this.#arrived.push(chunk); void this.#read() })
    socket.on('error', (error) => this.#end(error))
    socket.on('end', () => { if (!this.#reading) this.#end(undefined) })
    socket.on('close', () => { clearTimeout(this.#farewell); this.#end(undefined) })
    socket.on('drain', () => this.#unblock())
    if (head && head.length > 0) { this.#arrived.push(head); void this.#read() }
  }

  /** Opens a stream. What is written before the peer has accepted it waits. */
  open(headers: Headers): SpdyStream {
    const id = this.#nextId
    this.#nextId += 2
    const stream = this.#newStream(id, headers)
    if (this.#over || this.#leaving) { stream.lost(); return stream }
    void this.#sendHeaders(frame.synStream, id, headers, Buffer.from([0, 0, 0, 0, 0, 0]))
    return stream
  }

  /** Says goodbye, and ends the connection when its last stream is done, or after `patienceMs` all the same. */
  close(patienceMs = Infinity): void {
    if (this.#leaving || this.#over) return
    this.#leaving = true
    if (patienceMs !== Infinity) this.#farewell = setTimeout(() => this.#socket.destroy(), patienceMs).unref()
    const body = Buffer.alloc(8)
    body.writeUInt32BE(this.#lastPeerId, 0)
    this.#control(frame.goAway, 0, body)
    if (this.#streams.size === 0) this.#hangUp()
  }

  /** Ends it now. */
  destroy(error?: Error): void {
    this.#end(error)
    this.#socket.destroy()
  }

  // --- for the streams -------------------------------------------------------------------------------------------

  /** Sends data, or with `fin` the end, and calls back when more may come or the stream is lost. */
  sendData(stream: SpdyStream, chunk: Buffer, fin: boolean, done: () => void): void {
    let at = 0
    const next = (): void => {
      if (this.#over || stream.broken) return done()
      const room = this.#peerWindows ? Math.min(stream.sendWindow, this.#sendWindow) : Infinity
      if (room <= 0 && at < chunk.length) { stream.blocked = next; return }
      const piece = chunk.subarray(at, at + Math.min(maxDataFrame, room))
      at += piece.length
      stream.sendWindow -= piece.length
      this.#sendWindow -= piece.length
      const last = at === chunk.length
      const header = Buffer.alloc(8)
      header.writeUInt32BE(stream.id, 0)
      header.writeUInt32BE((((last && fin ? flag.fin : 0) << 24) | piece.length) >>> 0, 4)
      this.#socket.cork()
      this.#socket.write(header)
      const flowing = piece.length === 0 || this.#socket.write(piece)
      this.#socket.uncork()
      if (!flowing) stream.blocked = last ? done : next
      else if (last) done()
      else next()
    }
    next()
  }

  /** Whether the streams must tell what was read from them. */
  get counting(): boolean { return this.#paused || this.#keepsWindows() }

  /** The stream's reader has taken bytes. */
  consumed(stream: SpdyStream, bytes: number): void {
    if (this.#keepsWindows()) {
      stream.ungranted += bytes
      if (stream.ungranted >= (this.#options.announceWindow ?? defaultWindow) / 2 && !stream.readableEnded) { this.#grant(stream.id, stream.ungranted); stream.ungranted = 0 }
      this.#consumedOfAll(bytes)
    }
    this.#resume()
  }

  finishedStream(stream: SpdyStream, complete: boolean): void {
    if (this.#streams.get(stream.id) !== stream) return
    this.#streams.delete(stream.id)
    if (!complete) this.#reset(stream.id, reset.cancel)
    if (this.#leaving && this.#streams.size === 0 && !this.#over) this.#hangUp()
    this.#resume()
  }

  // --- reading ---------------------------------------------------------------------------------------------------

  async #read(): Promise<void> {
    if (this.#reading || this.#over) return
    this.#reading = true
    try {
      while (this.#arrived.length > 0 && !this.#over) {
        this.#rest = this.#rest.length === 0 && this.#arrived.length === 1 ? this.#arrived[0]! : Buffer.concat([this.#rest, ...this.#arrived])
        this.#arrived = []
        for (let more: boolean | Promise<boolean> = true; more && !this.#over;) {
          more = this.#readFrame()
          if (typeof more !== 'boolean') more = await more
        }
      }
    } catch (error) {
      this.destroy(error as Error)
    }
    this.#reading = false
    if (this.#socket.readableEnded) this.#end(undefined)
  }

  /** Handles one frame or a piece of data; false when more bytes are needed. Waits only to unpack headers. */
  #readFrame(): boolean | Promise<boolean> {
    const bytes = this.#rest
    if (this.#data) {
      const { id, left, fin } = this.#data
      if (left > 0 && bytes.length === 0) return false
      const piece = bytes.subarray(0, left)
      this.#rest = bytes.subarray(piece.length)
      this.#data = left > piece.length ? { id, left: left - piece.length, fin } : undefined
      this.#deliver(id, piece, fin && this.#data === undefined)
      return true
    }
    if (bytes.length < 8) return false
    const first = bytes.readUInt32BE(0)
    const flags = bytes[4]!
    const length = bytes.readUIntBE(5, 3)
    if ((first & 0x80000000) === 0) {
      this.#rest = bytes.subarray(8)
      this.#data = { id: first, left: length, fin: (flags & flag.fin) !== 0 }
      return true
    }
    if (first >>> 16 !== 0x8003) throw new Error('the peer does not speak SPDY/3')
    if (length > maxControlFrame) throw new Error('SPDY control frame too large')
    if (bytes.length < 8 + length) return false
    this.#rest = bytes.subarray(8 + length)
    return this.#controlFrame(first & 0xffff, flags, bytes.subarray(8, 8 + length)).then(() => true)
  }

  async #controlFrame(type: number, flags: number, body: Buffer): Promise<void> {
    const needed = { [frame.synStream]: 10, [frame.rstStream]: 8, [frame.windowUpdate]: 8 }[type] ?? 4
    if (body.length < needed) throw new Error('SPDY control frame too short')
    const id = body.readUInt32BE(0) & 0x7fffffff
    const stream = this.#streams.get(id)
    switch (type) {
      case frame.synStream: return this.#accept(id, flags, await this.#codec.unpack(body.subarray(10)))
      case frame.synReply:
        await this.#codec.unpack(body.subarray(4))
        stream?.accepted()
        if (flags & flag.fin) stream?.received(undefined)
        return
      case frame.headers:
        await this.#codec.unpack(body.subarray(4))
        if (flags & flag.fin) stream?.received(undefined)
        return
      case frame.rstStream:
        this.#streams.delete(id)
        stream?.lost()
        return this.#resume()
      case frame.settings: return this.#settings(body)
      case frame.windowUpdate: return this.#granted(stream, id, body.readUInt32BE(4) & 0x7fffffff)
      case frame.ping:
        // Only the peer's own pings are answered: odd numbers are the client's.
        if ((id % 2 === 1) === (this.#options.side === 'server')) this.#control(frame.ping, 0, body)
        return
      case frame.goAway:
        this.#leaving = true
        if (this.#streams.size === 0) this.#hangUp()
        return
      default:
    }
  }

  #accept(id: number, flags: number, headers: Headers): void {
    const opened = this.#options.opened
    if (id <= this.#lastPeerId || (id % 2 === 1) !== (this.#options.side === 'server')) return this.#reset(id, reset.protocolError)
    this.#lastPeerId = id
    if (opened === undefined || this.#leaving || this.#streams.size >= maxStreams) return this.#reset(id, reset.refusedStream)
    const stream = this.#newStream(id, headers)
    if (opened(stream) === false) {
      this.#streams.delete(id)
      stream.lost()
      return this.#reset(id, reset.refusedStream)
    }
    if (flags & flag.unidirectional) stream.end()
    void this.#sendHeaders(frame.synReply, id, {}, Buffer.alloc(0)).then(() => stream.accepted())
    if (flags & flag.fin) stream.received(undefined)
  }

  #deliver(id: number, piece: Buffer, fin: boolean): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return this.#consumedOfAll(piece.length)
    if (piece.length > 0) stream.received(piece)
    if (fin) stream.received(undefined)
    if (stream.readableLength <= maxUnread || this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  /** Reads on once no stream holds too much. */
  #resume(): void {
    if (!this.#paused) return
    for (const stream of this.#streams.values()) if (stream.readableLength > maxUnread) return
    this.#paused = false
    this.#socket.resume()
  }

  // --- writing and windows ---------------------------------------------------------------------------------------

  #control(type: number, flags: number, body: Buffer): void {
    if (this.#over) return
    const header = Buffer.alloc(8)
    header.writeUInt16BE(0x8003, 0)
    header.writeUInt16BE(type, 2)
    header.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4)
    this.#socket.write(Buffer.concat([header, body]))
  }

  /** Packs and sends one after the other: the compression depends on the order. */
  #sendHeaders(type: number, id: number, headers: Headers, between: Buffer): Promise<void> {
    const sent = this.#sendingHeaders.then(async () => {
      const block = await this.#codec.pack(headers)
      const start = Buffer.alloc(4)
      start.writeUInt32BE(id)
      this.#control(type, 0, Buffer.concat([start, between, block]))
    }).catch((error: Error) => { if (!this.#over) this.destroy(error) })
    this.#sendingHeaders = sent
    return sent
  }

  #reset(id: number, status: number): void {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(id, 0)
    body.writeUInt32BE(status, 4)
    this.#control(frame.rstStream, 0, body)
  }

  #keepsWindows(): boolean { return this.#options.announceWindow !== undefined || this.#peerWindows }

  #consumedOfAll(bytes: number): void {
    if (!this.#keepsWindows()) return
    this.#ungranted += bytes
    if (this.#ungranted >= defaultWindow / 2) { this.#grant(0, this.#ungranted); this.#ungranted = 0 }
  }

  /** Ends our side, and after a while also the peer's, should it not. */
  #hangUp(): void {
    this.#socket.end()
    this.#farewell ??= setTimeout(() => this.#socket.destroy(), farewellMs).unref()
  }

  #announce(window: number): void {
    const body = Buffer.alloc(12)
    body.writeUInt32BE(1, 0)
    body.writeUInt32BE(initialWindowSetting, 4)
    body.writeUInt32BE(window, 8)
    this.#control(frame.settings, 0, body)
    // The window of the whole connection: wide enough that one unread stream does not stop the others.
    this.#grant(0, connectionWindow)
  }

  #grant(id: number, bytes: number): void {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(id, 0)
    body.writeUInt32BE(bytes, 4)
    this.#control(frame.windowUpdate, 0, body)
  }

  #settings(body: Buffer): void {
    const count = Math.min(body.readUInt32BE(0), (body.length - 4) / 8)
    for (let i = 0; i < count; i++) {
      if (body.readUIntBE(5 + i * 8, 3) !== initialWindowSetting) continue
      const window = body.readUInt32BE(8 + i * 8)
      for (const stream of this.#streams.values()) stream.sendWindow += window - this.#peerInitialWindow
      this.#peerInitialWindow = window
      this.#peerWindows = true
      this.#unblock()
    }
  }

  #granted(stream: SpdyStream | undefined, id: number, bytes: number): void {
    this.#peerWindows = true
    if (id === 0) this.#sendWindow += bytes
    else if (stream) stream.sendWindow += bytes
    this.#unblock()
  }

  #unblock(): void {
    for (const stream of this.#streams.values()) {
      const { blocked } = stream
      stream.blocked = undefined
      blocked?.()
    }
  }

  #newStream(id: number, headers: Headers): SpdyStream {
    const stream = new SpdyStream(this, id, headers, this.#peerInitialWindow)
    this.#streams.set(id, stream)
    return stream
  }

  #end(error: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#codec.close()
    for (const stream of this.#streams.values()) stream.lost()
    this.#streams.clear()
    this.#socket.end()
    this.#socket.resume()
    this.#resolveClosed(error)
  }
}
