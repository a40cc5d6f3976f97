// Events (core/v1) as components record them: repeated ones are counted, floods are bounded, recording never fails or waits.
import { event, type Event } from '#kinds'
import { ApiError, fnv32a, formatMicroTime, formatTime, is, pause, type AnyObject, type Kind, type New } from '#machinery'
import { ClientClosedError, type Client } from './client.ts'
import { EventCorrelator } from './event-correlator.ts'

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
    const found = this.#correlator.correlate([involvedObject.kind, involvedObject.namespace ?? '', involvedObject.name, involvedObject.uid, involvedObject.apiVersion, detail.fieldPath ?? ''].join('\0'), type, reason, message)
    if (!found) return
    const now = this.#client.clock.now()
    const entry = found.entry
    entry.count++
    if (entry.count === 1) {
      const related = detail.related && reference(detail.related.kind, detail.related.object)
      const fresh: New<Event> = {
        metadata: { name: `${object.metadata.name}.${this.#stamp(now)}`, namespace: object.metadata.namespace ?? 'default', ...(detail.annotations && { annotations: { ...detail.annotations } }) },
        involvedObject, type, reason, message: found.message, reportingComponent: component, reportingInstance: host,
        ...(detail.action && { action: detail.action }), ...(related && { related }),
        ...(style === 'series' ? { eventTime: formatMicroTime(now), reportingInstance: host || component }
          : { count: 1, firstTimestamp: formatTime(now), lastTimestamp: formatTime(now), source: { component, ...(host && { host }) } }),
      }
      entry.sentAt = now
      this.#send(async () => { entry.written = await this.#client.create(event, fresh) })
      return
    }
    if (style === 'series') {
      if (entry.count > 2 && now - entry.sentAt < seriesRefreshMs) return
      entry.sentAt = now
      this.#send(() => this.#repeat(entry, { series: { count: entry.count, lastObservedTime: formatMicroTime(now) } }))
    } else this.#send(() => this.#repeat(entry, { count: entry.count, lastTimestamp: formatTime(now), message: found.message }))
  }

  async #repeat(entry: { written: unknown }, change: object): Promise<void> {
    const before = entry.written as Event | undefined
    if (!before) return // the first was not accepted; nor would this be
    try {
      entry.written = await this.#client.patch(event, before.metadata, 'merge', change)
    } catch (error) {
      if (!is(error, 'NotFound')) throw error
      // Events end after an hour: begin anew under the same name.
      const { metadata, ...rest } = before
      entry.written = await this.#client.create(event, { ...rest, ...change, metadata: { name: metadata.name, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) } })
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

  /** Hexadecimal nanoseconds, never the same twice: what makes the names of events unique. Clocks are coarse, and several components speak of one object: the last digits are the component's own. */
  #stamp(now: number): string {
    this.#lastStamp = Math.max(this.#lastStamp + 1, Math.floor(now * 1000))
    return (BigInt(this.#lastStamp) * 1000n + this.#own).toString(16)
  }
}

/** How events and owner references name an object. */
export function reference<T extends AnyObject>(kind: Kind<T>, object: T) {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return { kind: kind.kind, ...(namespace !== undefined && { namespace }), name, uid, apiVersion: kind.apiVersion, resourceVersion }
}

/** A recorder that keeps nothing. */
export const silentRecorder: Recorder = { record() {} }
