import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import type { ImageSource } from '../../src/node/runtime/oci-image.ts'
import { imageTar } from './image.ts'

/** A registry of images on the loopback, as far as pulling needs it. */
export class Registry {
  readonly #server: Server
  readonly #blobs = new Map<string, Buffer>()
  readonly #tags = new Map<string, string>()
  /** Asked for on every request when set, as user:password. */
  credentials = ''
  /** Paths that were asked for. */
  readonly asked: string[] = []

  constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://x')
      this.asked.push(pathname)
      if (this.credentials !== '' && request.headers.authorization !== `Basic ${Buffer.from(this.credentials).toString('base64')}`) {
        return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end()
      }
      const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? []
      const digest = kind === 'manifests' ? this.#tags.get(`${name}:${reference}`) ?? reference : reference
      const content = digest === undefined ? undefined : this.#blobs.get(digest)
      if (pathname === '/v2/') return void response.writeHead(200).end()
      if (!content) return void response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
      const type = kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream'
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length, 'Docker-Content-Digest': digest! })
      response.end(request.method === 'HEAD' ? undefined : content)
    })
  }

  /** Listens on a free port and returns host:port. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Offers an image as `name`:`tag`. */
  async add(name: string, tag: string, source: ImageSource): Promise<void> {
    const reader = extract()
    imageTar(source).pipe(reader)
    for await (const entry of reader) {
      const content = await buffer(entry)
      if (entry.header.name === 'index.json') {
        const index = JSON.parse(content.toString()) as { manifests: { digest: string }[] }
        this.#tags.set(`${name}:${tag}`, index.manifests[0]!.digest)
      }
      if (entry.header.name.startsWith('blobs/')) this.#blobs.set(entry.header.name.slice('blobs/'.length).replace('/', ':'), content)
    }
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
