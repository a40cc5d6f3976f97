// Lists and watches that were answered from memory, under the names that the reference has for its watch cache: here it holds everything.
// What is read of the past is the reference's storage: it takes the store's history to make it.
import type { Kind } from '#machinery'
import { type Counter, type Family, type Histogram, type Metrics } from './metrics.ts'

interface Series { readonly lists: Counter; readonly fetched: Counter; readonly returned: Counter; readonly consistent: Counter; readonly waited: Histogram }
interface PastSeries { readonly lists: Counter; readonly fetched: Counter; readonly evaluated: Counter; readonly returned: Counter }
/** What a list took: objects looked at, and those that it was answered with. */
export interface ListWork { readonly fetched: number; readonly returned: number }

export class ListMetrics {
  readonly #lists: Family<Counter>
  readonly #fetched: Family<Counter>
  readonly #returned: Family<Counter>
  readonly #consistent: Family<Counter>
  readonly #waited: Family<Histogram>
  readonly #past: Readonly<Record<keyof PastSeries, Family<Counter>>>
  readonly #series = new WeakMap<Kind, Series>()
  readonly #pastSeries = new WeakMap<Kind, PastSeries>()
  constructor(metrics: Metrics) {
    const labels = ['group', 'index', 'resource'], ofKind = ['group', 'resource'], stability = 'ALPHA'
    this.#lists = metrics.counter({ name: 'apiserver_cache_list_total', stability, help: 'Lists answered from memory.', labels })
    this.#fetched = metrics.counter({ name: 'apiserver_cache_list_fetched_objects_total', stability, help: 'Objects looked at for lists.', labels })
    this.#returned = metrics.counter({ name: 'apiserver_cache_list_returned_objects_total', stability, help: 'Objects that lists were answered with.', labels: ofKind })
    this.#consistent = metrics.counter({ name: 'apiserver_watch_cache_consistent_read_total', stability, help: 'Lists of the newest state that were answered from memory.', labels: [...ofKind, 'success', 'fallback'] })
    this.#waited = metrics.histogram({ name: 'apiserver_watch_cache_read_wait_seconds', stability, help: 'Seconds that lists waited until memory was as new as they asked for: it always is.', labels: ofKind,
      buckets: [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3] })
    const past = (what: string, help: string) => metrics.counter({ name: `apiserver_storage_list_${what}`, stability, help, labels: ofKind })
    this.#past = {
      lists: past('total', 'Lists of a past state.'), fetched: past('fetched_objects_total', 'Objects looked at for lists of a past state.'),
      evaluated: past('evaluated_objects_total', 'Objects that selectors of such lists were tried on.'), returned: past('returned_objects_total', 'Objects that such lists were answered with.'),
    }
  }
  /** A list of now. `version`: the resourceVersion that it asked for. */
  listed(kind: Kind, version: string, { fetched, returned }: ListWork): void {
    let series = this.#series.get(kind)
    if (!series) {
      const { group, resource } = kind
      series = {
        lists: this.#lists.with(group, '', resource), fetched: this.#fetched.with(group, '', resource), returned: this.#returned.with(group, resource),
        consistent: this.#consistent.with(group, resource, 'true', 'false'), waited: this.#waited.with(group, resource),
      }
      this.#series.set(kind, series)
    }
    series.lists.value++
    series.fetched.value += fetched
    series.returned.value += returned
    if (version === '') series.consistent.value++
    if (version !== '0') series.waited.observe(0)
  }
  /** A list of a state that is over. */
  listedPast(kind: Kind, work: ListWork): void {
    let series = this.#pastSeries.get(kind)
    if (!series) {
      const { group, resource } = kind, of = (family: Family<Counter>) => family.with(group, resource)
      series = { lists: of(this.#past.lists), fetched: of(this.#past.fetched), evaluated: of(this.#past.evaluated), returned: of(this.#past.returned) }
      this.#pastSeries.set(kind, series)
    }
    series.lists.value++
    series.fetched.value += work.fetched
    series.evaluated.value += work.fetched
    series.returned.value += work.returned
  }
}

/** What the logs of changes that watchers read are told to count. */
export class WatchCacheMetrics {
  readonly #initializations: Family<Counter>
  readonly #stored: Family<Counter>
  readonly #received: Family<Counter>
  readonly #dispatched: Family<Counter>
  constructor(metrics: Metrics, revision: () => number, kinds: () => Iterable<Kind>) {
    const labels = ['group', 'resource']
    const counter = (name: string, help: string) => metrics.counter({ name: `apiserver_watch_cache_${name}`, stability: 'ALPHA', help, labels })
    this.#initializations = counter('initializations_total', 'How often somebody began to watch a resource that nobody watched.')
    this.#stored = metrics.counter({ name: 'apiserver_storage_events_received_total', stability: 'ALPHA', help: 'Changes of watched resources that the store told of.', labels })
    this.#received = counter('events_received_total', 'Changes of watched resources.')
    this.#dispatched = counter('events_dispatched_total', 'Changes of watched resources that watchers were told of.')
    const version = metrics.gauge({ name: 'apiserver_watch_cache_resource_version', stability: 'ALPHA', help: 'The revision up to which watchers of a resource know: its last 15 digits.', labels })
    metrics.collect(() => {
      version.clear()
      for (const { group, resource } of kinds()) version.with(group, resource).set(revision() % 1e15)
    })
  }
  begun({ group, resource }: Kind): { readonly stored: Counter; readonly received: Counter; readonly dispatched: Counter } {
    this.#initializations.with(group, resource).inc()
    return { stored: this.#stored.with(group, resource), received: this.#received.with(group, resource), dispatched: this.#dispatched.with(group, resource) }
  }
}
