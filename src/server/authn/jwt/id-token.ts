// Checking an ID token (OpenID Connect Core 1.0, section 3.1.3.7) against the keys of its provider.
import { formatTime, quote } from '#machinery'
import { fromBase64Url } from '../base64url.ts'
import { readClaims } from '../web-tokens.ts'
import type { Claims } from './mapping.ts'
import type { Jwk, Provider } from './provider.ts'

/** Whether a signature is right; given by whoever knows cryptography. A key of another sort than the algorithm says no. */
export type VerifySignature = (key: Jwk, algorithm: string, data: Uint8Array, signature: Uint8Array) => boolean

/** Clocks may differ so much about the beginning of a token. */
const leewaySeconds = 60
const utf8 = new TextEncoder(), text = new TextDecoder()

export interface IdTokenCheck {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly provider: Provider
  readonly verify: VerifySignature
  /** Milliseconds. */
  readonly now: () => number
}

/** Who a token says it is from, whatever it is worth; undefined when it is no token. */
export function untrustedIssuer(token: string): string | undefined {
  const issuer = readClaims(token)?.['iss']
  return issuer === 'accounts.google.com' ? 'https://accounts.google.com' : typeof issuer === 'string' ? issuer : undefined
}

/** The claims of a token that holds. Rejects with an Error in the reference's words. */
export async function verifiedClaims(token: string, { issuer, audiences, algorithms, provider, verify, now }: IdTokenCheck): Promise<Claims> {
  const claims = readClaims(token)
  if (!claims) throw new Error('oidc: malformed jwt')
  if (untrustedIssuer(token) !== issuer) throw new Error(`oidc: id token issued by a different provider, expected ${quote(issuer)} got ${quote(untrustedIssuer(token) ?? '')}`)
  const meant = audienceOf(claims['aud'])
  if (audiences.length === 1 && !meant.includes(audiences[0]!)) throw new Error(`oidc: expected audience ${quote(audiences[0]!)} got ${quoted(meant)}`)
  const seconds = now() / 1000, expires = Number(claims['exp'] ?? 0), begins = claims['nbf']
  if (!(expires >= seconds)) throw new Error(`oidc: token is expired (Token Expiry: ${formatTime((Number.isFinite(expires) ? expires : 0) * 1000)})`)
  if (typeof begins === 'number' && seconds + leewaySeconds < begins)
    throw new Error(`oidc: current time ${formatTime(now())} before the nbf (not before) time: ${formatTime(begins * 1000)}`)
  const [head = '', body = '', signature = ''] = token.split('.'), bytes = fromBase64Url(signature), { alg, kid } = headerOf(head)
  if (!bytes || typeof alg !== 'string') throw new Error('oidc: malformed jwt')
  if (!algorithms.includes(alg)) throw new Error(`oidc: id token signed with unsupported algorithm, expected ${quoted(algorithms)} got ${quote(alg)}`)
  const data = utf8.encode(`${head}.${body}`)
  const fits = (keys: readonly Jwk[]) => keys.some((key) => (!kid || key.kid === kid) && verify(key, alg, data, bytes))
  // The known keys first, whatever their age: the provider may be out of reach.
  if (!fits(await provider.keys().catch(asFetching)) && !fits(await provider.newerKeys().catch(asFetching) ?? []))
    throw new Error('failed to verify signature: failed to verify id token signature')
  if (!meant.some((a) => audiences.includes(a))) throw new Error(`oidc: expected audience in ${quoted([...audiences].sort())} got ${quoted(meant)}`)
  return claims
}
function asFetching(error: unknown): never { throw new Error(`failed to verify signature: fetching keys ${error instanceof Error ? error.message : String(error)}`,
  { cause: error }) }

const audienceOf = (aud: unknown): string[] => (typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.filter((a): a is string => typeof a === 'string') : [])
const quoted = (items: readonly string[]): string => `[${items.map(quote).join(' ')}]`
function headerOf(head: string): { alg?: unknown; kid?: unknown } {
  const bytes = fromBase64Url(head)
  if (!bytes) return {}
  try { return (JSON.parse(text.decode(bytes)) ?? {}) as object } catch { return {} }
}
