// What is counted of webhooks, under the reference's names.
import type { Counter, Family, Histogram, Metrics } from '../metrics/metrics.ts'
import { ConditionMetrics } from './condition-metrics.ts'

export type WebhookType = 'admit' | 'validating'
/** Why a webhook led to a refusal: it said so, it could not be asked, or what it said could not be done. */
export type RejectedBy = 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error'

const families = new WeakMap<Metrics, WebhookMetrics>()

export class WebhookMetrics {
  readonly #durations: Family<Histogram>
  readonly #requests: Family<Counter>
  readonly #rejections: Family<Counter>
  readonly #failedOpen: Family<Counter>

  /** Both plugins count in the same families. */
  static of(metrics: Metrics): WebhookMetrics {
    let there = families.get(metrics)
    if (!there) { there = new WebhookMetrics(metrics); families.set(metrics, there) }
    return there
  }
  private constructor(metrics: Metrics) {
    ConditionMetrics.of(metrics)
    const labels = ['name', 'type', 'operation']
    this.#durations = metrics.histogram({
      name: 'apiserver_admission_webhook_admission_duration_seconds', stability: 'STABLE', help: 'Seconds until an admission webhook had answered.', labels: [...labels, 'rejected'],
      buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]
    })
    this.#requests = metrics.counter({
      name: 'apiserver_admission_webhook_request_total', stability: 'ALPHA', help: 'Calls of admission webhooks, with the status code of what came of them (600 for all above).',
      labels: [...labels, 'code', 'rejected']
    })
    this.#rejections = metrics.counter({
      name: 'apiserver_admission_webhook_rejection_count', stability: 'ALPHA', help: 'Requests refused because of an admission webhook, and why.', labels: [...labels, 'error_type', 'rejection_code']
    })
    this.#failedOpen = metrics.counter({
      name: 'apiserver_admission_webhook_fail_open_count', stability: 'ALPHA', help: 'Calls of admission webhooks that failed and were passed over.', labels: ['name', 'type']
    })
  }

  called(name: string, type: WebhookType, operation: string, code: number, ms: number, rejected: boolean): void {
    this.#requests.with(name, type, operation, String(Math.min(code, 600)), String(rejected)).inc()
    this.#durations.with(name, type, operation, String(rejected)).observe(ms / 1000)
  }
  rejected(name: string, type: WebhookType, operation: string, by: RejectedBy, code: number): void {
    this.#rejections.with(name, type, operation, by, String(Math.min(code, 600))).inc()
  }
  failedOpen(name: string, type: WebhookType): void { this.#failedOpen.with(name, type).inc() }
}
