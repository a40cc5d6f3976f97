// The authenticators of a control plane, in the reference's order.
import type { ApiHandler, Clock, Log, Random } from '#machinery'
import {
  authenticatorChain, bearerAuthenticator, bootstrapTokens, certificateAuthenticator, forAudiences, frontProxyAuthenticator, IdentityProviders, legacyTokens, parseTokenFile,
    ServiceAccountTokens, systemUser, tokenFileAuthenticator, tokenMetrics, tokenSigner, webhookTokens,
  type Anchors, type AuthenticationConfiguration, type AuthenticatorChain, type FrontProxy, type Metrics, type Objects, type Outbound, type TokenAuthenticator, type TokenKeys,
    type TokenSigner, type VerifySignature, type WebhookOptions,
} from '#server'
import { jwtFigures } from './jwt-figures.ts'

export interface AuthenticationOptions {
  /** Keys of service account tokens; they may still be on their way. */
  readonly tokenKeys: TokenKeys | Promise<TokenKeys>
  /** The first issues service account tokens, all are believed. */
  readonly serviceAccountIssuers: readonly string[]
  /** Whom tokens must be for; absent: the issuers. */
  readonly apiAudiences?: readonly string[]
  /** The longest life of a service account token; 0 or absent: as long as is asked for. */
  readonly maxTokenSeconds?: number
  /** Tokens that pods are given by default live for a year; default true. */
  readonly extendTokens?: boolean
  readonly jwksUri?: string
  /** Secrets of type bootstrap.kubernetes.io/token are believed. */
  readonly bootstrapTokens?: boolean
  /** Text of a static token file and its name. */
  readonly tokenFile?: { readonly name: string; readonly text: string }
  /** Identity providers whose tokens are believed. */
  readonly identityProviders?: IdentityProvidersSource
  /** A webhook that knows bearer tokens. */
  readonly tokenWebhook?: Pick<WebhookOptions, 'target' | 'version' | 'ttlMs'>
  /** Whether a request without credentials is somebody, by its path; absent: always. */
  readonly anonymous?: (path: string) => boolean
  /** Authorities of client certificates; absent: the transport knows none. */
  readonly clientAnchors?: Anchors
  readonly frontProxy?: Omit<FrontProxy, 'now'>
}

export interface IdentityProvidersSource {
  readonly configuration: AuthenticationConfiguration
  /** What their tokens may be signed with. */
  readonly algorithms: readonly string[]
  readonly verify: VerifySignature
  readonly badAuthority: (pem: string) => string | undefined
  /** Calls back with another configuration whenever there is one; returns a stop function. */
  readonly follow?: (changed: (configuration: AuthenticationConfiguration) => Promise<void>) => () => void
}

interface Surroundings {
  readonly objects: Objects
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly outbound: Outbound | undefined
  readonly metrics: Metrics
  /** `https://host:port` as others reach the server. */
  readonly advertised: string
  /** The server itself, which does not exist yet. */
  readonly handler: () => ApiHandler
}

export interface Authentication { readonly chain: AuthenticatorChain; readonly signer: TokenSigner; stop(): void }

export function authentication(options: AuthenticationOptions, { objects, clock, random, log, outbound, metrics: kept, advertised, handler }: Surroundings): Authentication {
  const now = () => clock.now(), issuers = options.serviceAccountIssuers, audiences = options.apiAudiences?.length ? options.apiAudiences : issuers
  const metrics = tokenMetrics(kept), tokens = new ServiceAccountTokens({ issuers, audiences, keys: options.tokenKeys, now, objects, metrics })
  const note = (namespace: string, name: string, labels: Readonly<Record<string, string>>) => {
    void handler()({ method: 'PATCH', path: `/api/v1/namespaces/${namespace}/secrets/${name}`, query: '', headers: { 'content-type': 'application/merge-patch+json' },
      body: { object: { metadata: { labels } } }, user: systemUser, direct: true })
      .then(({ status }) => { if (status >= 400) log.warn('the use of a token could not be noted', { namespace, name, status }) })
  }
  const figures = jwtFigures(kept, clock)
  const { identityProviders: source } = options, nobody: Outbound = async () => { throw new Error('this server calls nobody') }
  const providers = source && new IdentityProviders({ ...source, ownIssuers: issuers, outbound: outbound ?? nobody, clock, log: log.named('authenticator'), metrics, figures })
  const unfollow = source?.follow?.((configuration) => providers!.replace(configuration))
  const tokenAuthenticators: TokenAuthenticator[] = [
    ...(options.tokenFile ? [forAudiences(audiences, tokenFileAuthenticator(parseTokenFile(options.tokenFile.text, options.tokenFile.name)))] : []),
    legacyTokens({ keys: options.tokenKeys, audiences, now, objects, metrics, note }), tokens,
    ...(options.bootstrapTokens ? [forAudiences(audiences, bootstrapTokens({ objects, now, log: log.named('authenticator') }))] : []),
    ...(providers ? [forAudiences(audiences, providers)] : []),
    ...(options.tokenWebhook ? [webhookTokens({ ...options.tokenWebhook, audiences, outbound: outbound ?? nobody, clock, metrics })] : [])]
  const chain = authenticatorChain([
    ...(options.frontProxy ? [frontProxyAuthenticator({ ...options.frontProxy, now: () => Date.now() })] : []), // certificates live on the real clock
    ...(options.clientAnchors ? [certificateAuthenticator({ anchors: options.clientAnchors, now: () => Date.now() })] : []),
    bearerAuthenticator(tokenAuthenticators),
  ], { anonymous: options.anonymous ?? (() => true), log: log.named('authenticator') })
  return { chain, stop() { unfollow?.(); providers?.stop() },
    signer: tokenSigner(tokens, { random, now, issuers, advertised, maxSeconds: options.maxTokenSeconds ?? 0, extend: options.extendTokens ?? true,
    ...(options.jwksUri && { jwksUri: options.jwksUri }) }) }
}
