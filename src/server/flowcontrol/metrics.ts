// What is counted of flow control.
import { type Counter, type Family, type Gauge, type Histogram, type Metrics } from '../metrics/metrics.ts'
import type { PriorityLevel, RefusalReason } from './level.ts'

const seconds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const flow = ['priority_level', 'flow_schema'] as const, level = ['priority_level'] as const
const stability = 'ALPHA'

/** The series of one schema and its level. */
export interface FlowSeries {
  readonly dispatched: Counter
  readonly executing: Gauge
  readonly executingOld: Gauge
  readonly seats: Gauge
  readonly inQueue: Gauge
  readonly seatsInQueue: Gauge
  /** It was its turn, and there were not enough seats. */
  readonly notAccommodated: () => void
  readonly took: Readonly<Record<'regular' | 'watch', Histogram>>
  readonly width: Histogram
  readonly watchers: Histogram
}

export class FlowMetrics {
  readonly #dispatched: Family<Counter>
  readonly #rejected: Family<Counter>
  readonly #executing: Family<Gauge>
  readonly #executingOld: Family<Gauge>
  readonly #seats: Family<Gauge>
  readonly #inQueue: Family<Gauge>
  readonly #seatsInQueue: Family<Gauge>
  readonly #notAccommodated: Family<Counter>
  readonly #took: Family<Histogram>
  readonly #waited: Family<Histogram>
  readonly #queueLength: Family<Histogram>
  readonly #width: Family<Histogram>
  readonly #watchers: Family<Histogram>
  readonly #levels: Readonly<Record<'nominal' | 'least' | 'most' | 'limit' | 'limitOld' | 'r' | 'dispatchR' | 'latestS' | 'target' | 'most10' | 'average' | 'deviation' | 'smoothed', Family<Gauge>>>
  readonly #fairFraction: Gauge
  readonly #seatsOver: Family<Histogram>
  readonly #demandOver: Family<Histogram>
  readonly #requestsOver: Family<Histogram>

