import { type Duplex, PassThrough } from 'node:stream'
import type { WebSocket } from 'ws'
import type { PortForwardSession } from '../runtime/runtime.ts'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { Channels } from './websocket.ts'

export const portForwardProtocol = 'portforward.k8s.io'
/** SPDY inside the messages of a WebSocket, as kubectl speaks it since 1.30. */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'
/** Before that: two channels for each port named in the URL. */
export const channelPortProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', '']

const pairPatience = 30_000

/**
 * Serves a client that forwards ports over SPDY: for each connection it opens an error and a data stream with the same
 * request id. Resolves when the client is gone.
 */
export async function forwardOverSpdy(socket: Duplex, head: Buffer, session: PortForwardSession): Promise<void> {
  const waiting = new Map<string, { error?: SpdyStream; data?: SpdyStream; readonly timer: NodeJS.Timeout }>()
  const connection = new SpdyConnection(socket, {
    side: 'server',
    opened(stream) {
      const { streamtype: type, port, requestid } = stream.headers
      if ((type !== 'error' && type !== 'data') || port === undefined || !isPort(Number(port))) return false
      // Clients older than request ids open the two streams of a connection one after the other.
      const id = requestid ?? String(stream.id - (type === 'data' ? 2 : 0))
      const pair = waiting.get(id) ?? { timer: setTimeout(() => giveUp(id), pairPatience).unref() }
      if (pair[type] !== undefined) return false
      pair[type] = stream
      waiting.set(id, pair)
      if (pair.error && pair.data) {
        clearTimeout(pair.timer)
        waiting.delete(id)
        forward(pair.error, pair.data, Number(port), session)
      }
      return true
    },
  }, head)
  const giveUp = (id: string) => {
    const pair = waiting.get(id)
    waiting.delete(id)
    pair?.data?.destroy()
    pair?.error?.end('timed out waiting for the other stream of the connection')
  }
  await connection.closed
  for (const { timer } of waiting.values()) clearTimeout(timer)
  session.close()
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536

function forward(error: SpdyStream, data: SpdyStream, port: number, session: PortForwardSession): void {
  error.resume()
  const connection = session.connect(port)
  data.pipe(connection.data)
  connection.data.pipe(data)
  // A client that breaks off wants nothing more; one that only ended its direction still listens.
  data.on('end', () => { if (data.broken) connection.data.destroy() })
  void connection.finished.then((problem) => { error.end(problem) })
}

/** Serves a client that speaks of its ports in pairs of channels: 2i data and 2i+1 errors, each beginning with the port. */
export async function forwardOverChannels(
  socket: WebSocket, protocol: string, ports: readonly number[], session: PortForwardSession,
): Promise<void> {
  const inputs = ports.map(() => new PassThrough())
  const channels = new Channels(socket, protocol, (number, data) => {
    const input = number % 2 === 0 ? inputs[number / 2] : undefined
    if (input) channels.feed(input, data)
  })
  ports.forEach((port, i) => {
    const prefix = Buffer.from([port & 0xff, port >> 8])
    channels.send(2 * i, prefix)
    channels.send(2 * i + 1, prefix)
    const connection = session.connect(port)
    inputs[i]!.pipe(connection.data).pipe(channels.output(2 * i))
    void connection.finished.then((problem) => { if (problem !== '') channels.send(2 * i + 1, Buffer.from(problem)) })
  })
  await channels.gone
  for (const input of inputs) input.end()
  session.close()
}
