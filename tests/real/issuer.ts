// A small identity provider over HTTPS: discovery, keys, tokens with RS256 and ES256, distributed claims; keys can be turned over and the
// server made to fail, as real ones do.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issue, type Certificate } from '../../src/assembly/pki.ts'

type Algorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'ES384'
interface Key { readonly kid: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject }

export class Issuer {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly asked: string[] = []
  /** What is served beside discovery and keys. */
  readonly pages = new Map<string, { status?: number; body: string }>()
  /** How long keys may be kept. */
  maxAge = 0
  #server: Server
  #keys: { rsa: Key; ec: Key }
  #made = 0

  private constructor(server: Server, path: string) {
    this.#server = server
    this.#keys = this.#newKeys()
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '')
      const page = this.pages.get(request.url ?? '')
      if (page) { response.writeHead(page.status ?? 200).end(page.body); return }
      const known: Record<string, () => unknown> = { [`${path}/.well-known/openid-configuration`]: () => ({ issuer: this.url, jwks_uri: `${this.url}/keys` }),
        [`${path}/keys`]: () => ({ keys: this.jwks() }) }
      const answer = known[request.url ?? '']
      if (!answer) { response.writeHead(404).end('not here'); return }
      response.writeHead(200, { 'content-type': 'application/json', ...(this.maxAge > 0 && { 'cache-control': `public, max-age=${this.maxAge}` }) }).end(JSON.stringify(answer()))
    })
  }

  static async start(authority: Certificate, path = ''): Promise<Issuer> {
    const { certificate, key } = await issue(authority, { commonName: 'issuer', ips: ['127.0.0.1'] }, ['server'])
    const server = createServer({ cert: certificate, key })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    return new Issuer(server, path)
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }

  jwks() {
    return Object.values(this.#keys).map(({ kid, publicKey }: Key) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }))
  }
  /** New keys; the old ones are no longer published. */
  turnKeys(): void { this.#keys = this.#newKeys() }
  #newKeys() {
    const turn = ++this.#made
    return { rsa: { kid: `rsa-${turn}`, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }, ec: { kid: `ec-${turn}`, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) } }
  }

  /** A token with these claims over the usual ones. */
  token(claims: object, { algorithm = 'RS256', kid }: { algorithm?: Algorithm; kid?: string } = {}): string {
    const now = Math.floor(Date.now() / 1000), key = algorithm.startsWith('ES') ? this.#keys.ec : this.#keys.rsa
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const data = `${part({ alg: algorithm, kid: kid ?? key.kid })}.${part({ iss: this.url, iat: now, exp: now + 600, ...claims })}`
    const options = { key: key.privateKey, ...(algorithm.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : algorithm.startsWith('PS') ? { padding: 6, saltLength: -1 }
      : {}) }
    return `${data}.${sign(`sha${algorithm.slice(2)}`, Buffer.from(data), options).toString('base64url')}`
  }
}
