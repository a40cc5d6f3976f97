// What can go wrong between components and the server, by the dice of a seed: late and broken watches, conflicts, answers that
// get lost, and processes that die between two writes.
import { ApiError, conflict, expired, unavailable, type ApiHandler, type ApiRequest, type ApiResponse, type Clock, type Random, type WatchEvent, type WatchSink } from '#machinery'

export interface FaultOptions {
  /** Events arrive up to so many milliseconds late, in order. */
  readonly lateMs?: number
  /** Chances, from 0 to 1: that an event is lost together with its watch; that a watch is told its version is gone. */
  readonly brokenWatches?: number
  readonly expiredWatches?: number
  /** That an event arrives twice. */
  readonly repeatedEvents?: number
  /** That a write of an existing object meets a conflict; that a call fails without having been carried out. */
  readonly conflicts?: number
  readonly failures?: number
  /** That a write is carried out but its answer gets lost. */
  readonly lostAnswers?: number
  /** The process dies at its nth write, before or after it is carried out. */
  readonly diesAtWrite?: number
  /** The chance that it dies at a write, again and again until `deaths` have been (default 3). */
  readonly dies?: number
  readonly deaths?: number
}
export interface Environment { readonly clock: Clock; readonly random: Random }

/** One process's way to the server. When it is dead, nothing that it asks is done or answered any more. */
export class FaultyLine {
  readonly #inner: ApiHandler
  readonly #options: FaultOptions
  readonly #environment: Environment
  readonly #died: () => void
  #dead = false
  #writes = 0

  constructor(inner: ApiHandler, options: FaultOptions, environment: Environment, died: () => void = () => {}) {
    this.#inner = inner
    this.#options = options
    this.#environment = environment
    this.#died = died
  }

  kill(): void {
    if (this.#dead) return
    this.#dead = true
    this.#died()
  }

  readonly handler: ApiHandler = async (request) => {
    if (this.#dead) return never()
    const { conflicts = 0, failures = 0, lostAnswers = 0, diesAtWrite = 0, dies = 0 } = this.#options
    const isWrite = request.method !== 'GET' && !isEvent(request), diesNow = isWrite && (++this.#writes === diesAtWrite || this.#chance(dies))
    if (diesNow && this.#chance(0.5)) { this.kill(); return never() }
    if (isWrite && this.#chance(failures)) return refused(unavailable('the dice say no'))
    if ((request.method === 'PUT' || request.method === 'PATCH') && this.#chance(conflicts)) return refused(conflict({ group: '', resource: 'things' }, 'thing', 'the dice say no'))
    if (isWatch(request) && /resourceVersion=\d/.test(request.query) && this.#chance(this.#options.expiredWatches ?? 0)) return refused(expired('too old resource version'))
    const response = await this.#inner(request)
    if (diesNow) this.kill()
    if (this.#dead) return never()
    if (isWrite && this.#chance(lostAnswers)) return refused(unavailable('the answer got lost'))
    return response.body.type === 'watch' ? { ...response, body: this.#late(response.body.open) } : response
  }

  #late(open: (sink: WatchSink) => () => void): ApiResponse['body'] {
    const { lateMs = 0, brokenWatches = 0, repeatedEvents = 0 } = this.#options, { clock, random } = this.#environment
    return { type: 'watch', open: (sink) => {
      let over = false, last = 0, stop = () => {}
      const finish = () => { if (!over) { over = true; stop(); sink.end() } }
      const deliver = (event: WatchEvent) => {
        if (over || this.#dead) return
        if (this.#chance(brokenWatches)) finish()
        else { sink.event(event); if (this.#chance(repeatedEvents)) sink.event(event) }
      }
      const later = (run: () => void) => {
        last = Math.max(last, clock.now() + Math.floor(random() * lateMs))
        if (last === clock.now() && lateMs === 0) run()
        else clock.after(last - clock.now(), run)
      }
      stop = open({ event: (event) => later(() => deliver(event)), end: () => later(finish) })
      if (over) stop() // it broke while the past was being told
      return () => { over = true; stop() }
    } }
  }
  #chance(of: number): boolean { return of > 0 && this.#environment.random() < of }
}

const never = (): Promise<never> => new Promise(() => {})
const isWatch = (request: ApiRequest): boolean => /(?:^|&)watch=(?:true|1)/.test(request.query)
const isEvent = (request: ApiRequest): boolean => /\/events(?:\/|$)/.test(request.path)
const refused = (error: ApiError): ApiResponse => ({ status: error.status.code, headers: {}, body: { type: 'value', value: error.status } })
