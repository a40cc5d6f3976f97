// What is counted of conversion webhooks.
import { exponential, type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

/** Why a conversion failed; '': it did not. */
export type ConversionFailure = '' | 'conversion_webhook_call_failure' | 'conversion_webhook_malformed_response_failure' | 'conversion_webhook_partial_response_failure' | 'conversion_webhook_invalid_converted_object_failure'

export class ConversionMetrics {
  readonly #requests: Family<Counter>
  readonly #seconds: Family<Histogram>
  readonly #byDefinition: Family<Histogram>
  constructor(metrics: Metrics) {
    const stability = 'ALPHA', labels = ['result', 'failure_type']
    this.#requests = metrics.counter({ name: 'apiserver_conversion_webhook_request_total', stability, help: 'Calls of conversion webhooks, and why those failed that did.', labels })
    this.#seconds = metrics.histogram({ name: 'apiserver_conversion_webhook_duration_seconds', stability, help: 'Seconds of calls of conversion webhooks.', labels, buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60] })
    this.#byDefinition = metrics.histogram({ name: 'apiserver_crd_conversion_webhook_duration_seconds', stability, help: 'Seconds of conversions from one version to another, by definition.', labels: ['crd_name', 'from_version', 'to_version', 'succeeded'], buckets: exponential(0.001, 2, 15) })
  }
  converted(definition: string, from: string, to: string, failure: ConversionFailure, ms: number): void {
    const result = failure === '' ? 'success' : 'failure', seconds = ms / 1000
    this.#requests.with(result, failure).inc()
    this.#seconds.with(result, failure).observe(seconds)
    if (from !== to) this.#byDefinition.with(definition, from, to, String(failure === '')).observe(seconds)
  }
}
