import { PassThrough, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { SessionEnd, StreamRequest } from '../runtime/runtime.ts'
import { type RemoteCommand, TerminalSizes } from './remote-command.ts'
import { sessionStatus } from './session-status.ts'

/** The WebSocket subprotocols of remote commands, and the one for a client that names none. */
export const commandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io', '']

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Sends and takes messages whose first byte names a channel, in binary or in base64 text. */
export class Channels {
  readonly #socket: WebSocket
  readonly #base64: boolean
  /** Resolves when the connection is over. */
  readonly gone: Promise<void>

  constructor(socket: WebSocket, protocol: string, received: (channel: number, data: Buffer) => void) {
    this.#socket = socket
    this.#base64 = protocol.includes('base64.')
    socket.on('message', (message: Buffer, isBinary: boolean) => {
      const bytes = Buffer.isBuffer(message) ? message : Buffer.from(message)
      if (bytes.length === 0) return
      // In base64 the channel is a digit before the encoded data.
      if (this.#base64 && !isBinary) received(bytes[0]! - 48, Buffer.from(bytes.toString('latin1', 1), 'base64'))
      else received(bytes[0]!, bytes.subarray(1))
    })
    socket.on('error', () => {})
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  send(channel: number, data: Uint8Array, done: () => void = () => {}): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return done()
    if (this.#base64) this.#socket.send(String.fromCharCode(48 + channel) + Buffer.from(data).toString('base64'), { binary: false }, done)
    else this.#socket.send(Buffer.concat([Buffer.from([channel]), data]), { binary: true }, done)
  }

  /** A channel to write to; each write waits until it is on its way. */
  output(channel: number): Writable {
    return new Writable({ decodeStrings: true, write: (data: Buffer, _encoding, done) => this.send(channel, data, () => done()) })
  }

  /** A channel to read from, which the owner feeds; the connection stops reading while it is full. */
  feed(input: PassThrough, data: Buffer): void {
    if (input.writableEnded || input.write(data)) return
    this.#socket.pause()
    input.once('drain', () => this.#socket.resume())
  }

  async close(): Promise<void> {
    this.#socket.close(1000)
    await this.gone
  }
}

/** A client that speaks `protocol`, one of `commandProtocols`, on an accepted WebSocket. */
export function webSocketCommand(socket: WebSocket, protocol: string, streams: StreamRequest): RemoteCommand {
  const sizes = new TerminalSizes()
  const stdin = streams.stdin ? new PassThrough() : undefined
  const channels = new Channels(socket, protocol, (number, data) => {
    if (number === channel.stdin) { if (stdin) channels.feed(stdin, data) }
    else if (number === channel.resize) sizes.push(data.toString())
    // From v5 on a client can close its side of a channel; only that of the input means anything.
    else if (number === channel.close && data[0] === channel.stdin) stdin?.end()
  })
  void channels.gone.then(() => stdin?.end())
  // An empty message on the lowest channel it listens to tells the client that all is set up.
  channels.send(streams.stdout ? channel.stdout : streams.stderr ? channel.stderr : channel.error, new Uint8Array())
  return {
    stdin, gone: channels.gone,
    stdout: streams.stdout ? channels.output(channel.stdout) : undefined,
    stderr: streams.stderr && !streams.tty ? channels.output(channel.stderr) : undefined,
    resized: (listener) => sizes.listen(listener),
    async finish(end) {
      const text = errorText(protocol, end)
      if (text !== '') channels.send(channel.error, Buffer.from(text))
      await channels.close()
    },
  }
}

/** What goes over the error channel: a Status from version 4 on, before that words, and those only on failure. */
export function errorText(protocol: string, end: SessionEnd): string {
  const status = sessionStatus(end)
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status)
  return status.status === 'Success' ? '' : status.message ?? ''
}
