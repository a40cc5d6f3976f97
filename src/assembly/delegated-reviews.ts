// Who asks a component, and whether he may: the API server is asked (TokenReview, SubjectAccessReview), and its answers are remembered for a while.
import type { Client } from '#client'
import { subjectAccessReview, tokenReview } from '#kinds'
import { ApiError, unauthorized, type ApiRequest, type Clock, type Log, type User } from '#machinery'
import { authenticatorChain, bearerAuthenticator, cachedTokens, certificateAuthenticator, forbiddenRequest, NotAuthenticated, type Anchors, type Authenticated, type AuthenticatorChain, type Metrics } from '#server'
import { LRUCache } from 'lru-cache'

/** So many answers of each sort are remembered. */
const mostAnswers = 8192
/** Its members may do everything: nobody is asked about them. */
const privileged = 'system:masters'

export interface ReviewTimes { readonly tokenMs: number; readonly allowedMs: number; readonly deniedMs: number }
/** As the reference's components have them. */
export const usualTimes: ReviewTimes = { tokenMs: 10_000, allowedMs: 10_000, deniedMs: 10_000 }

export interface DelegatedReviewsOptions {
  readonly client: Client
  readonly metrics: Metrics
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly times?: ReviewTimes
  /** Authorities whose client certificates are believed; default: none. */
  readonly anchors?: Anchors
}

/** The API server did not say whether somebody may. */
export class ReviewFailed extends Error {
  override readonly name = 'ReviewFailed'
  constructor(cause: unknown) { super(cause instanceof Error ? cause.message : String(cause), { cause }) }
}

export class DelegatedReviews {
  readonly #client: Client
  readonly #clock: Pick<Clock, 'now'>
  readonly #chain: AuthenticatorChain
  readonly #verdicts: Remembered<{ readonly allowed: boolean; readonly reason: string }>
  readonly #asked: Readonly<Record<'authn' | 'authz', <T>(call: () => Promise<T>) => Promise<T>>>
  constructor({ client, metrics, clock, log, times = usualTimes, anchors = () => new Set() }: DelegatedReviewsOptions) {
    this.#client = client
    this.#clock = clock
    this.#verdicts = new Remembered(clock, ({ allowed }) => (allowed ? times.allowedMs : times.deniedMs))
    this.#asked = { authn: this.#counted(metrics, 'authn', 'TokenReviews'), authz: this.#counted(metrics, 'authz', 'SubjectAccessReviews') }
    const tokens = cachedTokens({ name: 'TokenReview', authenticateToken: (token) => this.#holderOf(token) }, { ttlMs: times.tokenMs, clock, also: 'nobody' })
    this.#chain = authenticatorChain([certificateAuthenticator({ anchors, now: () => clock.now() }), bearerAuthenticator([tokens])], { anonymous: () => true, log })
  }

  /** Throws Unauthorized, Forbidden, or ReviewFailed when it cannot be known whether he may. */
  async check(request: ApiRequest): Promise<void> {
    const user = await this.#callerOf(request), { path, method } = request, verb = method.toLowerCase()
    if (user.groups.includes(privileged)) return
    const { allowed, reason } = await this.#verdicts.of(JSON.stringify([user, verb, path]), () => this.#decide(user, verb, path)).catch((error: unknown) => { throw new ReviewFailed(error) })
    if (!allowed) throw forbiddenRequest({ user, verb, path }, reason)
  }

  async #callerOf(request: ApiRequest): Promise<User> {
    try {
      return (await this.#chain.authenticate(request)).user
    } catch (error) {
      if (error instanceof NotAuthenticated) throw unauthorized()
      throw error
    }
  }
  async #holderOf(token: string): Promise<Authenticated | undefined> {
    const { status: { authenticated, user } } = await this.#asked.authn(() => this.#client.create(tokenReview, { metadata: {}, spec: { token } }))
    if (!authenticated || !user) return undefined
    const { username = '', groups = [], uid, extra } = user
    return { user: { name: username, groups, ...(uid && { uid }), ...(extra && { extra }) } }
  }
  async #decide({ name, groups, uid, extra }: User, verb: string, path: string): Promise<{ allowed: boolean; reason: string }> {
    const spec = { user: name, groups: [...groups], ...(uid && { uid }), ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }), nonResourceAttributes: { path, verb } }
    const { status: { allowed, reason = '' } } = await this.#asked.authz(() => this.#client.create(subjectAccessReview, { metadata: {}, spec }))
    return { allowed, reason }
  }

  #counted(metrics: Metrics, what: 'authn' | 'authz', reviews: string): <T>(call: () => Promise<T>) => Promise<T> {
    const total = metrics.counter({ name: `apiserver_delegated_${what}_request_total`, stability: 'ALPHA', help: `${reviews} asked for, by the code of the answer.`, labels: ['code'] })
    const seconds = metrics.histogram({ name: `apiserver_delegated_${what}_request_duration_seconds`, stability: 'ALPHA', help: `Seconds of ${reviews}, by the code of the answer.`, labels: ['code'], buckets: [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10] })
    return async (call) => {
      const begun = this.#clock.now(), counted = (code: string) => { total.with(code).inc(); seconds.with(code).observe((this.#clock.now() - begun) / 1000) }
      try {
        const answer = await call()
        counted('201')
        return answer
      } catch (error) {
        counted(error instanceof ApiError ? String(error.status.code) : '<error>')
        throw error
      }
    }
  }
}

/** Answers by their question. What is asked about at the same time is asked about once; what fails is not remembered. */
class Remembered<T> {
  readonly #answers = new LRUCache<string, { readonly answer: T; readonly until: number }>({ max: mostAnswers })
  readonly #asking = new Map<string, Promise<T>>()
  readonly #clock: Pick<Clock, 'now'>
  readonly #ttlMs: (answer: T) => number
  constructor(clock: Pick<Clock, 'now'>, ttlMs: (answer: T) => number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
  }
  async of(question: string, ask: () => Promise<T>): Promise<T> {
    const held = this.#answers.get(question)
    if (held && this.#clock.now() < held.until) return held.answer
    const already = this.#asking.get(question)
    if (already) return already
    const asking = ask().then((answer) => {
      const ttlMs = this.#ttlMs(answer)
      if (ttlMs > 0) this.#answers.set(question, { answer, until: this.#clock.now() + ttlMs })
      return answer
    }).finally(() => this.#asking.delete(question))
    this.#asking.set(question, asking)
    return asking
  }
}
