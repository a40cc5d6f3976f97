import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { RuntimeError } from '../runtime/errors.ts'
import type { CallOptions, PortConnection, PortForwardSession, ProcessSession, SessionEnd, StreamRequest } from '../runtime/runtime.ts'
import { SpdyConnection } from './spdy.ts'
import type { SpdyStream } from './spdy-stream.ts'
import { sessionEnd } from './session-status.ts'

const dialTimeout = 10_000
const patienceAtEnd = 5_000

/** Opens the streams of an exec or attach at the URL that the runtime gave for it. */
export async function streamProcess(url: string, streams: StreamRequest, options: CallOptions = {}): Promise<ProcessSession> {
  const connection = await dial(url, 'v4.channel.k8s.io', options)
  const streamsOpened: Promise<void>[] = []
  const open = (streamtype: string) => {
    const stream = connection.open({ streamtype })
    streamsOpened.push(stream.opened)
    return stream
  }
  const error = open('error')
  const stdin = streams.stdin ? open('stdin') : undefined
  const stdout = streams.stdout ? open('stdout') : undefined
  const stderr = streams.stderr && !streams.tty ? open('stderr') : undefined
  const resize = streams.tty ? open('resize') : undefined
  // The runtime starts when it has seen all streams, and reads none before: data sent earlier could block the way of a stream.
  const timer = setTimeout(() => connection.destroy(), options.timeoutMs ?? dialTimeout)
  await Promise.all(streamsOpened)
  clearTimeout(timer)
  if (error.broken) throw new RuntimeError('Unavailable', 'the container runtime did not accept the streams of the command')
  error.end()
  stdout?.end()
  stderr?.end()
  stdin?.resume()
  resize?.resume()
  const finished = whole(error).then((text): SessionEnd => {
    connection.close(patienceAtEnd)
    return sessionEnd(text)
  })
  return {
    stdin, stdout, stderr, finished,
    resize: (columns, rows) => { if (resize && !resize.broken) resize.write(`${JSON.stringify({ Width: columns, Height: rows })}\n`) },
    close: () => connection.destroy(),
  }
}

/** Connections to ports of a pod at the URL that the runtime gave for it. */
export async function streamPorts(url: string, options: CallOptions = {}): Promise<PortForwardSession> {
  const connection = await dial(url, 'portforward.k8s.io', options)
  let next = 0
  return {
    connect(port): PortConnection {
      const headers = { port: String(port), requestid: String(next++) }
      const error = connection.open({ ...headers, streamtype: 'error' })
      error.end()
      const data = connection.open({ ...headers, streamtype: 'data' })
      return { data, finished: whole(error).then((text) => text === '' && error.broken ? 'the connection to the pod was lost' : text) }
    },
    close: () => connection.destroy(),
  }
}

/** All text of a stream that only the peer writes. */
function whole(stream: SpdyStream): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => { if (text.length < maxText) text += piece })
  return new Promise((resolve) => { stream.on('end', () => resolve(text)) })
}
const maxText = 64 << 10

/** Asks the URL for an upgrade to SPDY. */
function dial(url: string, protocol: string, { signal, timeoutMs = dialTimeout }: CallOptions): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new RuntimeError('Unavailable', `the container runtime's stream cannot be opened: ${error.message}`, error))
    const dialing = request(url, {
      method: 'POST', headers: { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol }, agent: false, ...(signal && { signal }),
    })
    const timer = setTimeout(() => dialing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    dialing.on('upgrade', (_, socket: Duplex & { setNoDelay?(): void }, head) => {
      clearTimeout(timer)
      socket.setNoDelay?.()
      resolve(new SpdyConnection(socket, { side: 'client' }, head))
    })
    dialing.on('response', (response) => {
      clearTimeout(timer)
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => { if (text.length < maxText) text += piece })
      response.on('end', () => fail(new Error(`${response.statusCode} ${text.trim()}`)))
    })
    dialing.on('error', (error) => { clearTimeout(timer); fail(error) })
    dialing.end()
  })
}
