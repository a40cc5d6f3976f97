// How long the store takes for what is asked of it, under the names that the reference has for etcd. Reads come from memory and are not counted.
import type { Kind } from '#machinery'
import type { RequestContext } from '../context.ts'
import { storeSpan } from '../tracing/requests.ts'
import type { Counter, Family, Histogram, Metrics } from './metrics.ts'

const labels = ['operation', 'group', 'resource'] as const
export type StoreOperation = 'create' | 'update' | 'delete'
/** Waits shorter than this (milliseconds) are not told apart in the audit log. */
const worthTelling = 1

export class StoreRequests {
  readonly #total: Family<Counter>
  readonly #duration: Family<Histogram>
  readonly #errors: Family<Counter>
  readonly #series = new WeakMap<Kind, Map<StoreOperation, readonly [Counter, Histogram]>>()

  constructor(metrics: Metrics) {
    this.#total = metrics.counter({ name: 'etcd_requests_total', stability: 'ALPHA', help: 'Writes asked of the store.', labels })
    this.#errors = metrics.counter({ name: 'etcd_request_errors_total', stability: 'ALPHA', help: 'Writes that the store could not make.', labels })
    this.#duration = metrics.histogram({ name: 'etcd_request_duration_seconds', stability: 'ALPHA', help: 'Seconds until a write was durable.', labels,
      buckets: [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60] })
  }

  /** Waits for a write of the store, and notes it with the request. */
  async timed<T>(context: RequestContext, operation: StoreOperation, kind: Kind, write: Promise<T>): Promise<T> {
    const begun = context.elapsed, span = context.span && storeSpan(context.span, context, operation, kind)
    try {
      const written = await write
      span?.event('Txn call succeeded')
      span?.set('key', keyOf(written))
      return written
    } catch (error) {
      this.#errors.with(operation, kind.group, kind.resource).inc()
      throw error
    } finally {
      const took = context.elapsed - begun
      const [total, duration] = this.#of(kind, operation)
      total.value++
      duration.observe(took / 1000)
      if (took > worthTelling) context.spend('etcd', took)
      span?.end()
      context.step(context.info?.verb === 'patch' ? 'Object stored in database' : operation === 'delete' ? 'Object deleted from database' : 'Write to database call succeeded')
    }
  }

  #of(kind: Kind, operation: StoreOperation): readonly [Counter, Histogram] {
    let ofKind = this.#series.get(kind)
    if (!ofKind) { ofKind = new Map(); this.#series.set(kind, ofKind) }
    let series = ofKind.get(operation)
    if (!series) { series = [this.#total.with(operation, kind.group, kind.resource), this.#duration.with(operation, kind.group, kind.resource)]; ofKind.set(operation, series) }
    return series
  }
}

/** The key that was written, without the prefix of all keys. */
const keyOf = (written: unknown): string => ((written as { readonly key?: string } | undefined)?.key ?? '').replace(/^\/registry/, '')
