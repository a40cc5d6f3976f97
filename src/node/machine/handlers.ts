// What probes and lifecycle hooks do: run a command, ask over HTTP, connect, ask by gRPC, or wait.
import type { ExecAction, GRPCAction, HTTPGetAction, LifecycleHandler, Pod, Probe, TCPSocketAction } from '#kinds'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import type { AnyContainer, HandlerResult, HandlerTarget } from '../pods/environment.ts'

/** What is kept of an answer for the event. */
const mostOutput = 10 * 1024
/** A hook that is not ended sooner ends after this. */
const longestHookMs = 60 * 60_000
const ok = (output = ''): HandlerResult => ({ success: true, output })
const failed = (output: string): HandlerResult => ({ success: false, output })

type Action = { readonly exec?: ExecAction; readonly httpGet?: HTTPGetAction; readonly tcpSocket?: TCPSocketAction; readonly grpc?: GRPCAction; readonly sleep?: { readonly seconds: number } }

export interface Handlers {
  runHook(pod: Pod, container: AnyContainer, handler: LifecycleHandler, target: HandlerTarget, signal: AbortSignal): Promise<HandlerResult>
  runProbe(pod: Pod, container: AnyContainer, probe: Probe, target: HandlerTarget): Promise<HandlerResult>
}

export const createHandlers = ({ runtime }: { readonly runtime: Runtime }): Handlers => ({
  async runHook(_pod, container, handler, target, signal) {
    try { return await run(runtime, container, handler, target, longestHookMs, signal) } catch (error) { return failed(textOf(error)) }
  },
  async runProbe(_pod, container, probe, target) {
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000
    try { return await run(runtime, container, probe, target, timeoutMs, AbortSignal.timeout(timeoutMs)) } catch (error) { return failed(textOf(error)) }
  },
})

function run(runtime: Runtime, container: AnyContainer, action: Action, target: HandlerTarget, timeoutMs: number, signal: AbortSignal): Promise<HandlerResult> {
  if (action.exec) return exec(runtime, target.containerId, action.exec.command ?? [], timeoutMs, signal)
  if (action.httpGet) return httpGet(action.httpGet, container, target.podIP, timeoutMs, signal)
  if (action.tcpSocket) return tcp(action.tcpSocket.host || target.podIP, portOf(action.tcpSocket.port, container), timeoutMs, signal)
  if (action.grpc) return grpc(target.podIP, action.grpc.port, action.grpc.service ?? '', timeoutMs)
  if (action.sleep) return sleep(action.sleep.seconds * 1000, signal)
  return Promise.resolve(failed('no action is given'))
}

async function exec(runtime: Runtime, id: string, command: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<HandlerResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(id, command, Math.ceil(timeoutMs / 1000), { timeoutMs: timeoutMs + 2_000, signal })
    const output = Buffer.concat([stdout, stderr]).toString('utf8').slice(0, mostOutput)
    return exitCode === 0 ? ok(output) : failed(output)
  } catch (error) {
    if (isRuntimeError(error, 'DeadlineExceeded', 'Cancelled')) return failed(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${Math.round(timeoutMs / 1000)}s`)
    throw error
  }
}

/** A number, or the name of one of the container's ports. */
function portOf(port: number | string, container: AnyContainer): number {
  const n = typeof port === 'number' ? port : /^\d+$/.test(port) ? Number(port) : container.ports?.find((p) => p.name === port)?.containerPort
  if (n === undefined || n < 1 || n > 65_535) throw new Error(`invalid port number: ${port}`)
  return n
}

function httpGet(action: HTTPGetAction, container: AnyContainer, podIP: string, timeoutMs: number, signal: AbortSignal): Promise<HandlerResult> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase(), host = action.host || podIP, port = portOf(action.port, container)
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`, url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*' }
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value
  return new Promise((resolve) => {
    const send = scheme === 'https' ? httpsRequest : httpRequest
    // The certificate proves nothing here: the address is the pod's own.
    const call = send(url, { method: 'GET', headers, agent: false, signal, ...(scheme === 'https' && { rejectUnauthorized: false }) }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => { if (body.length < mostOutput) body += text })
      answer.on('error', () => {})
      const code = answer.statusCode ?? 0
      const done = () => resolve(code >= 200 && code < 400 ? ok(body.slice(0, mostOutput)) : failed(`HTTP probe failed with statuscode: ${code}`))
      answer.on('end', done).on('close', done)
    })
    call.on('error', (error) => resolve(failed(`Get "${url}": ${signal.aborted ? `context deadline exceeded (Client.Timeout exceeded while awaiting headers)` : dialText(error, host, port)}`)))
    call.setTimeout(timeoutMs)
    call.end()
  })
}

function tcp(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    socket.on('connect', () => { resolve(ok()); socket.destroy() })
    socket.on('error', (error) => resolve(failed(signal.aborted ? `dial tcp ${host}:${port}: i/o timeout` : dialText(error, host, port))))
  })
}

/** grpc.health.v1.Health/Check; the library is loaded when the first such probe runs. */
async function grpc(host: string, port: number, service: string, timeoutMs: number): Promise<HandlerResult> {
  const { Client, credentials } = await import('@grpc/grpc-js')
  const client = new Client(`${host}:${port}`, credentials.createInsecure())
  const name = Buffer.from(service), asked = service === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
  try {
    return await new Promise<HandlerResult>((resolve) => {
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', (b: Buffer) => b, (b: Buffer) => b, asked, { deadline: Date.now() + timeoutMs }, (error, answer) => {
        if (error) return resolve(failed(`timeout: failed to connect service "${host}:${port}" within ${timeoutMs / 1000}s: ${error.message}`))
        // HealthCheckResponse { ServingStatus status = 1 }, 1 is SERVING
        resolve(answer?.[0] === 0x08 && answer[1] === 1 ? ok('service healthy') : failed(`service unhealthy (responded with "${['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'][answer?.[1] ?? 0] ?? 'UNKNOWN'}")`))
      })
    })
  } finally { client.close() }
}

function sleep(ms: number, signal: AbortSignal): Promise<HandlerResult> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(ok())
    const timer = setTimeout(() => resolve(ok()), ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(ok()) }, { once: true })
  })
}

const reasons: Readonly<Record<string, string>> = { ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ENETUNREACH: 'connect: network is unreachable', ETIMEDOUT: 'i/o timeout', ECONNRESET: 'read: connection reset by peer' }
const dialText = (error: Error & { code?: string }, host: string, port: number): string => `dial tcp ${host}:${port}: ${reasons[error.code ?? ''] ?? error.message}`
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
