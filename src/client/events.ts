// Events (core/v1) as components record them: repeated ones are counted, floods are bounded, recording never fails or waits.
import { event, type Event } from '#kinds'
import { ApiError, fnv32a, formatMicroTime, formatTime, is, isDNS1123Subdomain, pause, uuid, type AnyObject, type Kind, type New } from '#machinery'
import { ClientClosedError, type Client } from './client.ts'
import { EventCorrelator, type EventEntry } from './event-correlator.ts'

export type EventType = 'Normal' | 'Warning'
export interface EventDetail {
  /** What was done or tried; part of the newer style of events. */
  readonly action?: string
  /** A part of the object, e.g. "spec.containers{web}". */
  readonly fieldPath?: string
  readonly related?: { readonly kind: Kind; readonly object: AnyObject }
  readonly annotations?: Readonly<Record<string, string>>
}
export interface Recorder {
  /** Notes an event about an object. `reason` is CamelCase, `message` for people. Never throws. */
  record<T extends AnyObject>(kind: Kind<T>, object: T, type: EventType, reason: string, message: string, detail?: EventDetail): void
}
export interface RecorderOptions {
  /** As in "deployment-controller". */
  readonly component: string
  /** The node that the component runs on, for agents. */
  readonly host?: string
  /** 'series': with eventTime and series (events.k8s.io, the scheduler's style); default 'count': with first and last timestamp. */
  readonly style?: 'count' | 'series'
}

const maxWaiting = 1000
const maxTries = 5
const firstRetryMs = 1000
/** A message longer than this is refused by the server. */
const maxMessage = 1024
/** A series is written on its first repetition and then at most this often. */
const seriesRefreshMs = 6 * 60_000

/** A recorder that sends through this client, one event after the other. */
export class EventRecorder implements Recorder {
  readonly #client: Client
  readonly #options: RecorderOptions
  readonly #correlator: EventCorrelator
  readonly #waiting: (() => Promise<void>)[] = []
  #sending = false
  readonly #own: bigint
  #lastStamp = 0

  constructor(client: Client, options: RecorderOptions) {
    this.#own = BigInt(fnv32a(`${options.component}\0${options.host ?? ''}`) % 1000)
    this.#client = client
    this.#options = options
    this.#correlator = new EventCorrelator(client.clock)
  }

  record<T extends AnyObject>(kind: Kind<T>, object: T, type: EventType, reason: string, text: string, detail: EventDetail = {}): void {
    const { component, host = '', style = 'count' } = this.#options
    const involvedObject = { ...reference(kind, object), ...(detail.fieldPath && { fieldPath: detail.fieldPath }) }
    const message = text.length > maxMessage ? text.slice(0, maxMessage) : text
    const found = this.#correlator.correlate(`${beginningOf(involvedObject)}${involvedObject.apiVersion}\0${detail.fieldPath ?? ''}`, type, reason, message)
    if (!found) return
    const now = this.#client.clock.now(), { entry } = found, namespace = object.metadata.namespace ?? 'default'
    const related = detail.related && reference(detail.related.kind, detail.related.object)
    const whole = (name: string): New<Event> => ({
      metadata: { name, namespace, ...(detail.annotations && { annotations: { ...detail.annotations } }) },
      involvedObject, type, reason, message: found.message, reportingComponent: component, reportingInstance: host,
      ...(detail.action && { action: detail.action }), ...(related && { related }),
      ...(style === 'series' ? { eventTime: formatMicroTime(entry.firstAt), reportingInstance: host || component }
        : { count: 1, firstTimestamp: formatTime(entry.firstAt), lastTimestamp: formatTime(now), source: { component, ...(host && { host }) } }),
    })
    entry.count++
    if (entry.count === 1) {
      const name = this.#name(object.metadata.name, now), fresh = whole(name)
      entry.sentAt = now
      this.#send(async () => {
        await this.#client.create(event, fresh)
        entry.name = name
      })
      return
    }
    const repeat = (change: object) => { this.#send(() => this.#repeat(entry, namespace, change, whole)) }
    if (style === 'series') {
      if (entry.count > 2 && now - entry.sentAt < seriesRefreshMs) return
      entry.sentAt = now
      repeat({ series: { count: entry.count, lastObservedTime: formatMicroTime(now) } })
    } else repeat({ count: entry.count, lastTimestamp: formatTime(now), message: found.message })
  }
  /** The object is gone: what is remembered of its events says nothing any more. */
  forget<T extends AnyObject>(kind: Kind<T>, object: T): void { this.#correlator.forget(beginningOf(reference(kind, object))) }

  async #repeat({ name }: EventEntry, namespace: string, change: object, whole: (name: string) => New<Event>): Promise<void> {
    if (name === undefined) return // the first was not accepted; nor would this be
    try {
      await this.#client.patch(event, { name, namespace }, 'merge', change)
    } catch (error) {
      if (!is(error, 'NotFound')) throw error
      await this.#client.create(event, { ...whole(name), ...change }) // events end after an hour: begin anew under the same name
    }
  }

  #send(request: () => Promise<void>): void {
    if (this.#waiting.length >= maxWaiting) { this.#client.log.debug('too many events; one is dropped'); return }
    this.#waiting.push(request)
    if (!this.#sending) void this.#drain()
  }
  async #drain(): Promise<void> {
    this.#sending = true
    for (let request = this.#waiting.shift(); request; request = this.#waiting.shift()) await this.#try(request)
    this.#sending = false
  }
  async #try(request: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try { return await request() } catch (error) {
        // What the server refuses it will refuse again; most often the namespace is being deleted.
        if (error instanceof ClientClosedError) { this.#waiting.length = 0; return }
        const refused = error instanceof ApiError && error.status.code < 500 && error.status.code !== 429
        if (refused || tries >= maxTries) { this.#client.log.debug('an event could not be recorded', { error }); return }
        await pause(this.#client.clock, firstRetryMs * 2 ** (tries - 1))
      }
    }
  }

  /** Named after its object, but where that makes no name for events (IP addresses, long names). */
  #name(about: string, now: number): string {
    const name = `${about}.${this.#stamp(now)}`
    return isDNS1123Subdomain(name).length === 0 ? name : uuid(this.#client.random)
  }
  /** Hexadecimal nanoseconds, never the same twice: what makes the names of events unique. Clocks are coarse, and several components speak of one object: the last digits are the component's own. */
  #stamp(now: number): string {
    this.#lastStamp = Math.max(this.#lastStamp + 1, Math.floor(now * 1000))
    return (BigInt(this.#lastStamp) * 1000n + this.#own).toString(16)
  }
}

/** How the names begin by which events of one object are told apart from those of others. */
const beginningOf = ({ kind, namespace = '', name, uid }: { readonly kind: string; readonly namespace?: string; readonly name: string; readonly uid: string }): string => `${kind}\0${namespace}\0${name}\0${uid}\0`

/** How events and owner references name an object. */
export function reference<T extends AnyObject>(kind: Kind<T>, object: T) {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return { kind: kind.kind, ...(namespace !== undefined && { namespace }), name, uid, apiVersion: kind.apiVersion, resourceVersion }
}

/** A recorder that keeps nothing. */
export const silentRecorder: Recorder = { record() {} }
