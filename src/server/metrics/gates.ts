// What is counted at the gates that every request passes: who is it, may it, is there room; and how long each gate took.
import type { User } from '#machinery'
import { exponential, type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

const gateBuckets = exponential(0.001, 2, 15)

export class GateMetrics {
  readonly #users: Family<Counter>
  readonly #usual: Counter
  readonly #known = new Map<string, Counter>()
  readonly #certificates: Histogram
  readonly #authentication: Readonly<Record<'success' | 'failure' | 'error', readonly [Counter, Histogram]>>
  readonly #authorization: Readonly<Record<'allowed' | 'denied' | 'no-opinion' | 'error', readonly [Counter, Histogram]>>
  /** Seconds in each filter of the chain. */
  readonly filters: Readonly<Record<'authentication' | 'audit' | 'impersonation' | 'priorityandfairness' | 'authorization', Histogram>>

  constructor(metrics: Metrics) {
    const filter = metrics.histogram({ name: 'apiserver_request_filter_duration_seconds', stability: 'ALPHA', help: 'Seconds in each filter that a request passes.', labels: ['filter'],
      buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5, 10, 15, 30] })
    this.filters = { authentication: filter.with('authentication'), audit: filter.with('audit'), impersonation: filter.with('impersonation'), priorityandfairness: filter.with('priorityandfairness'), authorization: filter.with('authorization') }
    this.#certificates = metrics.histogram({ name: 'apiserver_client_certificate_expiration_seconds', stability: 'ALPHA', help: 'Seconds until the certificates end that clients show.',
      buckets: [0, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 2_592_000, 7_776_000, 15_552_000, 31_104_000] }).with()
    this.#users = metrics.counter({ name: 'authenticated_user_requests', stability: 'ALPHA', help: 'Authenticated requests, by a coarse form of the user name.', labels: ['username'] })
    this.#usual = this.#users.with('other')
    const attempts = metrics.counter({ name: 'authentication_attempts', stability: 'ALPHA', help: 'Attempts to authenticate, by their result.', labels: ['result'] })
    const seconds = metrics.histogram({ name: 'authentication_duration_seconds', stability: 'ALPHA', help: 'Seconds to authenticate, by the result.', labels: ['result'], buckets: gateBuckets })
    this.#authentication = { success: [attempts.with('success'), seconds.with('success')], failure: [attempts.with('failure'), seconds.with('failure')], error: [attempts.with('error'), seconds.with('error')] }
    const asked = metrics.counter({ name: 'authorization_attempts_total', stability: 'ALPHA', help: 'Decisions of the authorizers, by their result.', labels: ['result'] })
    const deciding = metrics.histogram({ name: 'authorization_duration_seconds', stability: 'ALPHA', help: 'Seconds to decide, by the result.', labels: ['result'], buckets: gateBuckets })
    const of = (result: string) => [asked.with(result), deciding.with(result)] as const
    this.#authorization = { allowed: of('allowed'), denied: of('denied'), 'no-opinion': of('no-opinion'), error: of('error') }
  }

  /** A believed client certificate ends in so many milliseconds. */
  certificate(ms: number): void { this.#certificates.observe(ms / 1000) }

  /** `failure`: there were no credentials; `error`: there were, and they did not hold. */
  authenticated(result: 'success' | 'failure' | 'error', user: User | undefined, ms: number): void {
    const [count, seconds] = this.#authentication[result]
    count.value++
    seconds.observe(ms / 1000)
    if (user) this.#seriesOf(user.name).value++
  }
  authorized(result: 'allowed' | 'denied' | 'no-opinion' | 'error', ms: number): void {
    const [count, seconds] = this.#authorization[result]
    count.value++
    seconds.observe(ms / 1000)
  }
  /** User names would be too many series: the reference tells a few of its own apart, and mail addresses. */
  #seriesOf(name: string): Counter {
    if (!known.has(name)) return name.includes('@') ? this.#users.with('email_id') : this.#usual
    let series = this.#known.get(name)
    if (!series) { series = this.#users.with(name); this.#known.set(name, series) }
    return series
  }
}

const known: ReadonlySet<string> = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'])
