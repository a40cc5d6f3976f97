// Somebody else decides: a webhook is sent a SubjectAccessReview (authorization.k8s.io) and answers; its answers are remembered for a while.
import { pause, quote, type Clock } from '#machinery'
import { LRUCache } from 'lru-cache'
import type { KubeconfigTarget } from '../kubeconfig-target.ts'
import type { Outbound, OutboundAnswer } from '../outbound.ts'
import type { AuthorizerMetrics, CallResult } from '../metrics/authorizers.ts'
import type { AuthorizationAttributes, Authorizer, Decision, SubjectRules } from './authz.ts'
import type { MatchConditions } from './match-conditions.ts'

/** A webhook that stumbles is asked again, a little later each time. */
const attempts = 5, firstPauseMs = 500, longer = 1.5
/** So many answers are remembered; not those about names so long that they would fill the memory. */
const mostAnswers = 8192, longestNames = 10_000

export interface AuthorizationWebhookOptions {
  readonly target: KubeconfigTarget
  /** The version of SubjectAccessReview that it speaks. */
  readonly version: 'v1' | 'v1beta1'
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  readonly timeoutMs: number
  /** What holds when it does not answer, or its conditions cannot be evaluated. */
  readonly onError: 'deny' | 'none'
  /** It is asked only when all of them hold. */
  readonly conditions?: MatchConditions
  readonly outbound: Outbound
  readonly clock: Clock
  /** As the configuration calls it, for its figures; absent: nobody counts. */
  readonly name?: string
  readonly metrics?: AuthorizerMetrics
}
interface Status { readonly allowed?: boolean; readonly denied?: boolean; readonly reason?: string }

export class AuthorizationWebhook implements Authorizer {
  readonly #options: AuthorizationWebhookOptions
  readonly #known = new LRUCache<string, { readonly status: Status; readonly until: number }>({ max: mostAnswers })
  readonly #asking = new Map<string, Promise<Status>>()
  constructor(options: AuthorizationWebhookOptions) { this.#options = options }

  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    const { onError, clock, name = '', metrics } = this.#options, spec = reviewSpec(attributes)
    const matched = this.#matched(spec)
    if (matched?.error !== undefined) return { verdict: onError, reason: '', error: matched.error }
    if (matched?.matches === false) return { verdict: 'none', reason: '' }
    const key = JSON.stringify(spec), held = this.#known.get(key)
    if (held && clock.now() < held.until) return decision(held.status)
    return this.#ask(key, spec, attributes).then(decision, (error: unknown): Decision => {
      if (onError === 'none') metrics?.failedOpen(name, resultOf(error))
      return { verdict: onError, reason: '', error: error instanceof Error ? error.message : String(error) }
    })
  }
  #matched(spec: object): ReturnType<MatchConditions['matches']> | undefined {
    const { conditions, name = '', metrics } = this.#options
    if (!conditions) return undefined
    const begun = metrics?.now() ?? 0, matched = conditions.matches(spec)
    metrics?.conditions(name, metrics.now() - begun, matched.error !== undefined ? 'failed' : matched.matches ? 'matched' : 'excluded')
    return matched
  }

  async #measured(asking: Promise<Status>): Promise<Status> {
    const { name = '', metrics } = this.#options, begun = metrics?.now() ?? 0, called = (result: CallResult) => { metrics?.called(name, result, metrics.now() - begun) }
    try {
      const status = await asking
      called('success')
      return status
    } catch (error) {
      called(resultOf(error))
      throw error
    }
  }

  rulesFor(): SubjectRules { return { resourceRules: [], nonResourceRules: [], incomplete: true, evaluationError: 'webhook authorizer does not support user rule resolution' } }

  /** Asks once, however many wait for the same answer. */
  #ask(key: string, spec: object, attributes: AuthorizationAttributes): Promise<Status> {
    let asking = this.#asking.get(key)
    if (!asking) {
      asking = this.#measured(ask(spec, this.#options)).then((status) => {
        const { authorizedTtlMs, unauthorizedTtlMs, clock } = this.#options, ttl = status.allowed ? authorizedTtlMs : unauthorizedTtlMs
        if (ttl > 0 && isBounded(attributes)) this.#known.set(key, { status, until: clock.now() + ttl })
        return status
      }).finally(() => this.#asking.delete(key))
      this.#asking.set(key, asking)
    }
    return asking
  }
}

