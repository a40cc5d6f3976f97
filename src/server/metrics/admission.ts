// How long admission takes: each plugin, and all of them.
import type { Family, Histogram, Metrics } from './metrics.ts'

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
export type AdmissionType = 'admit' | 'validate'
/** The series of one plugin (or step) for one operation: what it let through, and what it refused. */
export interface AdmissionSeries { readonly passed: Histogram; readonly rejected: Histogram }

export class AdmissionMetrics {
  readonly #plugins: Family<Histogram>
  readonly #steps: Family<Histogram>
  constructor(metrics: Metrics) {
    this.#plugins = metrics.histogram({ name: 'apiserver_admission_controller_admission_duration_seconds', stability: 'STABLE', help: 'Seconds in each admission plugin.', labels: ['name', 'type', 'operation', 'rejected'], buckets })
    this.#steps = metrics.histogram({ name: 'apiserver_admission_step_admission_duration_seconds', stability: 'STABLE', help: 'Seconds in all admission plugins of a type.', labels: ['type', 'operation', 'rejected'], buckets })
  }
  plugin(name: string, type: AdmissionType, operation: string): AdmissionSeries {
    return { passed: this.#plugins.with(name, type, operation, 'false'), rejected: this.#plugins.with(name, type, operation, 'true') }
  }
  step(type: AdmissionType, operation: string): AdmissionSeries {
    return { passed: this.#steps.with(type, operation, 'false'), rejected: this.#steps.with(type, operation, 'true') }
  }
}
