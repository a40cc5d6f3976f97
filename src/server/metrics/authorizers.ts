// What is counted of the authorizers of a configuration, each by its type and name, and of what webhooks among them answer.
import type { Authorizer, Decision } from '../authz/authz.ts'
import { exponential, type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

/** How a call of a webhook ended. */
export type CallResult = 'success' | 'error' | 'timeout' | 'canceled'
const stability = 'ALPHA'
const defaults = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class AuthorizerMetrics {
  readonly #decisions: Family<Counter>
  readonly #calls: Family<Counter>
  readonly #failedOpen: Family<Counter>
  readonly #seconds: Family<Histogram>
  readonly #conditionErrors: Family<Counter>
  readonly #conditionSeconds: Family<Histogram>
  readonly #exclusions: Family<Counter>
  readonly #graph: Family<Histogram>
  readonly #graphSeries = new Map<string, Histogram>()
  readonly now: () => number

  /** `now` is in milliseconds, for durations. */
  constructor(metrics: Metrics, now: () => number) {
    this.now = now
    const counter = (name: string, help: string, labels: readonly string[]) => metrics.counter({ name: `apiserver_authorization_${name}`, stability, help, labels })
    this.#decisions = counter('decisions_total', 'Requests that an authorizer allowed or denied, so that nobody after it was asked.', ['type', 'name', 'decision'])
    this.#calls = counter('webhook_evaluations_total', 'Calls of authorization webhooks.', ['name', 'result'])
    this.#failedOpen = counter('webhook_evaluations_fail_open_total', 'Calls of authorization webhooks that failed, so that others were asked.', ['name', 'result'])
    this.#seconds = metrics.histogram({ name: 'apiserver_authorization_webhook_duration_seconds', stability, help: 'Seconds of calls of authorization webhooks.', labels: ['name', 'result'], buckets: defaults })
    this.#conditionErrors = counter('match_condition_evaluation_errors_total', 'Match conditions that could not be evaluated.', ['type', 'name'])
    this.#conditionSeconds = metrics.histogram({ name: 'apiserver_authorization_match_condition_evaluation_seconds', stability, help: 'Seconds to see whether a webhook is asked at all.', labels: ['type', 'name'], buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25] })
    this.#exclusions = counter('match_condition_exclusions_total', 'Requests that a webhook was not asked about, because of its match conditions.', ['type', 'name'])
    this.#graph = metrics.histogram({
      name: 'node_authorizer_graph_actions_duration_seconds', stability, help: 'Seconds of changes of what leads from objects to nodes.', labels: ['operation'], buckets: exponential(0.0001, 2, 12),
    })
  }

  /** What leads to nodes was changed, because of an object like AddPod. */
  graphChanged(operation: string, ms: number): void {
    let series = this.#graphSeries.get(operation)
    if (!series) this.#graphSeries.set(operation, series = this.#graph.with(operation))
    series.observe(ms / 1000)
  }
  /** The same authorizer; what it decides is counted. */
  counted(type: string, name: string, inner: Authorizer): Authorizer {
    const allowed = this.#decisions.with(type, name, 'allowed'), denied = this.#decisions.with(type, name, 'denied')
    const note = (decision: Decision): Decision => {
      if (decision.verdict === 'allow') allowed.value++
      else if (decision.verdict === 'deny') denied.value++
      return decision
    }
    return {
      authorize(attributes) {
        const decision = inner.authorize(attributes)
        return decision instanceof Promise ? decision.then(note) : note(decision)
      },
      ...(inner.rulesFor && { rulesFor: (user, namespace) => inner.rulesFor!(user, namespace) }),
    }
  }
  called(name: string, result: CallResult, ms: number): void {
    this.#calls.with(name, result).inc()
    this.#seconds.with(name, result).observe(ms / 1000)
  }
  failedOpen(name: string, result: CallResult): void { this.#failedOpen.with(name, result).inc() }
  conditions(name: string, ms: number, outcome: 'matched' | 'excluded' | 'failed'): void {
    this.#conditionSeconds.with('Webhook', name).observe(ms / 1000)
    if (outcome === 'excluded') this.#exclusions.with('Webhook', name).inc()
    else if (outcome === 'failed') this.#conditionErrors.with('Webhook', name).inc()
  }
}
