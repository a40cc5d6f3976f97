// What watchers are sent.
import type { Kind } from '#machinery'
import type { Served } from '../served.ts'
import { exponential, type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

const labels = ['group', 'version', 'resource'] as const

export class WatchMetrics {
  readonly #events: Family<Counter>
  readonly #sizes: Family<Histogram>
  readonly #first: Family<Counter>
  readonly #terminated: Family<Counter>
  readonly #streamed: Family<Histogram>
  constructor(metrics: Metrics) {
    const ofKind = ['group', 'resource'], stability = 'ALPHA'
    this.#events = metrics.counter({ name: 'apiserver_watch_events_total', stability, help: 'Events sent to watchers.', labels })
    this.#sizes = metrics.histogram({ name: 'apiserver_watch_events_sizes', stability, help: 'Bytes of events sent to watchers.', labels, buckets: exponential(1024, 2, 8) })
    this.#first = metrics.counter({ name: 'apiserver_init_events_total', stability, help: 'Events that watchers began with: what there was, or what they had missed.', labels: ofKind })
    this.#terminated = metrics.counter({ name: 'apiserver_terminated_watchers_total', stability, help: 'Watchers that were closed because they were too slow.', labels: ofKind })
    this.#streamed = metrics.histogram({ name: 'apiserver_watch_list_duration_seconds', stability: 'BETA', help: 'Seconds until a watch that begins with a list had sent it.', labels: [...labels, 'scope'],
      buckets: [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60] })
  }
  /** Counts the events of one watch. */
  counterOf({ group, version, resource }: Served): (bytes: number) => void {
    const events = this.#events.with(group, version, resource), sizes = this.#sizes.with(group, version, resource)
    return (bytes) => { events.value++; sizes.observe(bytes) }
  }
  /** A watch begins with so many events. */
  begun({ group, resource }: Kind, events: number): void { if (events > 0) this.#first.with(group, resource).inc(events) }
  terminated({ group, resource }: Kind): void { this.#terminated.with(group, resource).inc() }
  /** The list that a watch began with is sent, so long after the request. */
  listStreamed({ group, version, resource }: Served, scope: 'resource' | 'namespace' | 'cluster', ms: number): void { this.#streamed.with(group, version, resource, scope).observe(ms / 1000) }
}
