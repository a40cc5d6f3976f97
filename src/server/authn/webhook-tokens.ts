// Bearer tokens that somebody else knows: a webhook is sent a TokenReview (authentication.k8s.io) and answers who it is.
import { pause, quote, type Clock } from '#machinery'
import type { KubeconfigTarget } from '../kubeconfig-target.ts'
import type { Outbound, OutboundAnswer } from '../outbound.ts'
import type { Asked, Authenticated, TokenAuthenticator } from './authn.ts'
import { cachedTokens, type CacheOptions } from './cached-tokens.ts'

const timeoutMs = 30_000
/** A webhook that stumbles is asked again, a little later each time. */
const attempts = 5
const firstPauseMs = 500
const longer = 1.5

export interface WebhookOptions {
  readonly target: KubeconfigTarget
  /** The version of TokenReview that it speaks: v1 or v1beta1. */
  readonly version: string
  /** How long its answers are remembered. */
  readonly ttlMs: number
  /** Those of this API server: whoever names none is for them. */
  readonly audiences: readonly string[]
  readonly outbound: Outbound
  readonly clock: Clock
  readonly metrics?: CacheOptions['metrics']
}
export const webhookVersions = ['v1', 'v1beta1'] as const

interface Review { readonly kind?: string; readonly apiVersion?: string; readonly status?: {
  readonly authenticated?: boolean; readonly error?: string; readonly audiences?: readonly string[]
  readonly user?: { readonly username?: string; readonly uid?: string; readonly groups?: readonly string[]; readonly extra?: Readonly<Record<string, readonly string[]>> }
} }

export const webhookTokens = (options: WebhookOptions): TokenAuthenticator =>
  cachedTokens({ name: 'webhook', authenticateToken: (token, asked) => review(token, asked, options) },
    { ttlMs: options.ttlMs, clock: options.clock, also: 'nobody', metrics: options.metrics })

async function review(token: string, { audiences: wanted }: Asked, options: WebhookOptions): Promise<Authenticated | undefined> {
  const apiVersion = `authentication.k8s.io/${options.version}`
  const { kind, apiVersion: given, status = {} } = await ask({ kind: 'TokenReview', apiVersion, metadata: {}, spec: { token, ...(wanted && { audiences: wanted }) },
    status: { user: {} } }, options)
  if (kind !== 'TokenReview' || given !== apiVersion)
    throw new Error(`the webhook answered ${quote(kind ?? '')} of ${quote(given ?? '')}; expected TokenReview of ${apiVersion}`)
  const meant = wanted && (status.audiences?.length ? status.audiences : options.audiences).filter((a) => wanted.includes(a))
  if (meant?.length === 0) return undefined
  if (status.authenticated !== true) {
    if (status.error) throw new Error(status.error)
    return undefined
  }
  const { username = '', uid, groups = [], extra } = status.user ?? {}
  return { user: { name: username, ...(uid && { uid }), groups, ...(extra && Object.keys(extra).length > 0 && { extra }) }, ...(meant && { audiences: meant }) }
}

async function ask(body: object, { target: { url, headers, ...target }, outbound, clock }: WebhookOptions): Promise<Review> {
  const request = { ...target, method: 'POST' as const, url, headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, */*' },
    body: new TextEncoder().encode(JSON.stringify(body)), timeoutMs }
  for (let attempt = 1, wait = firstPauseMs; ; attempt++, wait *= longer) {
    let answer: OutboundAnswer | undefined, failure: unknown
    try { answer = await outbound(request) } catch (error) { failure = error }
    if (answer && answer.status >= 200 && answer.status < 300) return parsed(answer)
    const isPassing = answer ? [429, 500, 504].includes(answer.status) : /EOF|connection reset|deadline exceeded/.test(String(failure))
    if (!isPassing || attempt === attempts) throw failure
      ? new Error(`Post ${quote(url)}: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure })
      : new Error(`the webhook answered ${answer!.status}`)
    await pause(clock, wait)
  }
}
function parsed({ body }: OutboundAnswer): Review {
  let value: unknown
  try { value = JSON.parse(new TextDecoder().decode(body)) } catch (cause) { throw new Error('the webhook answered what is not JSON', { cause }) }
  if (value === null || typeof value !== 'object') throw new Error('the webhook answered no object')
  return value as Review
}
