// An identity provider: where its keys are (OpenID Connect Discovery 1.0), and the keys themselves, fetched when a token needs them.
import { quote, type Clock, type Log } from '#machinery'
import type { Outbound } from '../../outbound.ts'

/** A public key as the provider publishes it (RFC 7517). */
export interface Jwk { readonly kid?: string; readonly kty?: string; readonly use?: string }

/** A provider that cannot be asked is asked again after this. */
const retryMs = 10_000
const timeoutMs = 30_000
const mostBytes = 1024 * 1024

export interface ProviderOptions {
  readonly issuer: string
  /** Where the provider's document is, when it is not below the issuer. */
  readonly discoveryUrl?: string
  /** PEM of the authorities to believe; absent: the machine's. */
  readonly ca?: string
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
  /** Hears the text of the keys whenever they have been asked for; undefined: there was none to be had. */
  readonly fetched?: (keys: string | undefined) => void
}

export class Provider {
  readonly #options: ProviderOptions
  #keysUrl: string | undefined
  #keys: { readonly all: readonly Jwk[]; readonly freshUntil: number } | undefined
  /** One fetch at a time, whoever waits for it. */
  #fetching: Promise<readonly Jwk[]> | undefined
  #starting: Promise<void> | undefined
  #cancel = () => {}
  #stopped = false

  constructor(options: ProviderOptions) {
    this.#options = options
    void this.#start()
  }

  /** Resolves when the provider's document has been read, or could not be read this time; it is tried again. */
  async settled(): Promise<boolean> {
    await this.#starting
    return this.#keysUrl !== undefined
  }
  get isReady(): boolean { return this.#keysUrl !== undefined }

  /** The keys that are known; fetched when none are. */
  async keys(): Promise<readonly Jwk[]> { return this.#keys?.all ?? this.#fetch() }
  /** The keys as the provider has them now, when those that are known may be out of date; undefined when they are as fresh as can be. */
  async newerKeys(): Promise<readonly Jwk[] | undefined> {
    return this.#keys && this.#options.clock.now() < this.#keys.freshUntil ? undefined : this.#fetch()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #start(): Promise<void> {
    return this.#starting = this.#discover().catch((error: unknown) => {
      if (this.#stopped) return
      this.#options.log.warn('an identity provider could not be asked for its keys; trying again', { issuer: this.#options.issuer, error })
      this.#cancel = this.#options.clock.after(retryMs, () => { void this.#start() })
    })
  }

  async #discover(): Promise<void> {
    const { issuer, discoveryUrl } = this.#options
    const document = await this.#json(discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`) as { issuer?: unknown; jwks_uri?: unknown }
    if (document.issuer !== issuer)
      throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${quote(issuer)} got ${quote(String(document.issuer ?? ''))}`)
    if (typeof document.jwks_uri !== 'string') throw new Error('oidc: the provider does not say where its keys are (jwks_uri)')
    this.#keysUrl = document.jwks_uri
  }

  #fetch(): Promise<readonly Jwk[]> {
    return this.#fetching ??= this.#fetchKeys().catch((error: unknown) => { this.#options.fetched?.(undefined); throw error }).finally(() => { this.#fetching = undefined })
  }
  async #fetchKeys(): Promise<readonly Jwk[]> {
    if (this.#keysUrl === undefined) throw new Error('oidc: authenticator not initialized')
    let freshFor = 0, read = ''
    const { keys } = await this.#json(this.#keysUrl, (headers, text) => { freshFor = maxAge(headers['cache-control']); read = text }) as { keys?: readonly Jwk[] }
    if (!Array.isArray(keys)) throw new Error('oidc: failed to decode keys')
    this.#keys = { all: keys.filter((k) => k !== null && typeof k === 'object' && (k.use === undefined || k.use === 'sig')),
      freshUntil: this.#options.clock.now() + freshFor * 1000 }
    this.#options.fetched?.(read)
    return this.#keys.all
  }

  async #json(url: string, seen: (headers: Readonly<Record<string, string>>, text: string) => void = () => {}): Promise<object> {
    const { outbound, ca } = this.#options
    const answer = await outbound({ method: 'GET', url, headers: { accept: 'application/json' }, timeoutMs, mostBytes, ...(ca !== undefined && { ca }) })
    const text = new TextDecoder().decode(answer.body)
    if (answer.status !== 200) throw new Error(`oidc: ${url} answered ${answer.status}: ${text.slice(0, 200)}`)
    seen(answer.headers, text)
    let value: unknown
    try { value = JSON.parse(text) } catch (cause) { throw new Error(`oidc: failed to decode what ${url} answered`, { cause }) }
    if (value === null || typeof value !== 'object') throw new Error(`oidc: ${url} answered no object`)
    return value
  }
}

/** Seconds that an answer may be kept (RFC 9111), 0 where it does not say. */
function maxAge(cacheControl: string | undefined): number {
  if (cacheControl === undefined || /no-store|no-cache/i.test(cacheControl)) return 0
  return Number(/max-age=(\d{1,9})/i.exec(cacheControl)?.[1] ?? 0)
}
