// What is counted of admission policies, under the reference's names.
import type { Counter, Family, Histogram, Metrics } from '../metrics/metrics.ts'

const buckets = [0.0000005, 0.001, 0.01, 0.1, 1]

/** What a validating policy did about what it found; of mutating ones nothing is told. */
type Action = 'deny' | 'warn' | 'audit' | 'allow'

export class PolicyMetrics {
  readonly #checks: Family<Counter>
  readonly #durations: Family<Histogram>
  readonly #tellsActions: boolean
  constructor(metrics: Metrics, sort: 'validating' | 'mutating') {
    this.#tellsActions = sort === 'validating'
    const labels = ['policy', 'policy_binding', 'error_type', ...(this.#tellsActions ? ['enforcement_action'] : [])], name = `apiserver_${sort}_admission_policy_check`, stability = this.#tellsActions ? 'BETA' : 'ALPHA'
    this.#checks = metrics.counter({ name: `${name}_total`, stability, help: 'Admission policies that were evaluated, and what came of it.', labels })
    this.#durations = metrics.histogram({ name: `${name}_duration_seconds`, stability, help: 'Seconds that the evaluation of an admission policy took.', labels, buckets })
  }
  checked(policy: string, binding: string, action: Action, ms: number, errorType = 'no_error'): void {
    const values = [policy, binding, errorType, ...(this.#tellsActions ? [action] : [])]
    this.#checks.with(...values).inc()
    this.#durations.with(...values).observe(ms / 1000)
  }
}
