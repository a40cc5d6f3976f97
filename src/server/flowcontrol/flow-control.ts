// API Priority and Fairness: which flow a request belongs to, and whether there is a seat for it. Read from FlowSchemas and
// PriorityLevelConfigurations as they are now; the two mandatory ones of each hold also where somebody has removed them.
import { byPrecedence, flowSchema, priorityLevelConfiguration, type FlowSchema, type PriorityLevelConfiguration } from '#kinds'
import type { Clock, User } from '#machinery'
import { LRUCache } from 'lru-cache'
import type { RequestContext } from '../context.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { RequestInfo } from '../request.ts'
import { fairShares, limitsOf } from './allocation.ts'
import { widest, widthOf, type Surroundings } from './estimate.ts'
import { PriorityLevel, Refused, type Ticket } from './level.ts'
import { mandatoryLevels, mandatorySchemas } from './mandatory.ts'
import type { Limiter } from './gate.ts'
import { FlowMetrics, type FlowSeries } from './metrics.ts'
import { RetryAfter } from './retry-after.ts'
import { CountedSeat, type Seat } from './seat.ts'
import { distinguisherOf, matcherOf, type Matcher } from './schemas.ts'
import { flowHash } from './shuffle.ts'

/** Demand is looked at, and seats lent and borrowed, this often. */
const adjustMs = 10_000
/** How slowly a level forgets that it wanted more. */
const smoothing = 0.977
const rememberedFlows = 1000

export interface FlowControlOptions {
  readonly objects: ObjectReader
  readonly clock: Clock
  readonly stopwatch: () => number
  readonly metrics: Metrics
  /** Requests answered at once, all levels together. */
  readonly total: number
  /** How long a request may wait for a seat. */
  readonly waitMs: number
  readonly lookUp: Surroundings
}
interface Flow { readonly schema: FlowSchema; readonly matches: Matcher; readonly level: PriorityLevel; readonly series: FlowSeries; readonly lookUp: Surroundings; readonly uids: { readonly schema: string; readonly level: string } }
/** A request refused, and what its client is told. */
export class TooMany extends Error {
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super('Too many requests, please try again later.')
    this.name = 'TooMany'
    this.retryAfterSeconds = retryAfterSeconds
  }
}
export class FlowControl implements Limiter {
  readonly #options: FlowControlOptions
  readonly #metrics: FlowMetrics
  readonly #schemas = new Map<string, FlowSchema>()
  readonly #configurations = new Map<string, PriorityLevelConfiguration>()
  readonly #levels = new Map<string, PriorityLevel>()
  readonly #smoothed = new Map<string, number>()
  readonly #retryAfter = new Map<string, RetryAfter>()
  readonly #hashes = new LRUCache<string, bigint>({ max: rememberedFlows })
  #flows: readonly Flow[] = []
  #nominalSum = 0
  #changed = true
  readonly #stops: (() => void)[]
  #cancelAdjusting: (() => void) | undefined

