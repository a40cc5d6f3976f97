// The gate that requests from outside pass: flow control, or a plain limit where that is switched off. What the process asks of itself passes
// beside it: those callers are few and bounded, and a queue would only hold back work that this very process has to do.
import type { User } from '#machinery'
import { isLongRunning, type RequestContext } from '../context.ts'
import type { GateMetrics } from '../metrics/gates.ts'
import { InFlight } from '../metrics/in-flight.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { TooMany } from './flow-control.ts'
import { RetryAfter } from './retry-after.ts'
import type { Seat } from './seat.ts'

/** Lets requests in, one by one. */
export interface Limiter {
  enter(context: RequestContext, user: User): Seat | Promise<Seat>
  /** How many reading and writing requests may be answered at once; absent where they share one bound. */
  readonly most?: Readonly<Record<RequestKind, number>>
}
type RequestKind = 'readOnly' | 'mutating'
const requestKinds: readonly RequestKind[] = ['readOnly', 'mutating']

const reading = new Set(['get', 'list', 'watch'])
const kindOf = ({ info }: RequestContext): RequestKind => (reading.has(info!.verb) ? 'readOnly' : 'mutating')

/** Asks the limiter, and counts who is in. What it takes is the context's next lap. */
export function gate(limiter: Limiter, metrics: Metrics, { filters }: GateMetrics, now: () => number): (context: RequestContext, user: User) => Promise<void> | undefined {
  const inFlight = metrics.gauge({ name: 'apiserver_current_inflight_requests', stability: 'STABLE', help: 'The most requests that were answered at once in the last second.', labels: ['request_kind'] })
  const inQueue = metrics.gauge({ name: 'apiserver_current_inqueue_requests', stability: 'ALPHA', help: 'The most requests that waited at once in the last second.', labels: ['request_kind'] })
  const overTime = metrics.histogram({
    name: 'apiserver_flowcontrol_read_vs_write_current_requests', stability: 'ALPHA', help: 'Reading and writing requests that are answered or wait, as a share of how many may, over time.', labels: ['phase', 'request_kind'],
    buckets: [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
  })
  const in_ = { readOnly: new InFlight(now), mutating: new InFlight(now) }, waiting = { readOnly: new InFlight(now), mutating: new InFlight(now) }
  metrics.collect(() => {
    for (const kind of requestKinds) {
      inFlight.with(kind).set(in_[kind].lastSecond)
      inQueue.with(kind).set(waiting[kind].lastSecond)
      in_[kind].tell(overTime.with('executing', kind), limiter.most?.[kind] || sharedBound)
      if (!limiter.most) waiting[kind].tell(overTime.with('waiting', kind), sharedBound)
    }
  })
  const seated = (context: RequestContext, seat: Seat, kind: RequestKind): void => {
    filters.priorityandfairness.observe(context.lap() / 1000)
    context.sit(seat, in_[kind])
  }
  return (context, user) => {
    if (context.request.direct || (context.info!.verb !== 'watch' && isLongRunning(context.info!))) return undefined
    const kind = kindOf(context)
    const entered = limiter.enter(context, user)
    if (!(entered instanceof Promise)) { seated(context, entered, kind); return undefined }
    waiting[kind].add(1)
    return entered.finally(() => { waiting[kind].add(-1) }).then((seat) => { seated(context, seat, kind) })
  }
}

/** Where reading and writing share a bound, the reference counts requests as shares of one. */
const sharedBound = 1

/** --enable-priority-and-fairness=false: so many reading and so many writing requests at once, and administrators in any case. */
export class MaxInFlight implements Limiter {
  readonly most: Readonly<Record<RequestKind, number>>
  readonly #now: Readonly<Record<RequestKind, { count: number }>> = { readOnly: { count: 0 }, mutating: { count: 0 } }
  readonly #retryAfter = new RetryAfter()
  readonly #clock: () => number
  /** 0: as many as come. */
  constructor({ readOnly, mutating }: { readonly readOnly: number; readonly mutating: number }, clock: () => number) {
    this.most = { readOnly, mutating }
    this.#clock = clock
  }
  enter(context: RequestContext, user: User): Seat {
    const kind = kindOf(context), most = this.most[kind], now = this.#now[kind]
    if (most === 0 || context.info!.verb === 'watch') return free
    if (now.count >= most) {
      if (user.groups.includes('system:masters')) return free
      throw new TooMany(this.#retryAfter.refused(this.#clock()))
    }
    now.count++
    return { leave() { now.count-- } }
  }
}
const free: Seat = { leave() {} }