const resultOf = (error: unknown): CallResult => (/deadline exceeded/.test(String(error)) ? 'timeout' : 'error')
function decision({ allowed, denied, reason = '' }: Status): Decision {
  if (denied) return { verdict: 'deny', reason, ...(allowed && { error: 'webhook subject access review returned both allow and deny response' }) }
  return { verdict: allowed ? 'allow' : 'none', reason }
}
function isBounded({ verb, path, resource }: AuthorizationAttributes): boolean {
  const { namespace = '', group = '', version = '', resource: name = '', subresource = '', name: object = '' } = resource ?? {}
  return [namespace, verb, group, version, name, subresource, object, path].reduce((sum, text) => sum + text.length, 0) < longestNames
}

/** The question in the form of the review API, v1. */
export function reviewSpec({ user, verb, path, resource }: AuthorizationAttributes) {
  const { name, uid, groups, extra } = user
  const who = { ...(name && { user: name }), ...(groups.length > 0 && { groups }), ...(extra && { extra }), ...(uid && { uid }) }
  if (!resource) return { nonResourceAttributes: { ...(path && { path }), ...(verb && { verb }) }, ...who }
  const { namespace, group, version, resource: what, subresource, name: object, fieldSelector, labelSelector } = resource
  return {
    resourceAttributes: {
      ...(namespace && { namespace }), ...(verb && { verb }), ...(group && { group }), ...(version && { version }), ...(what && { resource: what }), ...(subresource && { subresource }), ...(object && { name: object }),
      ...(fieldSelector && { fieldSelector: { requirements: fieldSelector } }), ...(labelSelector && { labelSelector: { requirements: labelSelector } }),
    }, ...who,
  }
}

async function ask(spec: object, { target: { url, headers, ...target }, version, timeoutMs, outbound, clock }: AuthorizationWebhookOptions): Promise<Status> {
  const apiVersion = `authorization.k8s.io/${version}`, { groups, ...rest } = spec as { groups?: readonly string[] }
  const said = version === 'v1' ? spec : { ...rest, ...(groups && { group: groups }) } // the older version's name
  const body = new TextEncoder().encode(JSON.stringify({ kind: 'SubjectAccessReview', apiVersion, metadata: {}, spec: said, status: { allowed: false } }))
  for (let attempt = 1, wait = firstPauseMs; ; attempt++, wait *= longer) {
    let answer: OutboundAnswer | undefined, failure: unknown
    try { answer = await outbound({ ...target, method: 'POST', url, headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, */*' }, body, timeoutMs }) } catch (error) { failure = error }
    if (answer && answer.status >= 200 && answer.status < 300) return statusOf(answer, apiVersion)
    const isPassing = answer ? [429, 500, 504].includes(answer.status) : /EOF|connection reset|deadline exceeded/.test(String(failure))
    if (!isPassing || attempt === attempts) throw failure ? new Error(`Post ${quote(url)}: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure }) : new Error(refusedWith(answer!))
    await pause(clock, wait)
  }
}
function statusOf({ body }: OutboundAnswer, apiVersion: string): Status {
  let review: { readonly kind?: string; readonly apiVersion?: string; readonly status?: Status } | null
  try { review = JSON.parse(new TextDecoder().decode(body)) as typeof review } catch (cause) { throw new Error('the webhook answered what is not JSON', { cause }) }
  if (review?.kind !== 'SubjectAccessReview' || review.apiVersion !== apiVersion) throw new Error(`the webhook answered ${quote(review?.kind ?? '')} of ${quote(review?.apiVersion ?? '')}; expected SubjectAccessReview of ${apiVersion}`)
  return review.status ?? {}
}
/** In the words of the reference's client. */
function refusedWith({ status, body }: OutboundAnswer): string {
  try {
    const given = JSON.parse(new TextDecoder().decode(body)) as { readonly kind?: string; readonly message?: string } | null
    if (given?.kind === 'Status' && given.message) return given.message
  } catch { /* it is no Status */ }
  return status === 500 ? 'an error on the server ("") has prevented the request from succeeding' : `the server responded with the status code ${status} but did not return more information`
}