  constructor(metrics: Metrics) {
    const name = (rest: string) => `apiserver_flowcontrol_${rest}`
    this.#dispatched = metrics.counter({ name: name('dispatched_requests_total'), stability: 'BETA', help: 'Requests that were let in.', labels: flow })
    this.#rejected = metrics.counter({ name: name('rejected_requests_total'), stability: 'BETA', help: 'Requests that were refused, and why.', labels: [...flow, 'reason'] })
    this.#executing = metrics.gauge({ name: name('current_executing_requests'), stability: 'BETA', help: 'Requests being answered (watches: being set up).', labels: flow })
    this.#executingOld = metrics.gauge({ name: name('request_concurrency_in_use'), stability, deprecated: '1.31.0', help: 'Seats in use.', labels: flow })
    this.#seats = metrics.gauge({ name: name('current_executing_seats'), stability: 'BETA', help: 'Seats in use.', labels: flow })
    this.#inQueue = metrics.gauge({ name: name('current_inqueue_requests'), stability: 'BETA', help: 'Requests that wait.', labels: flow })
    this.#seatsInQueue = metrics.gauge({ name: name('current_inqueue_seats'), stability, help: 'Seats that waiting requests need.', labels: flow })
    this.#notAccommodated = metrics.counter({ name: name('request_dispatch_no_accommodation_total'), stability, help: 'Times that it was the turn of a request for which there were not enough seats.', labels: flow })
    this.#took = metrics.histogram({ name: name('request_execution_seconds'), stability, help: 'Seconds that requests hold their seats.', labels: [...flow, 'type'], buckets: seconds })
    this.#waited = metrics.histogram({ name: name('request_wait_duration_seconds'), stability: 'BETA', help: 'Seconds that requests waited in a queue, and whether they were let in then.', labels: [...flow, 'execute'], buckets: seconds })
    this.#queueLength = metrics.histogram({ name: name('request_queue_length_after_enqueue'), stability, help: 'Requests in the queue that a request joined, with it.', labels: flow, buckets: [0, 10, 25, 50, 100, 250, 500, 1000] })
    this.#width = metrics.histogram({ name: name('work_estimated_seats'), stability, help: 'Seats that requests were thought to need.', labels: flow, buckets: [1, 2, 4, 10] })
    this.#watchers = metrics.histogram({ name: name('watch_count_samples'), stability, help: 'Watchers that a write would reach.', labels: flow, buckets: [0, 1, 10, 100, 1000, 10000] })
    const gauge = (rest: string, help: string, deprecated?: string) => metrics.gauge({ name: name(rest), stability: rest === 'nominal_limit_seats' ? 'BETA' : stability, help, labels: level, ...(deprecated && { deprecated }) })
    this.#levels = {
      nominal: gauge('nominal_limit_seats', 'Seats by the shares of the level.'), least: gauge('lower_limit_seats', 'Seats that the level keeps however much it lends.'), most: gauge('upper_limit_seats', 'Seats that it may have however much it borrows.'),
      limit: gauge('current_limit_seats', 'Seats that it may use now.'), limitOld: gauge('request_concurrency_limit', 'Seats by the shares of the level.', '1.30.0'), r: gauge('current_r', 'Virtual time of its queues.'), dispatchR: gauge('dispatch_r', 'Virtual time of its queues when it let in somebody who had waited.'),
      latestS: gauge('latest_s', 'Virtual time at which that request began.'),
      target: gauge('target_seats', 'Seats it was aimed at in the last adjustment.'), most10: gauge('demand_seats_high_watermark', 'The most seats wanted in the last period.'), average: gauge('demand_seats_average', 'The mean of seats wanted in the last period.'),
      deviation: gauge('demand_seats_stdev', 'The standard deviation of seats wanted in the last period.'), smoothed: gauge('demand_seats_smoothed', 'Seats wanted, smoothed over the periods.'),
    }
    // Observed at the end of every nanosecond, so to speak: counts are nanoseconds.
    this.#seatsOver = metrics.histogram({ name: name('priority_level_seat_utilization'), stability, help: 'The share of its seats that a level used, over time.', labels: ['phase', ...level], buckets: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1] })
    this.#requestsOver = metrics.histogram({ name: name('priority_level_request_utilization'), stability, help: 'Requests of a level that are answered or wait, as a share of how many may, over time.', labels: ['phase', ...level], buckets: [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1] })
    this.#demandOver = metrics.histogram({ name: name('demand_seats'), stability, help: 'Seats that a level could use, as a share of its nominal ones, over time.', labels: level, buckets: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6] })
    this.#fairFraction = metrics.gauge({ name: name('seat_fair_frac'), stability, help: 'The fraction of its target that each level gets.' }).with()
  }

  seriesOf(levelName: string, schema: string): FlowSeries {
    return {
      dispatched: this.#dispatched.with(levelName, schema), executing: this.#executing.with(levelName, schema), executingOld: this.#executingOld.with(levelName, schema), seats: this.#seats.with(levelName, schema),
      inQueue: this.#inQueue.with(levelName, schema), seatsInQueue: this.#seatsInQueue.with(levelName, schema), notAccommodated: () => { this.#notAccommodated.with(levelName, schema).inc() },
      took: { regular: this.#took.with(levelName, schema, 'regular'), watch: this.#took.with(levelName, schema, 'watch') }, width: this.#width.with(levelName, schema), watchers: this.#watchers.with(levelName, schema),
    }
  }
  refused(levelName: string, schema: string, reason: RefusalReason): void { this.#rejected.with(levelName, schema, reason).inc() }
  waited(levelName: string, schema: string, execute: boolean, ms: number): void { this.#waited.with(levelName, schema, String(execute)).observe(ms / 1000) }
  joined(levelName: string, schema: string, length: number): void { this.#queueLength.with(levelName, schema).observe(length) }

  configured({ name, limits }: PriorityLevel): void {
    const { nominal, least, most, limitOld } = this.#levels
    nominal.with(name).set(limits.nominal)
    limitOld.with(name).set(limits.nominal)
    least.with(name).set(limits.least)
    most.with(name).set(limits.most)
  }
  adjusted(name: string, { limit, target, average, deviation, most, smoothed }: { readonly limit: number; readonly target: number; readonly average: number; readonly deviation: number; readonly most: number; readonly smoothed: number }): void {
    const all = this.#levels
    all.limit.with(name).set(limit)
    all.target.with(name).set(target)
    all.average.with(name).set(average)
    all.deviation.with(name).set(deviation)
    all.most10.with(name).set(most)
    all.smoothed.with(name).set(smoothed)
  }
  fairFraction(fraction: number): void { this.#fairFraction.set(fraction) }
  /** What was since the last look; to be called before a limit changes, and when somebody reads. */
  overTime({ name, isExempt, limit, limits: { nominal }, over, configuration: { spec } }: PriorityLevel, now: number): void {
    if (isExempt) return
    const { queues = 0, queueLengthLimit = 0 } = spec.limited?.limitResponse?.queuing ?? {}
    over.seats.tell(this.#seatsOver.with('executing', name), limit, now)
    over.wanted.tell(this.#demandOver.with(name), nominal, now)
    over.executing.tell(this.#requestsOver.with('executing', name), limit, now)
    over.waiting.tell(this.#requestsOver.with('waiting', name), queues * queueLengthLimit, now)
  }
  virtualTime({ name, virtualTime, dispatched }: PriorityLevel): void {
    this.#levels.r.with(name).set(virtualTime)
    if (!dispatched) return
    this.#levels.dispatchR.with(name).set(dispatched.r)
    this.#levels.latestS.with(name).set(dispatched.s)
  }
  gone(name: string): void {
    for (const family of Object.values(this.#levels)) family.remove(name)
    this.#seatsOver.remove('executing', name)
    this.#demandOver.remove(name)
    for (const phase of ['executing', 'waiting']) this.#requestsOver.remove(phase, name)
  }
}
