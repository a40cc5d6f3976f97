// A webhook behind a service, over real HTTPS: its service and endpoints are objects of the cluster, its answers are functions of the test.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPki } from '#assembly'
import type { Outbound } from '#server'
import { outbound } from '../../src/assembly/outbound.ts'
import type { Body, Stage } from './stage.ts'

/** What it says to a request: fields of the review's response. */
export type Says = (request: Body) => Body | Promise<Body>
const name = 'e2e-test-webhook', port = 8443
/** One behaviour has one namespace, numbered from 1. */
const mostNamespaces = 40

export class HookServer {
  readonly caBundle: string
  readonly outbound: Outbound
  readonly #server: Server
  readonly #calls: ReturnType<typeof outbound>
  readonly #paths: ReadonlyMap<string, Says>
  private constructor(server: Server, ca: string, paths: ReadonlyMap<string, Says>) {
    this.#server = server
    this.#paths = paths
    this.caBundle = Buffer.from(ca).toString('base64')
    this.#calls = outbound()
    // The endpoints that objects tell are not on this machine: all of them are this server.
    this.outbound = (request) => this.#calls({ ...request, ...(request.connect && { connect: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } }) })
  }
  static async start(paths: Readonly<Record<string, Says>>): Promise<HookServer> {
    const folder = mkdtempSync(join(tmpdir(), 'proa-hook-')), pki = await createPki(folder), authority = await pki.authority('ca', 'webhook authority')
    const names = Array.from({ length: mostNamespaces }, (_, i) => `${name}.ns-${i}.svc`)
    const { certificate, key } = await pki.leaf('hook', authority, { commonName: name, dnsNames: names }, ['server'])
    rmSync(folder, { recursive: true })
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString()) as Body
        void Promise.resolve(made.#says(new URL(request.url!, 'https://x').pathname)(review['request'])).then((answer) => {
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ kind: review['kind'], apiVersion: review['apiVersion'], response: { uid: review['request'].uid, ...answer } }))
        })
      })
    })
    const made = new HookServer(server, authority.certificate, new Map(Object.entries(paths)))
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    return made
  }
  #says(path: string): Says {
    const found = this.#paths.get(path)
    if (!found) throw new Error(`no webhook at ${path}`)
    return found
  }
  async stop(): Promise<void> {
    this.#calls.close()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
  }

  /** Its service in a namespace, and an endpoint. */
  async serveIn(stage: Stage, namespace: string): Promise<void> {
    await stage.make(`/api/v1/namespaces/${namespace}/services`, { metadata: { name }, spec: { ports: [{ port, protocol: 'TCP', targetPort: 8444 }] } })
    await stage.make(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, { metadata: { name, labels: { 'kubernetes.io/service-name': name } }, addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.80'] }], ports: [{ port: 8444, protocol: 'TCP' }] })
  }
  clientConfig(namespace: string, path: string): object { return { service: { namespace, name, path, port }, caBundle: this.caBundle } }
}
