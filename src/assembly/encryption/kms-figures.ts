// What is counted of key management services and their keys, under the reference's names.
import { createHash } from 'node:crypto'
import { exponential, type Counter, type Family, type Gauge, type Histogram, type Metrics, type Transformation } from '#server'
import type { Clock } from '#machinery'
import { serverId } from '../server-id.ts'

const hash = (text: string): string => (text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`)

export class KmsFigures {
  readonly #clock: Clock
  readonly #stopwatch: () => number
  readonly #server = hash(serverId())
  readonly #calls: Family<Histogram>
  readonly #used: Family<Counter>
  readonly #usedAt: Family<Gauge>
  readonly #heardAt: Family<Gauge>
  readonly #invalid: Family<Counter>
  readonly #held: Family<Gauge>
  readonly #made: Histogram
  readonly #unmade: Counter
  /** The key in use is counted for every value: it is looked up once. */
  readonly #series = new Map<string, { readonly count: Counter; readonly at: Gauge }>()

  constructor(metrics: Metrics, clock: Clock, stopwatch: () => number) {
    this.#clock = clock
    this.#stopwatch = stopwatch
    const name = (rest: string) => `apiserver_envelope_encryption_${rest}`, stability = 'ALPHA', key = ['provider_name', 'key_id_hash', 'apiserver_id_hash'], use = ['transformation_type', ...key]
    this.#calls = metrics.histogram({
      name: name('kms_operations_latency_seconds'), stability, help: 'Seconds of calls of key management services.', labels: ['provider_name', 'method_name', 'grpc_status_code'], buckets: exponential(0.0001, 2, 20),
    })
    this.#used = metrics.counter({ name: name('key_id_hash_total'), stability, help: 'Values that were sealed or opened with a key of a service.', labels: use })
    this.#usedAt = metrics.gauge({ name: name('key_id_hash_last_timestamp_seconds'), stability, help: 'When a key of a service was last used.', labels: use })
    this.#heardAt = metrics.gauge({ name: name('key_id_hash_status_last_timestamp_seconds'), stability, help: 'When a service last said that this is its key.', labels: key })
    this.#invalid = metrics.counter({ name: name('invalid_key_id_from_status_total'), stability, help: 'Answers of services that name no key that makes sense.', labels: ['provider_name', 'error'] })
    this.#held = metrics.gauge({ name: name('dek_source_cache_size'), stability, help: 'Keys that values are sealed with and that are at hand.', labels: ['provider_name'] })
    this.#made = metrics.histogram({
      name: 'apiserver_storage_data_key_generation_duration_seconds', stability, help: 'Seconds to make a key that values are sealed with.', buckets: exponential(0.000005, 2, 14),
    }).with()
    this.#unmade = metrics.counter({ name: 'apiserver_storage_data_key_generation_failures_total', stability, help: 'Keys for values that could not be made.' }).with()
  }

  /** The returned function is called with the code when the call is over. */
  calling(provider: string, method: string): (code: string) => void {
    const begun = this.#stopwatch()
    return (code) => { this.#calls.with(provider, method, code).observe((this.#stopwatch() - begun) / 1000) }
  }
  used(type: Transformation, provider: string, keyId: string): void {
    const key = `${type} ${provider} ${keyId}`
    let series = this.#series.get(key)
    if (!series) {
      const labels = [type, provider, hash(keyId), this.#server]
      this.#series.set(key, series = { count: this.#used.with(...labels), at: this.#usedAt.with(...labels) })
    }
    series.count.inc()
    series.at.set(this.#clock.now() / 1000)
  }
  heard(provider: string, keyId: string): void {
    if (keyId === '') this.#invalid.with(provider, 'empty').inc()
    else this.#heardAt.with(provider, hash(keyId), this.#server).set(this.#clock.now() / 1000)
  }
  held(provider: string, keys: number): void { this.#held.with(provider).set(keys) }
  making<T>(make: () => T): T {
    const begun = this.#stopwatch()
    try {
      const made = make()
      this.#made.observe((this.#stopwatch() - begun) / 1000)
      return made
    } catch (error) {
      this.#unmade.inc()
      throw error
    }
  }
}
