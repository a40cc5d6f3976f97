// What probes and lifecycle hooks do: run a command, ask over HTTP, connect, ask by gRPC, or wait.
import { connect } from 'node:net'
import type { ExecAction, LifecycleHandler, Pod, Probe } from '#kinds'
import { formatDuration } from '#machinery'
import type { AnyContainer, HandlerResult, HandlerTarget } from '../pods/environment.ts'
import { isRuntimeError, type Runtime } from '../runtime/runtime.ts'
import { dialText, joinHostPort } from './dial-text.ts'
import { grpcProbe } from './grpc-probe.ts'
import { httpGet, httpProbeResult } from './http-probe.ts'

/** What is kept of a command's output for the event. */
const mostOutput = 10 * 1024
/** A hook that is not ended sooner ends after this. */
const longestHookMs = 60 * 60_000
const ok = (output = ''): HandlerResult => ({ success: true, output })
const failed = (output: string): HandlerResult => ({ success: false, output })

export interface Handlers {
  runHook(pod: Pod, container: AnyContainer, handler: LifecycleHandler, target: HandlerTarget, signal: AbortSignal): Promise<HandlerResult>
  runProbe(pod: Pod, container: AnyContainer, probe: Probe, target: HandlerTarget): Promise<HandlerResult>
}

export const createHandlers = ({ runtime }: { readonly runtime: Runtime }): Handlers => ({
  async runHook(_pod, container, { exec, httpGet: http, tcpSocket, sleep: nap }, { containerId, podIP }, signal) {
    try {
      if (exec) return await command(runtime, containerId, exec, longestHookMs, signal)
      // An answer is enough, whatever it says.
      if (http) { const { body } = await httpGet(http, podIP, portOf(http.port, container), AbortSignal.any([signal, AbortSignal.timeout(longestHookMs)])); return ok(body) }
      if (tcpSocket) return await tcp(tcpSocket.host || podIP, portOf(tcpSocket.port, container), signal)
      if (nap) return await sleep(nap.seconds * 1000, signal)
      return ok()
    } catch (error) { return failed(textOf(error)) }
  },

  async runProbe(_pod, container, { exec, httpGet: http, tcpSocket, grpc, timeoutSeconds = 1 }, { containerId, podIP }) {
    const timeoutMs = timeoutSeconds * 1000, signal = AbortSignal.timeout(timeoutMs)
    try {
      if (exec) return await command(runtime, containerId, exec, timeoutMs, signal)
      if (http) return await orFailed(httpGet(http, podIP, portOf(http.port, container), signal).then(httpProbeResult))
      if (tcpSocket) return await tcp(tcpSocket.host || podIP, portOf(tcpSocket.port, container), signal)
      if (grpc) return await grpcProbe(podIP, grpc.port, grpc.service ?? '', timeoutMs)
      return { ...failed('missing probe handler'), unknown: true }
    } catch (error) { return { ...failed(textOf(error)), unknown: true } } // it could not even be tried
  },
})

const orFailed = (result: Promise<HandlerResult>): Promise<HandlerResult> => result.catch((error: unknown) => failed(textOf(error)))

/** Rejects when the runtime cannot run it. */
async function command(runtime: Runtime, id: string, { command: words = [] }: ExecAction, timeoutMs: number, signal: AbortSignal): Promise<HandlerResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(id, words, Math.ceil(timeoutMs / 1000), { timeoutMs: timeoutMs + 2_000, signal })
    const output = Buffer.concat([stdout, stderr]).subarray(0, mostOutput).toString('utf8')
    return exitCode === 0 ? ok(output) : failed(output)
  } catch (error) {
    if (isRuntimeError(error, 'DeadlineExceeded', 'Cancelled')) return failed(`command timed out: ${JSON.stringify(words.join(' '))} timed out after ${formatDuration(timeoutMs)}`)
    // A command that is not there has failed; a runtime that does not answer says nothing about the container.
    if (isRuntimeError(error, 'Unavailable', 'NotFound')) throw error
    return failed(textOf(error))
  }
}

/** A number, or the name of one of the container's ports. */
function portOf(port: number | string, container: AnyContainer): number {
  const n = typeof port === 'number' ? port : /^\d+$/.test(port) ? Number(port) : container.ports?.find((p) => p.name === port)?.containerPort
  if (n === undefined || n < 1 || n > 65_535) throw new Error(`invalid port number: ${port}`)
  return n
}

function tcp(host: string, port: number, signal: AbortSignal): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.on('connect', () => { resolve(ok()); socket.destroy() })
    socket.on('error', (error) => resolve(failed(signal.aborted ? `dial tcp ${joinHostPort(host, port)}: i/o timeout` : dialText(error, host, port))))
  })
}

function sleep(ms: number, signal: AbortSignal): Promise<HandlerResult> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(ok())
    const over = () => { clearTimeout(timer); signal.removeEventListener('abort', over); resolve(ok()) }
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over)
  })
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
