// Bearer tokens of identity providers: OpenID Connect ID tokens, and any other JSON Web Token of an issuer that is trusted.
import { quote, type Clock, type Log } from '#machinery'
import type { Outbound } from '../../outbound.ts'
import type { TokenAuthenticator } from '../authn.ts'
import type { JwtAuthenticatorConfig } from './configuration.ts'
import { withDistributed } from './distributed.ts'
import { untrustedIssuer, verifiedClaims, type VerifySignature } from './id-token.ts'
import { userOf, type Claims } from './mapping.ts'
import { Provider, type ProviderOptions } from './provider.ts'
import type { JwtPrograms } from './validate.ts'

/** Providers of distributed claims that are remembered for one authenticator. */
const mostOthers = 20

export interface JwtFigures {
  /** It was found out whose a token of this issuer is, or that it is nobody's. */
  authenticated(issuer: string, succeeded: boolean, ms: number): void
  /** The issuer was asked for its keys: the text of them, undefined when there was none to be had. */
  fetched(issuer: string, keys: string | undefined): void
}
export interface JwtSurroundings {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
  readonly verify: VerifySignature
  readonly figures?: JwtFigures
  /** What tokens may be signed with. */
  readonly algorithms: readonly string[]
}

export class JwtAuthenticator implements TokenAuthenticator {
  readonly name: string
  readonly #config: JwtAuthenticatorConfig
  readonly #programs: JwtPrograms
  readonly #around: JwtSurroundings
  readonly #provider: Provider
  readonly #others = new Map<string, Provider>()

  constructor(config: JwtAuthenticatorConfig, programs: JwtPrograms, around: JwtSurroundings) {
    const { url = '', discoveryURL } = config.issuer
    this.name = `jwt ${url}`
    this.#config = config
    this.#programs = programs
    this.#around = around
    this.#provider = this.#newProvider(url, discoveryURL, (keys) => { around.figures?.fetched(url, keys) })
  }

  /** Resolves with whether the provider could be reached. */
  settled(): Promise<boolean> { return this.#provider.settled() }
  stop(): void { for (const provider of [this.#provider, ...this.#others.values()]) provider.stop() }

  authenticateToken(token: string) {
    const { url = '' } = this.#config.issuer
    if (untrustedIssuer(token) !== url) return undefined
    const { clock, figures } = this.#around, answer = this.#authenticate(token), begun = clock.now()
    if (figures) answer.then(() => { figures.authenticated(url, true, clock.now() - begun) }, () => { figures.authenticated(url, false, clock.now() - begun) })
    return answer
  }

  async #authenticate(token: string) {
    if (!await this.#provider.settled()) throw new Error('oidc: authenticator not initialized')
    const { claimMappings, issuer } = this.#config, claim = claimMappings.groups?.claim
    const own = await this.#verified(token, issuer.url ?? '',
      this.#provider).catch((error: unknown) => { throw new Error(`oidc: verify token: ${messageOf(error)}`, { cause: error }) })
    const claims = claim ? await withDistributed(own, { claim, outbound: this.#around.outbound, verified: (other) => this.#verifiedOther(other), ...caOf(this.#config) })
      .catch((error: unknown) => { throw new Error(`oidc: could not expand distributed claims: ${messageOf(error)}`, { cause: error }) }) : own
    return { user: userOf(claims, this.#config, this.#programs) }
  }

  #verified(token: string, issuer: string, provider: Provider): Promise<Claims> {
    const { verify, algorithms, clock } = this.#around
    return verifiedClaims(token, { issuer, audiences: this.#config.issuer.audiences ?? [], algorithms, provider, verify, now: () => clock.now() })
  }

  async #verifiedOther(token: string): Promise<Claims> {
    const issuer = untrustedIssuer(token)
    if (issuer === undefined) throw new Error('getting untrusted issuer from endpoint failed')
    if (issuer === this.#config.issuer.url) return this.#verified(token, issuer, this.#provider)
    let provider = this.#others.get(issuer)
    if (!provider) {
      if (this.#others.size >= mostOthers) throw new Error(`verifying untrusted issuer ${issuer} failed: too many issuers of distributed claims`)
      provider = this.#newProvider(issuer, undefined)
      this.#others.set(issuer, provider)
    }
    if (!await provider.settled()) throw new Error(`verifying untrusted issuer ${issuer} failed: verifier not initialized for issuer: ${quote(issuer)}`)
    return this.#verified(token, issuer, provider).catch((error: unknown) => { throw new Error(`verify distributed claim token: ${messageOf(error)}`, { cause: error }) })
  }

  #newProvider(issuer: string, discoveryUrl: string | undefined, fetched?: ProviderOptions['fetched']): Provider {
    const { outbound, clock, log } = this.#around
    return new Provider({ issuer, outbound, clock, log, ...(fetched && { fetched }), ...(discoveryUrl && { discoveryUrl }), ...caOf(this.#config) })
  }
}
const caOf = ({ issuer }: JwtAuthenticatorConfig) => (issuer.certificateAuthority ? { ca: issuer.certificateAuthority } : {})
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
