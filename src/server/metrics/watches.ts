// What watchers are sent.
import type { Served } from '../served.ts'
import { exponential, type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

const labels = ['group', 'version', 'resource'] as const

export class WatchMetrics {
  readonly #events: Family<Counter>
  readonly #sizes: Family<Histogram>
  constructor(metrics: Metrics) {
    this.#events = metrics.counter({ name: 'apiserver_watch_events_total', stability: 'ALPHA', help: 'Events sent to watchers.', labels })
    this.#sizes = metrics.histogram({ name: 'apiserver_watch_events_sizes', stability: 'ALPHA', help: 'Bytes of events sent to watchers.', labels, buckets: exponential(1024, 2, 8) })
  }
  /** Counts the events of one watch. */
  counterOf({ group, version, resource }: Served): (bytes: number) => void {
    const events = this.#events.with(group, version, resource), sizes = this.#sizes.with(group, version, resource)
    return (bytes) => { events.value++; sizes.observe(bytes) }
  }
}
