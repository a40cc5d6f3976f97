// What is counted of match conditions, those of webhooks and those of policies, under the reference's names.
import type { Counter, Family, Histogram, Metrics } from '../metrics/metrics.ts'

/** One look at the conditions of something hears how it goes. */
export interface ConditionsLook { failed(): void; excluded(): void; ended(): void }
export interface ConditionsOwner { readonly name: string; readonly kind: 'webhook' | 'policy'; readonly type: 'admit' | 'validating' | 'validate'; readonly operation: string }

const families = new WeakMap<Metrics, ConditionMetrics>()

export class ConditionMetrics {
  readonly #errors: Family<Counter>
  readonly #exclusions: Family<Counter>
  readonly #seconds: Family<Histogram>

  /** All plugins count in the same families. */
  static of(metrics: Metrics): ConditionMetrics {
    let there = families.get(metrics)
    if (!there) families.set(metrics, there = new ConditionMetrics(metrics))
    return there
  }
  private constructor(metrics: Metrics) {
    const name = (rest: string) => `apiserver_admission_match_condition_${rest}`, labels = ['name', 'kind', 'type', 'operation'], stability = 'ALPHA' as const
    this.#errors = metrics.counter({ name: name('evaluation_errors_total'), stability, help: 'Match conditions that could not be evaluated.', labels })
    this.#exclusions = metrics.counter({ name: name('exclusions_total'), stability, help: 'Requests that match conditions left out.', labels })
    this.#seconds = metrics.histogram({
      name: name('evaluation_seconds'), stability, help: 'Seconds to see whether match conditions hold.', labels, buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
    })
  }

  look({ name, kind, type, operation }: ConditionsOwner, stopwatch: () => number): ConditionsLook {
    const begun = stopwatch(), labels = [name, kind, type, operation]
    return {
      failed: () => { this.#errors.with(...labels).inc() },
      excluded: () => { this.#exclusions.with(...labels).inc() },
      ended: () => { this.#seconds.with(...labels).observe((stopwatch() - begun) / 1000) },
    }
  }
}
