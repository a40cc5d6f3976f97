// Lists and watches that were answered from memory, under the names that the reference has for its watch cache: here it holds everything.
import type { Kind } from '#machinery'
import { type Counter, type Family, type Metrics } from './metrics.ts'

interface Series { readonly lists: Counter; readonly fetched: Counter; readonly returned: Counter }

export class ListMetrics {
  readonly #lists: Family<Counter>
  readonly #fetched: Family<Counter>
  readonly #returned: Family<Counter>
  readonly #series = new WeakMap<Kind, Series>()
  constructor(metrics: Metrics) {
    const labels = ['group', 'index', 'resource']
    this.#lists = metrics.counter({ name: 'apiserver_cache_list_total', stability: 'ALPHA', help: 'Lists answered from memory.', labels })
    this.#fetched = metrics.counter({ name: 'apiserver_cache_list_fetched_objects_total', stability: 'ALPHA', help: 'Objects looked at for lists.', labels })
    this.#returned = metrics.counter({ name: 'apiserver_cache_list_returned_objects_total', stability: 'ALPHA', help: 'Objects that lists were answered with.', labels: ['group', 'resource'] })
  }
  listed(kind: Kind, fetched: number, returned: number): void {
    let series = this.#series.get(kind)
    if (!series) {
      const { group, resource } = kind
      series = { lists: this.#lists.with(group, '', resource), fetched: this.#fetched.with(group, '', resource), returned: this.#returned.with(group, resource) }
      this.#series.set(kind, series)
    }
    series.lists.value++
    series.fetched.value += fetched
    series.returned.value += returned
  }
}
/** What the logs of changes that watchers read are told to count. */
export class WatchCacheMetrics {
  readonly #initializations: Family<Counter>
  readonly #received: Family<Counter>
  readonly #dispatched: Family<Counter>
  constructor(metrics: Metrics, revision: () => number, kinds: () => Iterable<Kind>) {
    const labels = ['group', 'resource']
    const counter = (name: string, help: string) => metrics.counter({ name: `apiserver_watch_cache_${name}`, stability: 'ALPHA', help, labels })
    this.#initializations = counter('initializations_total', 'How often somebody began to watch a resource that nobody watched.')
    this.#received = counter('events_received_total', 'Changes of watched resources.')
    this.#dispatched = counter('events_dispatched_total', 'Changes of watched resources that watchers were told of.')
    const version = metrics.gauge({ name: 'apiserver_watch_cache_resource_version', stability: 'ALPHA', help: 'The revision up to which watchers of a resource know.', labels })
    metrics.collect(() => {
      version.clear()
      for (const { group, resource } of kinds()) version.with(group, resource).set(revision())
    })
  }
  begun({ group, resource }: Kind): { readonly received: Counter; readonly dispatched: Counter } {
    this.#initializations.with(group, resource).inc()
    return { received: this.#received.with(group, resource), dispatched: this.#dispatched.with(group, resource) }
  }
}
