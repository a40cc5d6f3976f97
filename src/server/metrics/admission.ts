// How long admission takes: each plugin, and all of them.
import type { Family, Histogram, Metrics, Summary } from './metrics.ts'

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
export type AdmissionType = 'admit' | 'validate'
/** The series of one plugin (or step) for one operation: what it let through, and what it refused. */
export interface AdmissionSeries { readonly passed: Observed; readonly rejected: Observed }
interface Observed { observe(seconds: number): void }

export class AdmissionMetrics {
  readonly #plugins: Family<Histogram>
  readonly #steps: Family<Histogram>
  readonly #summaries: Family<Summary>
  constructor(metrics: Metrics) {
    this.#plugins = metrics.histogram({ name: 'apiserver_admission_controller_admission_duration_seconds', stability: 'STABLE', help: 'Seconds in each admission plugin.', labels: ['name', 'type', 'operation', 'rejected'], buckets })
    this.#steps = metrics.histogram({ name: 'apiserver_admission_step_admission_duration_seconds', stability: 'STABLE', help: 'Seconds in all admission plugins of a type.', labels: ['type', 'operation', 'rejected'], buckets })
    this.#summaries = metrics.summary({ name: 'apiserver_admission_step_admission_duration_seconds_summary', stability: 'ALPHA', help: 'Seconds in all admission plugins of a type: quantiles of the latest 512.', labels: ['type', 'operation', 'rejected'], quantiles: [0.5, 0.9, 0.99] })
  }
  plugin(name: string, type: AdmissionType, operation: string): AdmissionSeries {
    return { passed: this.#plugins.with(name, type, operation, 'false'), rejected: this.#plugins.with(name, type, operation, 'true') }
  }
  step(type: AdmissionType, operation: string): AdmissionSeries {
    const of = (rejected: 'true' | 'false'): Observed => {
      let both: readonly [Histogram, Summary] | undefined // made when it is needed: refusals are rare
      return { observe: (seconds) => {
        both ??= [this.#steps.with(type, operation, rejected), this.#summaries.with(type, operation, rejected)]
        both[0].observe(seconds)
        both[1].observe(seconds)
      } }
    }
    return { passed: of('false'), rejected: of('true') }
  }
}
