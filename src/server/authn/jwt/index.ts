// The identity providers of a server: those of its flags or of its file, and others when the file changes.
import { firstOf, type TokenAuthenticator } from '../authn.ts'
import { cachedTokens, type CacheOptions } from '../cached-tokens.ts'
import { JwtAuthenticator, type JwtSurroundings } from './authenticator.ts'
import type { AuthenticationConfiguration } from './configuration.ts'
import { anonymousChanged, validateAuthentication, type JwtPrograms, type Surroundings } from './validate.ts'

/** Who a token is is remembered so long, as in the reference. */
const rememberedMs = 10_000
/** New providers must have answered within this before they replace the old ones. */
const patienceMs = 60_000

export { authenticationConfiguration, fromFlags, signingAlgorithms, type AuthenticationConfiguration, type JwtAuthenticatorConfig, type OidcFlags } from './configuration.ts'
export type { JwtFigures } from './authenticator.ts'
export type { VerifySignature } from './id-token.ts'

export interface IdentityProvidersOptions extends JwtSurroundings, Surroundings { readonly configuration: AuthenticationConfiguration; readonly metrics?: CacheOptions['metrics'] }

export class IdentityProviders implements TokenAuthenticator {
  readonly name = 'jwt'
  readonly #options: IdentityProvidersOptions
  readonly #cached: ReturnType<typeof cachedTokens>
  #current: readonly JwtAuthenticator[]

  /** Throws an Error with all that is wrong with the configuration. */
  constructor(options: IdentityProvidersOptions) {
    this.#options = options
    this.#current = this.#make(options.configuration, checked(options.configuration, options))
    this.#cached = cachedTokens({ name: this.name, authenticateToken: (token) => {
      const answers = this.#current.map((each) => each.authenticateToken(token)).filter((answer) => answer !== undefined)
      return answers.length === 0 ? undefined : firstOf(answers, (answer) => answer)
    } }, { ttlMs: rememberedMs, clock: options.clock, metrics: options.metrics })
  }

  authenticateToken(token: string, asked: Parameters<TokenAuthenticator['authenticateToken']>[1]) { return this.#cached.authenticateToken(token, asked) }

  /** Takes another configuration once its providers have answered. Rejects, with everything as it was, when it is wrong or they do not. */
  async replace(configuration: AuthenticationConfiguration): Promise<void> {
    const programs = checked(configuration, this.#options, this.#options.configuration)
    const next = this.#make(configuration, programs)
    const late = Promise.withResolvers<false>(), cancel = this.#options.clock.after(patienceMs, () => late.resolve(false))
    const areReady = await Promise.race([Promise.all(next.map((each) => each.settled())).then((all) => all.every(Boolean)), late.promise])
    cancel()
    if (!areReady) {
      for (const each of next) each.stop()
      throw new Error('new authentication config failed health check')
    }
    for (const each of this.#current) each.stop()
    this.#current = next
    this.#cached.forget()
  }

  stop(): void { for (const each of this.#current) each.stop() }

  #make({ jwt = [] }: AuthenticationConfiguration, programs: readonly JwtPrograms[]): JwtAuthenticator[] {
    return jwt.map((each, i) => new JwtAuthenticator(each, programs[i]!, this.#options))
  }
}

function checked(configuration: AuthenticationConfiguration, around: Surroundings, original?: AuthenticationConfiguration): JwtPrograms[] {
  const { errors, programs } = validateAuthentication(configuration, around)
  if (original && JSON.stringify(original.anonymous) !== JSON.stringify(configuration.anonymous)) errors.push(anonymousChanged())
  const lines = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))]
  if (lines.length > 0) throw new Error(`invalid authentication configuration: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`)
  return programs
}

/** Whether a request without credentials is somebody, by its path, as the configuration says. */
export function anonymousPaths({ anonymous }: AuthenticationConfiguration): ((path: string) => boolean) | undefined {
  if (!anonymous) return undefined
  const paths = anonymous.conditions?.map((c) => c.path ?? '')
  return anonymous.enabled ? (paths?.length ? (path) => paths.includes(path) : () => true) : () => false
}
