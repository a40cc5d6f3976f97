// How often values are sealed and opened, and how long that takes, under the reference's names.
import { exponential, type Counter, type Family, type Histogram, type Metrics } from '../metrics/metrics.ts'

export type Transformation = 'to_storage' | 'from_storage'
interface Series { readonly done: Counter; readonly seconds: Histogram }

export class TransformationMetrics {
  readonly stopwatch: () => number
  readonly #operations: Family<Counter>
  readonly #seconds: Family<Histogram>
  /** What most operations are counted by is looked up once. */
  readonly #well = new Map<string, Series>()

  constructor(metrics: Metrics, stopwatch: () => number) {
    this.stopwatch = stopwatch
    const type = 'transformation_type', prefix = 'transformer_prefix', name = (rest: string) => `apiserver_storage_transformation_${rest}`, stability = 'ALPHA'
    this.#operations = metrics.counter({ name: name('operations_total'), stability, help: 'Values that were sealed for the disk, or opened.', labels: ['resource', type, prefix, 'status'] })
    this.#seconds = metrics.histogram({ name: name('duration_seconds'), stability, help: 'Seconds to seal or to open a value.', labels: [type, prefix], buckets: exponential(0.000005, 2, 25) })
  }

  done(type: Transformation, prefix: string, resource: string, ms: number): void {
    const key = `${type} ${prefix} ${resource}`
    let series = this.#well.get(key)
    if (!series) this.#well.set(key, series = { done: this.#operations.with(resource, type, prefix, 'OK'), seconds: this.#seconds.with(type, prefix) })
    series.done.inc()
    series.seconds.observe(ms / 1000)
  }
  /** No service was asked when it failed: those are asked before. */
  failed(type: Transformation, prefix: string, resource: string): void { this.#operations.with(resource, type, prefix, 'unknown-non-grpc').inc() }
}
