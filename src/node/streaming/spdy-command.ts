import type { Duplex } from 'node:stream'
import type { StreamRequest } from '../runtime/runtime.ts'
import { type RemoteCommand, TerminalSizes } from './remote-command.ts'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { errorText } from './websocket.ts'

/** The stream protocols of remote commands over SPDY, the newest first. */
export const spdyCommandProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

const patience = 30_000
const patienceAtEnd = 5_000

/** Waits until a client has opened, on an upgraded connection, every stream it announced. Rejects when it does not in 30 s. */
export function spdyCommand(socket: Duplex, head: Buffer, protocol: string, streams: StreamRequest): Promise<RemoteCommand> {
  return new Promise((resolve, reject) => {
    const expected = new Set(['error'])
    if (streams.stdin) expected.add('stdin')
    if (streams.stdout) expected.add('stdout')
    if (streams.stderr && !streams.tty) expected.add('stderr')
    if (streams.tty && /^v[34]\./.test(protocol)) expected.add('resize')
    const open = new Map<string, SpdyStream>()
    const connection = new SpdyConnection(socket, {
      side: 'server',
      opened(stream) {
        const type = stream.headers['streamtype'] ?? ''
        if (!expected.has(type) || open.has(type)) return false
        open.set(type, stream)
        if (open.size === expected.size) {
          clearTimeout(timer)
          resolve(commandOf(connection, open, protocol))
        }
        return true
      },
    }, head)
    const fail = (why: string) => { clearTimeout(timer); connection.destroy(); reject(new Error(why)) }
    const timer = setTimeout(() => fail('timed out waiting for client to create streams'), patience)
    void connection.closed.then(() => fail('the client left before it had opened its streams'))
  })
}

function commandOf(connection: SpdyConnection, streams: ReadonlyMap<string, SpdyStream>, protocol: string): RemoteCommand {
  const sizes = new TerminalSizes()
  const [error, stdin, stdout, stderr, resize] = ['error', 'stdin', 'stdout', 'stderr', 'resize'].map((type) => streams.get(type))
  // Of these only our direction is used; what a client might send must not fill the connection.
  error?.resume()
  stdout?.resume()
  stderr?.resume()
  resize?.on('data', (piece: Buffer) => sizes.push(piece.toString()))
  return {
    stdin, stdout, stderr,
    gone: connection.closed.then(() => {}),
    resized: (listener) => sizes.listen(listener),
    async finish(end) {
      await new Promise<void>((sent) => { error!.end(errorText(protocol, end), () => sent()) })
      stdin?.destroy()
      resize?.destroy()
      // The client closes when it has read everything; closing under it could cost it the last words.
      connection.close(patienceAtEnd)
    },
  }
}
