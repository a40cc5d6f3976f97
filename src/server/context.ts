// One request on its way, from its arrival to the last byte of its answer: who, what, since when, and what is remembered of it for the audit
// log, the metrics and the client's headers. Made once for every request, so it holds values and makes nothing that nobody asks for.
import { DurationError, parseDuration, uuid, type ApiRequest, type Random, type User } from '#machinery'
import type { RequestAudit } from './audit/auditor.ts'
import type { Seat } from './flowcontrol/seat.ts'
import type { InFlight } from './metrics/in-flight.ts'
import type { RequestInfo } from './request.ts'
import type { Served } from './served.ts'
import { parentOf, type Span } from './tracing/span.ts'

/** Where a request's time went, as the reference names it in latency annotations. */
export type Stage = 'authentication' | 'authorization' | 'apf-queue-wait' | 'mutating-webhook' | 'validating-webhook' | 'etcd' | 'transform-response-object' | 'serialize-response-object' | 'response-write'

/** Longer no write takes. */
const longestWriteMs = 34_000

export class RequestContext {
  readonly request: ApiRequest
  /** When it came: milliseconds since the epoch, with microseconds behind the point. */
  readonly received: number
  /** Texts of Warning headers, in order. */
  readonly warnings: string[] = []
  /** Absent when the path could not be understood. */
  info: RequestInfo | undefined
  /** Who asks; absent before authentication, and when it failed. */
  user: User | undefined
  /** Whom the user acts as (Impersonate-* headers), where that is somebody else. */
  impersonated: User | undefined
  /** How that was allowed, where it was for this one request only. */
  constraint: string | undefined
  /** What is written down of it; absent: nothing. */
  audit: RequestAudit | undefined
  /** Why it failed in a way that it should not. */
  panic: string | undefined
  /** The resource it is about, once it was found. */
  served: Served | undefined
  /** Uids of the FlowSchema and the priority level it was counted under. */
  flow: { readonly schema: string; readonly level: string } | undefined
  /** The span of the request, and what is being done within it now; absent: nobody follows requests. */
  requestSpan: Span | undefined
  span: Span | undefined
  /** What a browser is told for a page of another origin. */
  cors: Readonly<Record<string, string>> | undefined
  /** Says that it is over, where the server waits for that before it ends. */
  finished: () => void = nothing
  readonly #random: Random
  readonly #stopwatch: () => number
  readonly #began: number
  readonly #annotated: boolean
  #lastLap = 0
  #seat: Seat | undefined
  #among: InFlight | undefined
  #auditId: string | undefined
  #annotations: Map<string, string> | undefined
  #spent: Map<Stage, number> | undefined
  #steps: (string | number)[] | undefined

  /** `annotated`: whether anybody will read annotations. */
  constructor(request: ApiRequest, { now, stopwatch, random, annotated }: { readonly now: number; readonly stopwatch: () => number; readonly random: Random; readonly annotated: boolean }) {
    this.request = request
    this.#annotated = annotated
    this.#stopwatch = stopwatch
    this.#random = random
    this.#began = stopwatch()
    // Microseconds of the stopwatch make two requests of one millisecond distinguishable; the wall clock decides the rest.
    this.received = Math.floor(now) + (this.#began - Math.floor(this.#began))
  }

  /** Something that the client should be told: a Warning header. */
  warn(text: string): void { this.warnings.push(text) }

  /** Milliseconds since it came. */
  get elapsed(): number { return this.#stopwatch() - this.#began }
  /** Milliseconds since the last lap, or since it came: the end of one stage is the beginning of the next. */
  lap(): number {
    const last = this.#lastLap
    return (this.#lastLap = this.elapsed) - last
  }
  /** Milliseconds until a write must be done: the reference's bound, or sooner where the client says so (timeout=10s). */
  get writeLeft(): number {
    const given = this.info?.query.get('timeout') ?? ''
    let own = 0
    try { own = given === '' ? 0 : parseDuration(given) } catch (error) { if (!(error instanceof DurationError)) throw error }
    return (own > 0 ? Math.min(own, longestWriteMs) : longestWriteMs) - this.elapsed
  }
  /** Now, on the same clock as `received`. */
  get now(): number { return this.received + this.elapsed }

  /** The client's Audit-Id as it is, or one of ours. */
  get auditId(): string { return this.#auditId ??= this.request.headers['audit-id'] || uuid(this.#random) }

  /** Adds an annotation to the audit event; the first value of a key stays. False when there was another one. */
  annotate(key: string, value: string): boolean {
    if (!this.#annotated) return true
    this.#annotations ??= new Map()
    const there = this.#annotations.get(key)
    if (there !== undefined) return there === value
    this.#annotations.set(key, value)
    return true
  }
  get annotations(): ReadonlyMap<string, string> | undefined { return this.#annotations }

  /** Takes a seat that flow control gave, and is counted among those that have one. */
  sit(seat: Seat, among: InFlight): void {
    among.add(1)
    this.#seat = seat
    this.#among = among
  }
  /** Gives back its seat, where it has one. */
  leave(): void {
    const seat = this.#seat
    if (!seat) return
    this.#seat = undefined
    this.#among!.add(-1)
    seat.leave()
  }

  /** Notes that something is done (now, or with the last lap), for requests that turn out to be slow. */
  step(text: string, at = this.elapsed): void {
    this.span?.event(text)
    if (at < worthTelling) return // a request that is fast so far has nothing to tell: it should not pay for those that have
    this.#steps ??= []
    this.#steps.push(text, at)
  }
  stepOfLap(text: string): void { this.step(text, this.#lastLap) }
  /** The headers by which another server knows within what it is asked; what the client says is passed on where nobody follows requests here. */
  get traceHeaders(): Readonly<Record<string, string>> {
    const { baggage, traceparent, tracestate } = this.request.headers
    const own = this.span?.headers ?? (parentOf(this.request.headers) ? { traceparent: traceparent!, ...(tracestate && { tracestate }) } : {})
    return baggage ? { ...own, baggage } : own
  }

  /** Texts, each with the milliseconds after which it was done. */
  get steps(): readonly (string | number)[] { return this.#steps ?? none }

  /** Adds up what a stage took, in milliseconds. */
  spend(stage: Stage, ms: number): void {
    this.#spent ??= new Map()
    this.#spent.set(stage, (this.#spent.get(stage) ?? 0) + ms)
  }
  /** What a stage has taken so far. */
  spentOn(stage: Stage): number { return this.#spent?.get(stage) ?? 0 }
  get spent(): ReadonlyMap<Stage, number> | undefined { return this.#spent }
}

const nothing = () => {}
const none: readonly (string | number)[] = []
/** Milliseconds after which steps are noted. */
const worthTelling = 20

const streaming = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])
/** Requests that end when the client likes: they have no deadline and take no seat. */
export function isLongRunning({ verb, subresource, isResource, path }: RequestInfo): boolean {
  return verb === 'watch' || verb === 'proxy' || (isResource ? subresource !== '' && streaming.has(subresource) : path.startsWith('/debug/pprof/'))
}
