// Service account tokens: JSON Web Tokens (RFC 7519) with Kubernetes' private claims, bound to a service account and, when asked, to a pod, secret or node.
import { uuid, type Random, type User } from '#machinery'
import type { TokenSigner } from '../server.ts'

/** Signing and verifying, given by the transport's side of the house (keys never come in here). */
export interface TokenKeys {
  readonly algorithm: 'ES256' | 'RS256'
  readonly keyId: string
  /** The public half as a JSON Web Key (RFC 7517), for those who check tokens themselves. */
  readonly publicKey?: object
  sign(data: Uint8Array): Uint8Array
  verify(data: Uint8Array, signature: Uint8Array, keyId: string | undefined, algorithm: string): boolean
}

export interface Reference { readonly name: string; readonly uid: string }
export interface TokenSubject { readonly namespace: string; readonly serviceAccount: Reference; readonly pod?: Reference; readonly node?: Reference; readonly secret?: Reference }
interface Claims {
  iss: string; sub: string; aud?: string | string[]; exp?: number; iat: number; nbf: number; jti: string
  'kubernetes.io': { namespace: string; serviceaccount: Reference; pod?: Reference; node?: Reference; secret?: Reference; warnafter?: number }
}

/** Looks up what a token is bound to; undefined when it is gone. */
export interface TokenSource {
  serviceAccount(namespace: string, name: string): { uid: string } | undefined
  pod(namespace: string, name: string): { uid: string; deletionTimestamp?: string; nodeName?: string } | undefined
  secret(namespace: string, name: string): { uid: string } | undefined
  node(name: string): { uid: string } | undefined
}

/** Longest accepted token; a header larger than this is no token of ours. */
const longestToken = 16_384
/** Verified tokens are remembered by their text until they end. */
const rememberedTokens = 4096

export class ServiceAccountTokens {
  readonly issuer: string
  readonly audiences: readonly string[]
  /** What the issuer's document says (OpenID Connect Discovery 1.0); absent when the public key is not told. */
  readonly document: { readonly url: string; readonly algorithm: string; readonly keys: readonly object[] } | undefined
  readonly #keys: TokenKeys
  readonly #now: () => number
  readonly #verified = new Map<string, Claims>()

  /** `audiences` are those of this API server; `now` in milliseconds of the cluster's clock. */
  constructor(options: { issuer: string; audiences: readonly string[]; keys: TokenKeys; now: () => number }) {
    this.issuer = options.issuer
    this.audiences = options.audiences
    this.#keys = options.keys
    const { algorithm, keyId, publicKey } = options.keys
    this.document = publicKey && { url: options.issuer, algorithm, keys: [{ use: 'sig', kid: keyId, alg: algorithm, ...publicKey }] }
    this.#now = options.now
  }

