// A small extension API server over HTTPS, as aggregation meets them: it believes whoever shows a front-proxy certificate, serves the metrics
// of nodes that it makes up, and remembers what it was asked.
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface ExtensionOptions {
  readonly certificate: string
  readonly key: string
  /** PEM of the front-proxy authority. */
  readonly clientCa: string
  readonly host?: string
  /** Asked about every request for a resource; what it throws is a 403. */
  readonly authorize?: (user: Asked) => Promise<void>
  /** Answers discovery in the old form only, as servers did before it was aggregated. */
  readonly oldDiscovery?: true
}
export interface Asked { readonly method: string; readonly url: string; readonly user: string; readonly groups: readonly string[]; readonly extra: Readonly<Record<string, string>>; readonly headers: IncomingMessage['headers'] }

const group = 'metrics.k8s.io', version = 'v1beta1', base = `/apis/${group}/${version}`
const resources = [{ name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list', 'watch'] }, { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }]
const metrics = (name: string) => ({ kind: 'NodeMetrics', apiVersion: `${group}/${version}`, metadata: { name }, timestamp: '2026-01-01T00:00:00Z', window: '20s', usage: { cpu: '156m', memory: '312Mi' } })
const definition = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics'
const schema = { type: 'object', description: 'What a node uses.', properties: { usage: { type: 'object', description: 'By resource.', additionalProperties: { type: 'string' } } }, 'x-kubernetes-group-version-kind': [{ group, version, kind: 'NodeMetrics' }] }
const operation = (response: object) => ({ get: { operationId: 'listMetricsV1beta1Node', 'x-kubernetes-action': 'list', 'x-kubernetes-group-version-kind': { group, version, kind: 'NodeMetrics' }, responses: { 200: { description: 'OK', ...response } } } })

export class ExtensionServer {
  readonly asked: Asked[] = []
  /** It has no OpenAPI v3. */
  onlySwagger = false
  /** Bytes that have come of the last upload. */
  received = 0
  readonly #options: ExtensionOptions
  readonly #server: Server
  readonly #watchers = new Set<ServerResponse>()

  private constructor(options: ExtensionOptions) {
    this.#options = options
    this.#server = createServer({ cert: options.certificate, key: options.key, ca: options.clientCa, requestCert: true, rejectUnauthorized: false }, (request, response) => { void this.#serve(request, response) })
    this.#server.on('upgrade', (request: IncomingMessage, socket) => {
      this.#note(request)
      socket.on('error', () => {})
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
      socket.on('data', (data: Buffer) => { socket.write(`${String(request.headers['x-remote-user'])} said ${data.toString()}`) })
    })
  }
  static async start(options: ExtensionOptions): Promise<ExtensionServer> {
    const made = new ExtensionServer(options)
    await new Promise<void>((resolve) => { made.#server.listen(0, options.host ?? '127.0.0.1', resolve) })
    return made
  }
  get port(): number { return (this.#server.address() as AddressInfo).port }
  /** How many watches are open. */
  get watching(): number { return this.#watchers.size }
  /** One event to every watcher. */
  emit(name: string): void { for (const response of this.#watchers) response.write(`${JSON.stringify({ type: 'MODIFIED', object: metrics(name) })}\n`) }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
  }

  #note(request: IncomingMessage): Asked {
    const { headers } = request
    const one = {
      method: request.method ?? '', url: request.url ?? '', user: String(headers['x-remote-user'] ?? ''), groups: (headers['x-remote-group'] as string | undefined)?.split(', ') ?? [], headers,
      extra: Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (name.startsWith('x-remote-extra-') ? [[decodeURIComponent(name.slice('x-remote-extra-'.length)), String(value)]] : []))),
    }
    this.asked.push(one)
    return one
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = this.#note(request)
    const json = (status: number, value: object, type = 'application/json') => { response.writeHead(status, { 'content-type': type, etag: '"1"' }).end(JSON.stringify(value)) }
    const failed = (code: number, reason: string, message: string) => { json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code }) }
    if (!(request.socket as TLSSocket).authorized) { failed(401, 'Unauthorized', 'no front-proxy certificate'); return }
    const [path = ''] = asked.url.split('?')
    if (path.startsWith(`${base}/`) && this.#options.authorize) {
      try { await this.#options.authorize(asked) } catch (error) { failed(403, 'Forbidden', String(error)); return }
    }
    if (path === '/apis' && !this.#options.oldDiscovery && request.headers.accept?.includes('as=APIGroupDiscoveryList')) {
      json(200, { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items: [{ metadata: { name: group }, versions: [{ version, freshness: 'Current', resources: resources.map(({ name, kind, namespaced, verbs }) => ({ resource: name, responseKind: { group: '', version: '', kind }, scope: namespaced ? 'Namespaced' : 'Cluster', singularResource: '', verbs })) }] }] },
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
      return
    }
    switch (path) {
      case base: json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources }); return
      case '/openapi/v2': json(200, { swagger: '2.0', info: { title: 'metrics', version: '1' }, paths: { [`${base}/nodes`]: operation({ schema: { $ref: `#/definitions/${definition}` } }), '/elsewhere': {} }, definitions: { [definition]: schema, Unused: { type: 'object' } } }); return
      case '/openapi/v3': if (this.onlySwagger) { json(404, {}); return } json(200, { paths: { [base.slice(1)]: { serverRelativeURL: `/openapi/v3${base}?hash=ABC` } } }); return
      case `/openapi/v3${base}`: json(200, { openapi: '3.0.0', info: { title: 'metrics', version: '1' }, paths: { [`${base}/nodes`]: operation({ content: {} }) }, components: { schemas: { [definition]: schema } } }); return
      case `${base}/nodes`:
        if (!asked.url.includes('watch=')) { json(200, { kind: 'NodeMetricsList', apiVersion: `${group}/${version}`, metadata: {}, items: ['node-1', 'node-2'].map(metrics) }); return }
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
        this.#watchers.add(response)
        response.on('close', () => { this.#watchers.delete(response) })
        return
      case `${base}/uploads`: {
        let size = 0
        for await (const chunk of request) { size += (chunk as Buffer).length; this.received = size }
        json(200, { kind: 'Upload', size })
        return
      }
      default: {
        const name = path.startsWith(`${base}/nodes/`) ? path.slice(`${base}/nodes/`.length) : undefined
        if (name === undefined) failed(404, 'NotFound', 'the server could not find the requested resource')
        else json(200, metrics(name))
      }
    }
  }
}
