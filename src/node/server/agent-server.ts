// The agent's own server: logs, exec, attach and port-forward for the API server, and what it knows for those who measure.
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Log } from '#machinery'
import { kubeletVersion } from '../machine/node-info.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AgentView } from './agent-view.ts'
import { sendLog } from './container-log.ts'
import { machineUsage } from './machine-usage.ts'
import { agentMetrics, containerMetrics, metricsType, probeMetrics, resourceMetrics } from './metrics.ts'
import { serveUpgrade } from './streams.ts'
import { statsSummary } from './summary.ts'
import { CpuRates, podUsages } from './usage.ts'
import { asked, refusal, refusalText } from './who-asks.ts'

export interface AgentServerOptions {
  readonly host: string
  readonly port: number
  readonly certificate: string
  readonly key: string
  /** PEM of the authority of client certificates. */
  readonly clientAuthority: string
  readonly agent: AgentView
  readonly runtime: Runtime
  readonly log: Log
  /** What /configz shows, in KubeletConfiguration's words. */
  readonly configuration?: Readonly<Record<string, unknown>>
}

/** A client that sends no headers for so long is dropped. */
const headersMs = 10_000
const mostConnections = 2_000

/** Resolves when it listens; rejects with the system's error. */
export async function startAgentServer(options: AgentServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const rates = new CpuRates()
  const server = createServer(
    { cert: options.certificate, key: options.key, ca: options.clientAuthority, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', headersTimeout: headersMs },
    (request, response) => {
      answer(options, rates, request, response).catch((error: unknown) => {
        options.log.warn('a request failed', { path: request.url?.split('?')[0], error })
        if (response.headersSent) response.destroy()
        else say(response, 500, 'internal error')
      })
    })
  server.maxConnections = mostConnections
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => serveUpgrade(options, request, socket, head))
  server.on('tlsClientError', () => {})
  const sockets = new Set<Duplex>()
  server.on('secureConnection', (socket: TLSSocket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); socket.on('error', () => {}) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject); server.listen(options.port, options.host, resolve) })
  return { port: (server.address() as AddressInfo).port, close: () => close(server, sockets) }
}

function close(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  return new Promise((resolve) => { server.close(() => resolve()); for (const socket of sockets) socket.destroy() })
}

function say(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type })
  response.end(text)
}
const sayJson = (response: ServerResponse, value: unknown): void => say(response, 200, JSON.stringify(value), 'application/json')

async function answer({ agent, runtime, configuration }: AgentServerOptions, rates: CpuRates, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refused = refusal(request)
  if (refused) return say(response, refused, refusalText(refused))
  const wanted = asked(request)
  if (!wanted) return say(response, 400, 'malformed path')
  if (request.method !== 'GET') return say(response, 405, 'Method Not Allowed')
  const { room, rest, query } = wanted, now = Date.now(), path = [room, ...rest].join('/')
  if (room === 'containerLogs') return await sendLog(agent, runtime, rest, query, response)
  const podList = (pods: readonly object[]) => sayJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods })
  switch (path) {
    case 'healthz': case 'healthz/ping': case 'healthz/syncloop': return say(response, 200, 'ok')
    case 'pods': return podList(agent.pods())
    case 'runningpods': return podList(agent.pods().filter((p) => agent.sandboxId(p.metadata.uid) !== undefined))
    case 'configz': return sayJson(response, { kubeletconfig: { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1', ...configuration } })
    case 'metrics': return say(response, 200, agentMetrics(agent, kubeletVersion), metricsType)
    case 'metrics/resource': return say(response, 200, resourceMetrics(await podUsages(agent, runtime), now), metricsType)
    case 'metrics/probes': return say(response, 200, probeMetrics(agent.probeCounts()), metricsType)
    case 'metrics/cadvisor': return say(response, 200, containerMetrics(await podUsages(agent, runtime)), metricsType)
    case 'stats/summary': {
      const summary = statsSummary({ nodeName: agent.nodeName, machine: machineUsage(), pods: await podUsages(agent, runtime), rates, now })
      rates.endOfRound()
      return sayJson(response, summary)
    }
    default: return say(response, 404, '404 page not found\n')
  }
}
