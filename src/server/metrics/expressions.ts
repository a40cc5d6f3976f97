// How long expressions (CEL) take: to be compiled, and to be evaluated.
import type { Histogram, Metrics } from './metrics.ts'

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class ExpressionMetrics {
  readonly #compilations: Histogram
  readonly #evaluations: Histogram
  readonly #stopwatch: () => number
  constructor(metrics: Metrics, stopwatch: () => number) {
    this.#stopwatch = stopwatch
    this.#compilations = metrics.histogram({ name: 'apiserver_cel_compilation_duration_seconds', stability: 'BETA', help: 'Seconds that the expressions of a policy, a webhook\'s conditions or a schema took to be compiled.', buckets }).with()
    this.#evaluations = metrics.histogram({ name: 'apiserver_cel_evaluation_duration_seconds', stability: 'BETA', help: 'Seconds that expressions took to be evaluated.', buckets }).with()
  }
  /** Compiles what belongs together. */
  compiling<T>(run: () => T): T { return this.#timed(this.#compilations, run) }
  evaluating<T>(run: () => T): T { return this.#timed(this.#evaluations, run) }
  /** An evaluation took so many milliseconds. */
  evaluated(ms: number): void { this.#evaluations.observe(ms / 1000) }

  #timed<T>(histogram: Histogram, run: () => T): T {
    const begun = this.#stopwatch()
    try { return run() } finally { histogram.observe((this.#stopwatch() - begun) / 1000) }
  }
}
