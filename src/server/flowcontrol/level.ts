// One priority level: seats, and where there are none, queues in which flows wait for their fair turn (KEP-1040). While there is room a request
// costs an addition: queues and virtual time come into play only when somebody has to wait.
import type { PriorityLevelConfiguration } from '#kinds'
import type { Clock } from '#machinery'
import { Demand, type Limits } from './allocation.ts'
import { Crowd, type Place } from './crowd.ts'
import type { Width } from './estimate.ts'
import { hand } from './shuffle.ts'
import { TimeAt } from './time-at.ts'

export type RefusalReason = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled'
/** There is no room, and waiting is over or of no use. */
export class Refused extends Error {
  readonly reason: RefusalReason
  constructor(reason: RefusalReason) {
    super(reason)
    this.name = 'Refused'
    this.reason = reason
  }
}

export interface Asked {
  readonly schema: string
  readonly distinguisher: string
  readonly width: Width
  /** Looked up only when it has to wait. */
  readonly hash: () => bigint
  /** What dumps tell of it. */
  readonly about: unknown
  readonly arrived: number
  /** Told when it is its turn, but there are not enough seats. */
  readonly notAccommodated: () => void
  /** Told how long its queue is, with it. */
  readonly joined: (length: number) => void
  /** Calls back when the client has gone. */
  readonly onGone?: ((run: () => void) => void) | undefined
}
/** A request that is being answered. */
export interface Ticket { readonly asked: Asked; readonly started: number; readonly queue: Queue | undefined; leave(): void }
export interface Waiting { readonly asked: Asked; readonly arrivedR: number; start(ticket: Ticket): void }
/** `executing`: how many that waited in it have seats. */
export interface Queue { readonly index: number; readonly waiting: Waiting[]; seats: number; executing: number; nextDispatchR: number }

/** How long an answer is thought to take before it is known (milliseconds). */
const usualMs = 3

export class PriorityLevel {
  readonly name: string
  readonly demand: Demand
  /** How long how many seats were taken and wanted, and how many requests were answered and waited. */
  readonly over: Readonly<Record<'seats' | 'wanted' | 'executing' | 'waiting', TimeAt>>
  configuration: PriorityLevelConfiguration
  limits: Limits = { nominal: 0, least: 0, most: 0 }
  /** No longer wanted: it goes when it is idle. */
  quiescing = false
  /** Seats it may use now. */
  #limit = 0
  #seats = 0
  #waiting = 0
  #waitingSeats = 0
  readonly #executing = new Crowd<Ticket>()
  #queues: Queue[] = []
  #robin = 0
  #enqueued = 0
  #r = 0
  #rAt = 0
  readonly #clock: Clock
  readonly #now: () => number
  readonly #waitMs: number

  constructor(configuration: PriorityLevelConfiguration, { clock, now, waitMs }: { readonly clock: Clock; readonly now: () => number; readonly waitMs: number }) {
    this.name = configuration.metadata.name
    this.configuration = configuration
    this.#clock = clock
    this.#now = now
    this.#waitMs = waitMs
    const at = now()
    this.demand = new Demand(at)
    this.over = { seats: new TimeAt(at), wanted: new TimeAt(at), executing: new TimeAt(at), waiting: new TimeAt(at) }
  }

