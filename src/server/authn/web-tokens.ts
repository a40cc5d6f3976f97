// Signed tokens (JSON Web Tokens, RFC 7519; compact JWS, RFC 7515) of service accounts: making and reading them. Keys never come in here.
import { LRUCache } from 'lru-cache'
import { fromBase64Url, toBase64Url } from './base64url.ts'

/** A key that tokens may be signed with. */
export interface VerifyingKey {
  readonly keyId: string
  /** As tokens name it: ES256, RS256 ... */
  readonly algorithm: string
  /** The public key as a JSON Web Key (RFC 7517), for those who check tokens themselves. */
  readonly jwk: object
  verify(data: Uint8Array, signature: Uint8Array): boolean
}
/** Signing and verifying, given by whoever holds the keys. */
export interface TokenKeys {
  /** Absent: this server signs nothing. */
  readonly signer?: { readonly keyId: string; readonly algorithm: string; sign(data: Uint8Array): Uint8Array }
  /** In the order in which they are tried. */
  readonly verifying: readonly VerifyingKey[]
}

/** Longest accepted token; more is no token of ours. */
const longestToken = 16_384
/** Verified tokens are remembered by their text: signatures cost more than everything else about them. */
const rememberedTokens = 4096

const utf8 = new TextEncoder(), text = new TextDecoder()
const encode = (s: string) => toBase64Url(utf8.encode(s))

/** The claims of a token as its text says, whoever signed it; undefined when the text is no token. */
export function readClaims(token: string): Record<string, unknown> | undefined {
  if (token.length > longestToken) return undefined
  const parts = token.split('.')
  return parts.length === 3 ? readPart(parts[1]!) : undefined
}
function readPart(part: string): Record<string, unknown> | undefined {
  const bytes = fromBase64Url(part)
  if (!bytes) return undefined
  try {
    const value = JSON.parse(text.decode(bytes)) as unknown
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch { return undefined }
}

/** The text of a token with these claims. Throws when there is no key to sign with. */
export function signClaims({ signer }: TokenKeys, claims: object): string {
  if (!signer) throw new Error('this server has no key to sign tokens with')
  const head = encode(JSON.stringify({ alg: signer.algorithm, kid: signer.keyId })), body = encode(JSON.stringify(claims))
  return `${head}.${body}.${toBase64Url(signer.sign(utf8.encode(`${head}.${body}`)))}`
}

/** Checks signatures, each once. */
export class SignatureCheck {
  readonly #keys: () => TokenKeys
  readonly #verified = new LRUCache<string, Record<string, unknown>>({ max: rememberedTokens })
  constructor(keys: () => TokenKeys) { this.#keys = keys }

  /** The claims of a token whose signature holds; throws in the reference's words when it does not. */
  claims(token: string): Record<string, unknown> {
    const known = this.#verified.get(token)
    if (known) return known
    const [head = '', body = '', signature = ''] = token.split('.')
    const { alg, kid } = readPart(head) ?? {}, bytes = fromBase64Url(signature)
    const keys = this.#keys().verifying.filter((k) => typeof kid !== 'string' || kid === '' || k.keyId === kid)
    if (keys.length === 0) throw new Error('invalid signature, no keys found')
    const data = utf8.encode(`${head}.${body}`), claims = readPart(body)
    if (!claims || !bytes || !keys.some((k) => k.algorithm === alg && k.verify(data, bytes))) throw new Error('go-jose/go-jose: error in cryptographic primitive')
    this.#verified.set(token, claims)
    return claims
  }
}
