import { createServer, type Server } from 'node:http'
import { silent, type Log } from '#machinery'
import type { ServicePlan } from './plan.ts'

interface Open { readonly server: Server; readonly service: string; readonly port: number; ready: number }

const requestTimeoutMs = 5000
const mostConnections = 100

/**
 * Tells load balancers which nodes have endpoints: a service with externalTrafficPolicy Local has a port on every node
 * that answers 200 where there are ready ones and 503 where there are none (healthCheckNodePort).
 */
export class HealthPorts {
  readonly #open = new Map<string, Open>()
  readonly #log: Log
  /** Where to listen; undefined is everywhere. */
  readonly #address: string | undefined

  constructor(options: { readonly log?: Log; readonly address?: string } = {}) {
    this.#log = (options.log ?? silent).named('service-health')
    this.#address = options.address
  }

  /** Takes over what a service's plan says; undefined: the service is gone. */
  update(service: string, plan: ServicePlan | undefined): void {
    const open = this.#open.get(service)
    const health = plan?.health
    if (open && open.port !== health?.port) {
      open.server.close()
      this.#open.delete(service)
    }
    if (!health) return
    if (open?.port === health.port) open.ready = health.ready
    else this.#listen(service, health.port, health.ready)
  }

  close(): void {
    for (const { server } of this.#open.values()) {
      server.close()
      server.closeAllConnections()
    }
    this.#open.clear()
  }

  #listen(service: string, port: number, ready: number): void {
    const [namespace, name] = service.split('/')
    const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }, (_request, response) => {
      response.writeHead(open.ready > 0 ? 200 : 503, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'x-load-balancing-endpoint-weight': String(open.ready), connection: 'close' })
      response.end(`${JSON.stringify({ service: { namespace, name }, localEndpoints: open.ready, serviceProxyHealthy: true })}\n`)
    })
    const open: Open = { server, service, port, ready }
    server.maxConnections = mostConnections
    server.on('error', (error) => {
      this.#log.error('the health of a service cannot be told', { service, port, error: error.message })
      // Tried again with the service's next change.
      if (this.#open.get(service) === open) this.#open.delete(service)
    })
    server.listen(port, this.#address)
    this.#open.set(service, open)
  }
}
