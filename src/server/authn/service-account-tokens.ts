// Service account tokens: bound to a service account and, when asked, to a pod, secret or node; they end with what they are bound to.
import { node, pod, secret, serviceAccount } from '#kinds'
import { parseTime, quote, uuid, type AnyObject, type Random } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { TokenMetrics } from '../metrics/tokens.ts'
import type { TokenSigner } from '../server.ts'
import type { Asked, Authenticated, TokenAuthenticator } from './authn.ts'
import { serviceAccountGroups, serviceAccountUser } from './user-names.ts'
import { readClaims, signClaims, SignatureCheck, type TokenKeys } from './web-tokens.ts'

export interface Reference { readonly name: string; readonly uid: string }
export interface TokenSubject { readonly namespace: string; readonly serviceAccount: Reference; readonly pod?: Reference; readonly node?: Reference; readonly secret?: Reference }
interface Claims {
  iss: string; sub: string; aud?: string | string[]; exp?: number; iat?: number; nbf?: number; jti?: string
  'kubernetes.io': { namespace: string; serviceaccount: Reference; pod?: Reference; node?: Reference; secret?: Reference; warnafter?: number }
}

/** Clocks of those who made a token and those who read it may differ so much; deleted things keep their tokens as long. */
export const leewaySeconds = 60
const extra = 'authentication.kubernetes.io'

