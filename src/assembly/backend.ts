// Requests carried to other servers and answers carried back, both as they flow (services and pods behind `proxy`, extension servers).
import type { IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { inGo, type NobodyAt, type PeerTrust } from '#machinery'
import type { BackendAnswer, BackendConnector } from '#server'
import { pools } from './agents.ts'
import { plainRequest } from './plain-http.ts'

/** A server that does not take the connection by then cannot be reached. */
const connectMs = 30_000

/** `kubelet` is what the server shows to node agents, and whom it believes there. */
export function backend(kubelet: PeerTrust, nobodyAt?: NobodyAt): BackendConnector & { close(): void } {
  const { plain, trusted, close } = pools()
  const connector: BackendConnector = ({ method, scheme, host, port, path, headers, body, trust, timeoutMs, onGone }) => new Promise<BackendAnswer>((resolve, reject) => {
    const nobody = nobodyAt?.(host)
    if (nobody !== undefined) throw new Error(`dial tcp ${host}:${port}: ${nobody}`)
    const options = { method, host, port, path, headers: headers as Record<string, string | string[]> }
    const call = scheme === 'https' ? tlsRequest({ ...options, agent: trusted(trust === 'kubelet' ? kubelet : trust) }) : plainRequest({ ...options, agent: plain })
    const fail = (error: Error) => { clearTimeout(deadline); call.destroy(); reject(inGo(error, host, port)) }
    const deadline = timeoutMs === undefined ? undefined : setTimeout(() => fail(new Error('context deadline exceeded')), timeoutMs)
    call.setTimeout(connectMs, () => { if (call.socket?.connecting !== false) fail(new Error(`dial tcp ${host}:${port}: i/o timeout`)) })
    call.on('error', fail)
    call.on('response', (answer) => {
      clearTimeout(deadline)
      resolve({ status: answer.statusCode ?? 502, headers: headersOf(answer), open: (sink) => passed(answer, sink) })
    })
    onGone?.(() => { call.destroy() })
    if (typeof body !== 'function') { call.end(body); return }
    const stop = body({
      write: (chunk) => call.destroyed || call.write(chunk),
      end: () => { call.end() },
      drained: (run) => { call.once('drain', run) },
    })
    call.on('close', stop)
  })
  return Object.assign(connector, { close })
}

function passed(answer: IncomingMessage, sink: Parameters<BackendAnswer['open']>[0]): () => void {
  answer.on('data', (chunk: Buffer) => { if (!sink.write(chunk)) { answer.pause(); sink.drained(() => { answer.resume() }) } })
  answer.on('end', () => { sink.end() })
  answer.on('error', () => { sink.end() })
  answer.on('aborted', () => { sink.end() })
  return () => { answer.destroy() }
}

function headersOf({ headers }: IncomingMessage): Record<string, string | readonly string[]> {
  const out: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) out[name] = value
  return out
}
