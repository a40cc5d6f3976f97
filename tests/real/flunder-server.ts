// A sample extension API server: flunders of wardle.example.com, kept in memory, for whoever the front proxy names.
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface Flunder { readonly metadata: { readonly name: string } }
const apiVersion = 'wardle.example.com/v1alpha1', all = `/apis/${apiVersion}/namespaces/default/flunders`
const resource = { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['create', 'delete', 'get', 'list'] }

export class FlunderServer {
  readonly #server: Server
  readonly #kept = new Map<string, Flunder>()
  private constructor(options: { readonly certificate: string; readonly key: string; readonly clientCa: string }) {
    this.#server = createServer({ cert: options.certificate, key: options.key, ca: options.clientCa, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const believed = (request.socket as TLSSocket).authorized && request.headers['x-remote-user'] !== undefined
        const [status, body] = believed ? this.#answer(request.method ?? '', request.url!.split('?')[0]!, Buffer.concat(chunks).toString()) : [401, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 }] as const
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    })
  }
  static async start(options: { readonly certificate: string; readonly key: string; readonly clientCa: string }): Promise<FlunderServer> {
    const made = new FlunderServer(options)
    await new Promise<void>((resolve) => { made.#server.listen(0, '0.0.0.0', resolve) })
    return made
  }
  get port(): number { return (this.#server.address() as AddressInfo).port }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
  }

  #answer(method: string, path: string, body: string): readonly [number, object] {
    const name = path.startsWith(`${all}/`) ? path.slice(all.length + 1) : undefined, found = this.#kept.get(name ?? '')
    if (path === '/apis/wardle.example.com') return [200, { kind: 'APIGroup', apiVersion: 'v1', name: 'wardle.example.com', versions: [{ groupVersion: apiVersion, version: 'v1alpha1' }], preferredVersion: { groupVersion: apiVersion, version: 'v1alpha1' } }]
    if (path === `/apis/${apiVersion}`) return [200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources: [resource] }]
    if (path === all && method === 'POST') {
      const given = JSON.parse(body) as Flunder, kept = { ...given, metadata: { ...given.metadata, namespace: 'default', uid: given.metadata.name, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z' } }
      this.#kept.set(given.metadata.name, kept)
      return [201, kept]
    }
    if (path === all) return [200, { kind: 'FlunderList', apiVersion, metadata: { resourceVersion: '1' }, items: [...this.#kept.values()] }]
    if (!found) return [404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', message: `${path} not found`, code: 404 }]
    if (method === 'DELETE') this.#kept.delete(name!)
    return [200, found]
  }
}