export interface ServiceAccountTokensOptions {
  /** The first signs, all are believed. */
  readonly issuers: readonly string[]
  /** Those of this API server. */
  readonly audiences: readonly string[]
  /** Keys that are still being made are waited for by whoever signs. */
  readonly keys: TokenKeys | Promise<TokenKeys>
  /** Milliseconds of the cluster's clock. */
  readonly now: () => number
  readonly objects: ObjectReader
  readonly metrics?: Pick<TokenMetrics, 'valid' | 'stale'>
  /** Where the public keys are to be had, where that is not this server. */
  readonly jwksUri?: string
}

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly name = 'service-account'
  readonly audiences: readonly string[]
  readonly #options: ServiceAccountTokensOptions
  #keys: TokenKeys = { verifying: [] }
  readonly #signatures = new SignatureCheck(() => this.#keys)

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
    this.audiences = options.audiences
    if (options.keys instanceof Promise) options.keys.then((keys) => { this.#keys = keys }, () => {}) // whoever signs is told
    else this.#keys = options.keys
  }

  /** Resolves when the keys are there. */
  keys(): TokenKeys | Promise<TokenKeys> { return this.#options.keys }

  /** A signed token that ends after `seconds`; with `warnAfter` (seconds) whoever uses it later is noted, but let through. */
  async issue(subject: TokenSubject, { audiences, seconds, warnAfter, id }: { audiences: readonly string[]; seconds: number; warnAfter?: number; id: string }): Promise<string> {
    const keys = await this.#options.keys, iat = Math.floor(this.#options.now() / 1000)
    const { namespace, serviceAccount: account, pod: boundPod, node: boundNode, secret: boundSecret } = subject
    const claims: Claims = {
      aud: audiences.length > 0 ? [...audiences] : [...this.audiences], exp: iat + seconds, iat, iss: this.#options.issuers[0]!, jti: id,
      'kubernetes.io': { namespace, ...(boundNode && { node: boundNode }), ...(boundPod && { pod: boundPod }), ...(boundSecret && { secret: boundSecret }), serviceaccount: account,
        ...(warnAfter !== undefined && { warnafter: iat + warnAfter }) },
      nbf: iat, sub: serviceAccountUser(namespace, account.name),
    }
    return signClaims(keys, claims)
  }

  authenticateToken(token: string, asked: Asked): Authenticated | undefined {
    const issuer = readClaims(token)?.['iss']
    if (typeof issuer !== 'string' || !this.#options.issuers.includes(issuer)) return undefined
    const claims = this.#signatures.claims(token) as unknown as Claims // allowed: signed by one of our keys; what is read is checked where it is read
    const given = claims.aud === undefined ? this.audiences : typeof claims.aud === 'string' ? [claims.aud] : claims.aud, wanted = asked.audiences ?? this.audiences
    const audiences = given.filter((a) => wanted.includes(a))
    if (audiences.length === 0 && this.audiences.length > 0) throw new Error(`token audiences ${quoted(given)} is invalid for the target audiences ${quoted(wanted)}`)
    checkTimes(claims, this.#options.now() / 1000)
    return { user: this.#user(claims, asked), audiences }
  }

  #user(claims: Claims, asked: Asked): Authenticated['user'] {
    const { namespace = '', serviceaccount: account, pod: boundPod, node: boundNode, secret: boundSecret, warnafter } = claims['kubernetes.io'] ?? {}
    const { objects } = this.#options, now = this.#options.now(), gone = (o: AnyObject) => isGone(o, now)
    const found = objects.get(serviceAccount, account?.name ?? '', namespace)
    if (!account || !found) throw new Error(`serviceaccounts ${quote(account?.name ?? '')} not found`)
    if (gone(found)) throw new Error(`service account ${namespace}/${account.name} has been deleted`)
    if (found.metadata.uid !== account.uid) throw new Error(`service account UID (${found.metadata.uid}) does not match claim (${account.uid})`)
    const bound = (kind: string, reference: Reference | undefined, held: AnyObject | undefined) => {
      if (!reference) return
      if (!held || gone(held)) throw new Error('service account token has been invalidated')
      if (held.metadata.uid !== reference.uid) throw new Error(`${kind} UID (${held.metadata.uid}) does not match service account ${kind} ref claim (${reference.uid})`)
    }
    bound('secret', boundSecret, boundSecret && objects.get(secret, boundSecret.name, namespace))
    bound('pod', boundPod, boundPod && objects.get(pod, boundPod.name, namespace))
    if (!boundPod) bound('node', boundNode, boundNode && objects.get(node, boundNode.name))
    const { metrics } = this.#options, late = warnafter ? Math.floor(now / 1000) - warnafter : 0
    if (warnafter) (late > 0 ? metrics?.stale : metrics?.valid)?.inc()
    if (late > 0) asked.annotate?.('authentication.k8s.io/stale-token', `subject: ${claims.sub}, seconds after warning threshold: ${late}`)
    const known: Record<string, readonly string[]> = {
      ...(claims.jti && { [`${extra}/credential-id`]: [`JTI=${claims.jti}`] }), ...(boundNode?.name && { [`${extra}/node-name`]: [boundNode.name] }),
        ...(boundNode?.uid && { [`${extra}/node-uid`]: [boundNode.uid] }),
      ...(boundPod && { [`${extra}/pod-name`]: [boundPod.name], [`${extra}/pod-uid`]: [boundPod.uid] }),
    }
    return { name: serviceAccountUser(namespace, account.name), uid: account.uid, groups: serviceAccountGroups(namespace), ...(Object.keys(known).length > 0 && { extra: known }) }
  }
}

/** Deleted for longer than clocks differ. */
export const isGone = ({ metadata }: AnyObject, now: number): boolean => metadata.deletionTimestamp !== undefined &&
  parseTime(metadata.deletionTimestamp) + leewaySeconds * 1000 < now

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof nbf === 'number' && now + leewaySeconds < nbf) throw new Error('service account token is not valid yet')
  if (typeof exp === 'number' && now - leewaySeconds > exp) throw new Error('service account token has expired')
  if (typeof iat === 'number' && now + leewaySeconds < iat) throw new Error('service account token claims could not be validated due to unexpected validation error')
}
/** Audiences as the reference prints them. */
export const quoted = (items: readonly string[]): string => `[${items.map(quote).join(' ')}]`

export interface SignerOptions { readonly random: Random; readonly now: () =>
  number; readonly maxSeconds?: number; readonly extend?: boolean; readonly advertised?: string; readonly jwksUri?: string; readonly issuers: readonly string[] }

/** What the token subresource signs with, and what others are told about the keys. */
export function tokenSigner(tokens: ServiceAccountTokens, { random, maxSeconds = 0, extend = true, advertised, jwksUri, issuers }: SignerOptions): TokenSigner {
  const url = issuers[0]!, told = url.startsWith('https://') && !/[?#]/.test(url)
  return {
    audiences: tokens.audiences, maxSeconds, extend,
    ...(told && {
      async issuer() {
        const { verifying } = await tokens.keys()
        return {
          url, jwksUri: jwksUri ?? `${advertised ?? url.replace(/\/$/, '')}/openid/v1/jwks`, algorithms: [...new Set(verifying.map((k) => k.algorithm))].sort(),
          keys: verifying.map((k) => ({ use: 'sig', kid: k.keyId, alg: k.algorithm, ...k.jwk })),
        }
      },
    }),
    async sign({ namespace, serviceAccount: account, serviceAccountUid, audiences, expirationSeconds, warnAfter, boundTo }) {
      const bound = boundTo && { name: boundTo.name, uid: boundTo.uid },
        at = boundTo?.kind === 'Node' ? bound : boundTo?.node && { name: boundTo.node.name, uid: boundTo.node.uid ?? '' }
      const id = uuid(random)
      const subject: TokenSubject = { namespace, serviceAccount: { name: account, uid: serviceAccountUid }, ...(boundTo?.kind === 'Pod' && bound && { pod: bound }),
        ...(boundTo?.kind === 'Secret' && bound && { secret: bound }), ...(at && { node: at }) }
      return { id, token: await tokens.issue(subject, { audiences, seconds: expirationSeconds, id, ...(warnAfter !== undefined && { warnAfter }) }) }
    },
  }
}
