// What is counted of admission policies, under the reference's names.
import type { Counter, Family, Histogram, Metrics } from '../metrics/metrics.ts'

const buckets = [0.0000005, 0.001, 0.01, 0.1, 1]

export class PolicyMetrics {
  readonly #checks: Family<Counter>
  readonly #durations: Family<Histogram>
  constructor(metrics: Metrics, sort: 'validating' | 'mutating') {
    const labels = ['policy', 'policy_binding', 'error_type', 'enforcement_action'], name = `apiserver_${sort}_admission_policy_check`
    this.#checks = metrics.counter({ name: `${name}_total`, stability: 'BETA', help: 'Admission policies that were evaluated, and what came of it.', labels })
    this.#durations = metrics.histogram({ name: `${name}_duration_seconds`, stability: 'BETA', help: 'Seconds that the evaluation of an admission policy took.', labels, buckets })
  }
  checked(policy: string, binding: string, action: 'deny' | 'warn' | 'audit' | 'allow', ms: number, errorType = 'no_error'): void {
    this.#checks.with(policy, binding, errorType, action).inc()
    this.#durations.with(policy, binding, errorType, action).observe(ms / 1000)
  }
}