  /** A signed token and the moment it ends, in milliseconds. */
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number, id: string): { token: string; expires: number } {
    const iat = Math.floor(this.#now() / 1000), exp = iat + seconds
    const { namespace, serviceAccount, pod, node, secret } = subject
    const claims: Claims = {
      aud: audiences.length > 0 ? [...audiences] : [...this.audiences], exp, iat, iss: this.issuer, jti: id,
      'kubernetes.io': { namespace, ...(node && { node }), ...(pod && { pod }), ...(secret && { secret }), serviceaccount: serviceAccount },
      nbf: iat, sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    }
    const head = encode(JSON.stringify({ alg: this.#keys.algorithm, kid: this.#keys.keyId })), body = encode(JSON.stringify(claims))
    const signature = this.#keys.sign(utf8.encode(`${head}.${body}`))
    return { token: `${head}.${body}.${toBase64Url(signature)}`, expires: exp * 1000 }
  }

  /** Whether the text looks like a token of this issuer (so that another authenticator need not be asked). */
  isOurs(token: string): boolean { return this.#claims(token)?.iss === this.issuer }

  /**
   * The user of a valid token for one of `audiences`, and the audiences that fit; undefined when the token is not ours, has ended, is not
   * signed by our keys, or what it is bound to is gone (a deleted pod keeps its token for 60 s, as in the reference).
   */
  verify(token: string, source: TokenSource, audiences: readonly string[] = this.audiences): { user: User; audiences: readonly string[] } | undefined {
    const claims = this.#verified.get(token) ?? this.#check(token)
    if (!claims) return undefined
    const seconds = this.#now() / 1000
    if ((claims.exp !== undefined && claims.exp <= seconds) || claims.nbf > seconds + 10) { this.#verified.delete(token); return undefined }
    const given = claims.aud === undefined ? this.audiences : Array.isArray(claims.aud) ? claims.aud : [claims.aud]
    const fitting = given.filter((a) => audiences.includes(a))
    if (fitting.length === 0) return undefined
    const { namespace, serviceaccount, pod, node, secret } = claims['kubernetes.io']
    if (source.serviceAccount(namespace, serviceaccount.name)?.uid !== serviceaccount.uid) return undefined
    if (secret && source.secret(namespace, secret.name)?.uid !== secret.uid) return undefined
    if (pod) {
      const held = source.pod(namespace, pod.name)
      if (held?.uid !== pod.uid) return undefined
      if (held.deletionTimestamp && Date.parse(held.deletionTimestamp) + 60_000 < this.#now()) return undefined
    }
    if (node && !pod && source.node(node.name)?.uid !== node.uid) return undefined
    const extra: Record<string, readonly string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }
    if (node) { extra['authentication.kubernetes.io/node-name'] = [node.name]; extra['authentication.kubernetes.io/node-uid'] = [node.uid] }
    if (pod) { extra['authentication.kubernetes.io/pod-name'] = [pod.name]; extra['authentication.kubernetes.io/pod-uid'] = [pod.uid] }
    return { user: { name: claims.sub, uid: serviceaccount.uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`], extra }, audiences: fitting }
  }

  #check(token: string): Claims | undefined {
    const claims = this.#claims(token)
    if (claims?.iss !== this.issuer || typeof claims.sub !== 'string' || typeof claims['kubernetes.io']?.serviceaccount?.name !== 'string') return undefined
    const [head, body, signature] = token.split('.') as [string, string, string]
    const { alg, kid } = JSON.parse(decode(head)) as { alg?: string; kid?: string }
    const bytes = fromBase64Url(signature)
    if (!bytes || !this.#keys.verify(utf8.encode(`${head}.${body}`), bytes, kid, alg ?? '')) return undefined
    if (this.#verified.size >= rememberedTokens) this.#verified.clear()
    this.#verified.set(token, claims)
    return claims
  }

  #claims(token: string): Claims | undefined {
    if (token.length > longestToken) return undefined
    const parts = token.split('.')
    if (parts.length !== 3) return undefined
    try { return JSON.parse(decode(parts[1]!)) as Claims } catch { return undefined }
  }
}

/** What the token subresource signs with. */
export const tokenSigner = (tokens: ServiceAccountTokens, random: Random): TokenSigner => ({
  audiences: tokens.audiences, ...(tokens.document && { issuer: tokens.document }),
  async sign({ namespace, serviceAccount, serviceAccountUid, audiences, expirationSeconds, boundTo }) {
    const bound = boundTo && { name: boundTo.name, uid: boundTo.uid }, node = boundTo?.kind === 'Node' ? bound : boundTo?.node && { name: boundTo.node.name, uid: boundTo.node.uid ?? '' }
    return tokens.issue({ namespace, serviceAccount: { name: serviceAccount, uid: serviceAccountUid }, ...(boundTo?.kind === 'Pod' && bound && { pod: bound }), ...(boundTo?.kind === 'Secret' && bound && { secret: bound }), ...(node && { node }) },
      audiences, expirationSeconds, uuid(random))
  },
})

const utf8 = new TextEncoder(), text = new TextDecoder()
const encode = (s: string) => toBase64Url(utf8.encode(s))
const decode = (s: string) => text.decode(fromBase64Url(s) ?? new Uint8Array())

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map([...letters].map((c, i) => [c, i]))
/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0), left = bytes.length - i
    out += letters[n >> 18]! + letters[(n >> 12) & 63]! + (left > 1 ? letters[(n >> 6) & 63]! : '') + (left > 2 ? letters[n & 63]! : '')
  }
  return out
}
/** undefined when a character is not of the alphabet. */
export function fromBase64Url(s: string): Uint8Array | undefined {
  const out = new Uint8Array(Math.floor((s.length * 3) / 4))
  let bits = 0, held = 0, at = 0
  for (const c of s) {
    const v = values.get(c)
    if (v === undefined) return undefined
    held = ((held << 6) | v) & 0xffffff
    bits += 6
    if (bits >= 8) { bits -= 8; out[at++] = (held >> bits) & 0xff }
  }
  return out
}