  /** What has become of requests so far. */
  readonly tally = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 }

  get isExempt(): boolean { return this.configuration.spec.type === 'Exempt' }
  get isIdle(): boolean { return this.#executing.size === 0 && this.#waiting === 0 }
  get seats(): number { return this.#seats }
  get waiting(): number { return this.#waiting }
  get executing(): Pick<Crowd<Ticket>, 'size' | typeof Symbol.iterator> { return this.#executing }
  get queues(): readonly Queue[] { return this.#queues }
  get virtualTime(): number { return this.#r / 1000 }
  /** When somebody who had waited was let in last, and when he began, in virtual time. */
  dispatched: { readonly r: number; readonly s: number } | undefined
  get limit(): number { return this.#limit }
  set limit(limit: number) {
    this.#limit = limit
    if (this.#waiting > 0) this.#dispatch()
  }

  /** Takes seats, at once or in turn. Throws Refused, or rejects with it. */
  enter(asked: Asked): Ticket | Promise<Ticket> {
    if (this.#waiting === 0 && this.#fits(asked.width.seats)) return this.#start(asked, undefined)
    const { queuing } = this.configuration.spec.limited?.limitResponse ?? {}
    if (!queuing || queuing.queues < 1) throw this.#reject('concurrency-limit')
    const queue = this.#choose(asked, queuing.queues, queuing.handSize)
    if (this.#seats >= this.#limit && queue.waiting.length >= queuing.queueLengthLimit) throw this.#reject('queue-full')
    return this.#wait(asked, queue)
  }

  #reject(reason: RefusalReason): Refused {
    this.tally.rejected++
    return new Refused(reason)
  }

  #fits(seats: number): boolean {
    if (this.isExempt) return true
    return seats > this.#limit ? this.#executing.size === 0 : this.#seats + seats <= this.#limit
  }

  #start(asked: Asked, queue: Queue | undefined): Ticket {
    const started = this.#now()
    let over = false
    const ticket: Ticket = {
      asked, started, queue,
      leave: () => {
        if (over) return
        over = true
        if (queue) this.#correct(queue, asked.width.seats, this.#now() - started)
        const { extraMs } = asked.width
        if (extraMs > 0 && !this.isExempt) this.#clock.after(extraMs, () => { this.#free(ticket, place) })
        else this.#free(ticket, place)
      },
    }
    this.tally.dispatched++
    const place = this.#executing.add(ticket)
    this.#seats += asked.width.seats
    if (queue) { queue.executing++; queue.seats += asked.width.seats }
    else this.#noteDemand(started)
    return ticket
  }

  #free(ticket: Ticket, place: Place<Ticket>): void {
    const { asked: { width: { seats } }, queue } = ticket
    this.#executing.remove(place)
    this.#seats -= seats
    if (queue) {
      queue.executing--
      queue.seats -= seats
    }
    this.#noteDemand(this.#now())
    if (this.#waiting > 0) this.#dispatch()
  }
  #noteDemand(now: number): void {
    if (this.isExempt) return
    const { over } = this, wanted = this.#seats + this.#waitingSeats
    this.demand.set(wanted, now)
    over.seats.set(this.#seats, now)
    over.wanted.set(wanted, now)
    over.executing.set(this.#executing.size, now)
    over.waiting.set(this.#waiting, now)
  }

  /** The queue of the flow's hand with the least work in it. */
  #choose(asked: Asked, queues: number, handSize: number): Queue {
    while (this.#queues.length < queues) this.#queues.push({ index: this.#queues.length, waiting: [], seats: 0, executing: 0, nextDispatchR: 0 })
    const cards = hand(asked.hash(), queues, handSize), offset = this.#enqueued++ % cards.length
    let best = this.#queues[cards[offset]!]!, least = Infinity
    for (let i = 0; i < cards.length; i++) {
      const queue = this.#queues[cards[(offset + i) % cards.length]!]!
      const work = queue.waiting.reduce((sum, { asked: { width } }) => sum + workOf(width), 0)
      if (work < least) { least = work; best = queue }
    }
    return best
  }

  #wait(asked: Asked, queue: Queue): Promise<Ticket> {
    this.#advance()
    if (queue.waiting.length === 0 && queue.executing === 0) queue.nextDispatchR = this.#r
    return new Promise((resolve, reject) => {
      const give = (reason: RefusalReason) => {
        const at = queue.waiting.indexOf(waiting)
        if (at < 0) return
        queue.waiting.splice(at, 1)
        this.#left(asked)
        cancel()
        this.tally[reason === 'time-out' ? 'timedOut' : 'cancelled']++
        reject(new Refused(reason))
      }
      const cancel = this.#clock.after(this.#waitMs, () => { give('time-out') })
      const waiting: Waiting = { asked, arrivedR: this.#r, start: (ticket) => { cancel(); resolve(ticket) } }
      queue.waiting.push(waiting)
      this.#waiting++
      this.#waitingSeats += asked.width.seats
      asked.joined(queue.waiting.length)
      this.#noteDemand(this.#now())
      asked.onGone?.(() => { give('cancelled') })
      this.#dispatch()
    })
  }
  #left(asked: Asked): void {
    this.#waiting--
    this.#waitingSeats -= asked.width.seats
    this.#noteDemand(this.#now())
  }

  /** Starts whoever has the earliest virtual finish, as long as there are seats. */
  #dispatch(): void {
    this.#advance()
    while (this.#waiting > 0) {
      const queue = this.#next()
      const first = queue.waiting[0]!
      if (!this.#fits(first.asked.width.seats)) { first.asked.notAccommodated(); return }
      this.dispatched = { r: this.virtualTime, s: queue.nextDispatchR / 1000 }
      this.#robin = queue.index
      queue.waiting.shift()
      this.#waiting--
      this.#waitingSeats -= first.asked.width.seats
      queue.nextDispatchR += workOf(first.asked.width)
      bound(queue)
      first.start(this.#start(first.asked, queue))
    }
    this.#noteDemand(this.#now())
  }
  /** Ties go to the queues after the one that was served last. */
  #next(): Queue {
    let best: Queue | undefined, earliest = Infinity
    for (let i = 1; i <= this.#queues.length; i++) {
      const queue = this.#queues[(this.#robin + i) % this.#queues.length]!, first = queue.waiting[0]
      if (!first) continue
      const finish = queue.nextDispatchR + workOf(first.asked.width)
      if (finish < earliest) { earliest = finish; best = queue }
    }
    return best!
  }

  /** Virtual time goes on by the seats that each busy queue could have had. */
  #advance(): void {
    const now = this.#now(), ms = now - this.#rAt
    this.#rAt = now
    let active = 0, wanted = 0
    for (const { waiting, executing, seats } of this.#queues) {
      if (waiting.length === 0 && executing === 0) continue
      active++
      wanted += seats
      for (const { asked } of waiting) wanted += asked.width.seats
    }
    if (active > 0) this.#r += ms * Math.min(wanted, this.#limit) / active
  }
  /** An answer took longer or shorter than was thought when its turn was worked out. */
  #correct(queue: Queue, seats: number, tookMs: number): void {
    this.#advance()
    queue.nextDispatchR -= seats * (usualMs - tookMs)
    bound(queue)
  }
}

/** Seats times milliseconds that a request is thought to cost. */
export const workOf = ({ seats, extraMs }: Width): number => seats * (usualMs + extraMs)
/** A queue does not save up what it did not use: its next turn is not before its first request came. */
function bound(queue: Queue): void {
  const first = queue.waiting[0]
  if (first && queue.nextDispatchR < first.arrivedR) queue.nextDispatchR = first.arrivedR
}
