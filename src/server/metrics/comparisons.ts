// How long it takes to see whether a write would change anything.
import type { Histogram, Metrics } from './metrics.ts'

/** How it was found out: the number of managers differs, something else does, or nothing. */
export type ComparisonPath = 'unequalObjectsFast' | 'unequalObjectsSlow' | 'equalObjectsSlow'

export class ComparisonMetrics {
  readonly #paths: Readonly<Record<ComparisonPath, Histogram>>
  constructor(metrics: Metrics) {
    const family = metrics.histogram({ name: 'apiserver_request_timestamp_comparison_time', stability: 'ALPHA', help: 'Seconds to compare the old and the new object of an update or a patch, by how it ended.', labels: ['code_path'],
      buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5] })
    this.#paths = { unequalObjectsFast: family.with('unequalObjectsFast'), unequalObjectsSlow: family.with('unequalObjectsSlow'), equalObjectsSlow: family.with('equalObjectsSlow') }
  }
  compared(path: ComparisonPath, ms: number): void { this.#paths[path].observe(ms / 1000) }
}