  constructor(options: FlowControlOptions) {
    this.#options = options
    this.#metrics = new FlowMetrics(options.metrics)
    const { objects } = options
    this.#stops = [
      objects.follow(flowSchema, ({ object, old }) => { this.#changed = true; if (object) this.#schemas.set(object.metadata.name, object); else this.#schemas.delete(old!.metadata.name) }),
      objects.follow(priorityLevelConfiguration, ({ object, old }) => { this.#changed = true; if (object) this.#configurations.set(object.metadata.name, object); else this.#configurations.delete(old!.metadata.name) }),
    ]
    options.metrics.collect(() => { this.#digestIfChanged(); for (const level of this.#levels.values()) { this.#metrics.virtualTime(level); this.#metrics.overTime(level, options.stopwatch()) } })
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#cancelAdjusting?.()
  }

  get levels(): Iterable<PriorityLevel> {
    this.#digestIfChanged()
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** A seat for the request, at once or in its turn. Throws (or rejects with) TooMany. */
  enter(context: RequestContext, user: User): Seat | Promise<Seat> {
    this.#digestIfChanged()
    const info = context.info!
    const flow = this.#flowOf(info, user)
    context.flow = flow.uids
    const { level, series, schema } = flow
    if (level.isExempt) return this.#exempted(flow, info)
    const width = widthOf(info, this.#widestOf(level), flow.lookUp)
    series.width.observe(width.seats)
    this.#adjustLater()
    const distinguisher = distinguisherOf(schema, info, user)
    try {
      const entered = level.enter({ schema: schema.metadata.name, distinguisher, width, hash: () => this.#hashOf(schema, distinguisher), about: context, arrived: context.received, notAccommodated: series.notAccommodated, joined: (length) => { this.#metrics.joined(level.name, schema.metadata.name, length) }, onGone: context.request.onGone })
      return entered instanceof Promise ? this.#wait(entered, flow, context, width.seats) : this.#begin(entered, flow, info)
    } catch (error) {
      throw this.#refused(error, flow)
    }
  }

  /** Nobody holds an exempt request up: it is counted, and takes no seat from anybody. */
  #exempted({ level, series }: Flow, { verb }: RequestInfo): Seat {
    level.tally.dispatched++
    series.width.observe(1)
    return new CountedSeat(series, 1, verb === 'watch', this.#options.stopwatch)
  }

  async #wait(entered: Promise<Ticket>, flow: Flow, context: RequestContext, seats: number): Promise<Seat> {
    const begun = context.elapsed, { level, schema: { metadata: { name } }, series } = flow
    series.inQueue.add(1)
    series.seatsInQueue.add(seats)
    let executed = false
    try {
      const ticket = await entered
      executed = true
      return this.#begin(ticket, flow, context.info!)
    } catch (error) {
      throw this.#refused(error, flow)
    } finally {
      const ms = context.elapsed - begun
      series.inQueue.add(-1)
      series.seatsInQueue.add(-seats)
      this.#metrics.waited(level.name, name, executed, ms)
      context.spend('apf-queue-wait', ms)
    }
  }

  #begin(ticket: Ticket, { series }: Flow, { verb }: RequestInfo): Seat {
    return new CountedSeat(series, ticket.asked.width.seats, verb === 'watch', this.#options.stopwatch, ticket)
  }

  #refused(error: unknown, { level, schema }: Flow): unknown {
    if (!(error instanceof Refused)) return error
    this.#metrics.refused(level.name, schema.metadata.name, error.reason)
    let retryAfter = this.#retryAfter.get(level.name)
    if (!retryAfter) { retryAfter = new RetryAfter(); this.#retryAfter.set(level.name, retryAfter) }
    return new TooMany(retryAfter.refused(this.#options.clock.now()))
  }

  /** The catch-all schema takes whoever no other one knows. */
  #flowOf(info: RequestInfo, user: User): Flow {
    const flows = this.#flows
    for (const flow of flows) if (flow.matches(info, user)) return flow
    return flows.find(({ schema }) => schema.metadata.name === 'catch-all')!
  }
  #hashOf(schema: FlowSchema, distinguisher: string): bigint {
    const key = `${schema.metadata.name}\0${distinguisher}`
    let hash = this.#hashes.get(key)
    if (hash === undefined) { hash = flowHash(schema.metadata.name, distinguisher); this.#hashes.set(key, hash) }
    return hash
  }
  #widestOf({ limits: { nominal }, configuration: { spec } }: PriorityLevel): number {
    const { queuing } = spec.limited?.limitResponse ?? {}
    return queuing ? Math.max(1, Math.min(Math.ceil(nominal * 0.15), Math.floor(nominal / queuing.handSize))) : widest
  }

  #digestIfChanged(): void {
    if (!this.#changed) return
    this.#changed = false
    const configurations = new Map([...mandatoryLevels.map((level) => [level.metadata.name, level] as const), ...this.#configurations])
    this.#keepLevels(configurations)
    const schemas = [...this.#schemas.values()].filter(({ spec }) => configurations.has(spec.priorityLevelConfiguration.name)).sort(byPrecedence)
    const has = (name: string) => schemas.some(({ metadata }) => metadata.name === name)
    const all = [...mandatorySchemas.filter(({ metadata: { name } }) => name === 'exempt' && !has(name)), ...schemas, ...mandatorySchemas.filter(({ metadata: { name } }) => name === 'catch-all' && !has(name))]
    this.#flows = all.map((schema) => {
      const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name)!
      const series = this.#metrics.seriesOf(level.name, schema.metadata.name), { lookUp } = this.#options
      const watchers = (info: RequestInfo): number => { const count = lookUp.watchers(info); series.watchers.observe(count); return count }
      return { schema, matches: matcherOf(schema), level, series, lookUp: { count: lookUp.count, watchers }, uids: { schema: schema.metadata.uid ?? '', level: level.configuration.metadata.uid ?? '' } }
    })
  }

  /** Levels that are no longer wanted keep their seats until they are idle. */
  #keepLevels(wanted: ReadonlyMap<string, PriorityLevelConfiguration>): void {
    const { clock, stopwatch, total, waitMs } = this.#options
    for (const [name, level] of this.#levels) {
      level.quiescing = !wanted.has(name)
      if (level.quiescing && level.isIdle) { this.#levels.delete(name); this.#smoothed.delete(name); this.#retryAfter.delete(name); this.#metrics.gone(name) }
    }
    for (const [name, configuration] of wanted) {
      const level = this.#levels.get(name)
      if (level) level.configuration = configuration
      else this.#levels.set(name, new PriorityLevel(configuration, { clock, now: stopwatch, waitMs }))
    }
    const limits = limitsOf([...this.#levels.values()].map(({ configuration }) => configuration), total)
    this.#nominalSum = 0
    for (const level of this.#levels.values()) {
      level.limits = limits.get(level.name)!
      this.#nominalSum += level.limits.nominal
      this.#metrics.configured(level)
    }
    this.#adjust()
  }

  /** Seats of those who need few go to those who need many. */
  #adjust(): void {
    const levels = [...this.#levels.values()], now = this.#options.stopwatch()
    const claims = levels.map((level) => {
      const seen = level.demand.take(now), envelope = seen.average + seen.deviation
      const smoothed = Math.max(envelope, smoothing * (this.#smoothed.get(level.name) ?? 0) + (1 - smoothing) * envelope)
      this.#smoothed.set(level.name, smoothed)
      const lower = Math.max(level.limits.least, Math.min(level.limits.nominal, seen.most))
      return { lower, upper: level.limits.most, target: Math.max(lower, smoothed), seen, smoothed }
    })
    const { shares, fraction } = fairShares(this.#nominalSum, claims)
    this.#metrics.fairFraction(fraction)
    for (const [i, level] of levels.entries()) {
      this.#metrics.overTime(level, now)
      level.limit = Math.round(shares[i]!)
      const { seen, smoothed, target } = claims[i]!
      this.#metrics.adjusted(level.name, { ...seen, smoothed, target, limit: level.limit })
    }
    if (levels.some(({ quiescing, isIdle }) => quiescing && isIdle)) this.#changed = true
  }
  /** Runs while there is demand, and until it is forgotten. */
  #adjustLater(): void {
    this.#cancelAdjusting ??= this.#options.clock.after(adjustMs, () => {
      this.#cancelAdjusting = undefined
      this.#adjust()
      if ([...this.#levels.values()].some((level) => !level.isIdle) || [...this.#smoothed.values()].some((wanted) => wanted > forgotten)) this.#adjustLater()
    })
  }
}
const forgotten = 0.05
