// What becomes of events: lines in a log, or lists sent to a webhook; at once or in batches; cut where they are too large.
import type { Clock, Log } from '#machinery'
import type { Outbound, OutboundRequest } from '../outbound.ts'
import type { AuditBackend } from './auditor.ts'
import { atLeast, eventJson, legacyLine, type AuditEvent, type AuditVersion } from './event.ts'

/** Where several events go at once; false (or a rejection) when they could not be kept. */
export interface Destination {
  readonly name: string
  send(events: readonly AuditEvent[]): boolean | Promise<boolean>
  close?(): Promise<void>
}
/** Told when events were lost. */
export type Lost = (plugin: string, events: readonly AuditEvent[], why: string) => void

/** A log of lines. `write` returns false when a line could not be written. */
export function logDestination(write: (text: string) => boolean, { format, version, close }: { readonly format: 'json' | 'legacy'; readonly version: AuditVersion; readonly close?: () => Promise<void> }): Destination {
  const line = format === 'legacy' ? legacyLine : (event: AuditEvent) => eventJson(event, version)
  return { name: 'log', send: (events) => write(events.map((event) => `${line(event)}\n`).join('')), ...(close && { close }) }
}

/** A webhook that takes an EventList. Tried again five times, after a wait that grows by half each time. */
export function webhookDestination(send: Outbound, target: Pick<OutboundRequest, 'url'> & Partial<OutboundRequest>, { version, initialBackoffMs, clock }: { readonly version: AuditVersion; readonly initialBackoffMs: number; readonly clock: Clock }): Destination {
  const encoder = new TextEncoder()
  const attempt = async (body: Uint8Array): Promise<Attempt> => {
    try {
      const { status } = await send({ timeoutMs: requestMs, ...target, method: 'POST', headers: { ...target.headers, 'content-type': 'application/json' }, body })
      return { ok: status >= 200 && status < 300, again: status === 429 || status >= 500 }
    } catch {
      return { ok: false, again: true }
    }
  }
  return {
    name: 'webhook',
    async send(events) {
      const body = encoder.encode(`{"kind":"EventList","apiVersion":"${version}","metadata":{},"items":[${events.map((event) => eventJson(event, version, false)).join(',')}]}\n`)
      let wait = initialBackoffMs
      for (let n = 1; ; n++) {
        const { ok, again } = await attempt(body)
        if (ok || !again || n === attempts) return ok
        const ms = wait
        await new Promise<void>((resolve) => { clock.after(ms, resolve) })
        wait *= 1.5
      }
    },
  }
}
interface Attempt { readonly ok: boolean; readonly again: boolean }
const attempts = 5
const requestMs = 30_000

/** --audit-*-mode=blocking and blocking-strict: requests wait; only the strict one lets a lost event end them. */
export function blocking(destination: Destination, lost: Lost, strict: boolean): AuditBackend {
  const judge = (event: AuditEvent, sent: boolean): boolean => {
    if (!sent) lost(destination.name, [event], 'it could not be written')
    return sent || !strict
  }
  return {
    name: destination.name,
    process(event) {
      const sent = destination.send([event])
      return sent instanceof Promise ? sent.then((ok) => judge(event, ok)) : judge(event, sent)
    },
    async close() { await destination.close?.() },
  }
}

export interface BatchOptions {
  /** Events that may wait; more are lost. */
  readonly bufferSize: number
  readonly maxSize: number
  /** 0: nothing waits for company. */
  readonly maxWaitMs: number
  /** Batches a second, and at once; absent: as fast as it goes. */
  readonly throttle?: { readonly qps: number; readonly burst: number }
  /** Whether a batch may go before the one before it has arrived. */
  readonly parallel: boolean
}

/** --audit-*-mode=batch: requests go on; events wait for company or for their time. */
export function batching(destination: Destination, options: BatchOptions, clock: Clock, lost: Lost): AuditBackend {
  let waiting: AuditEvent[] = [], cancel: (() => void) | undefined, closed = false
  let tokens = options.throttle?.burst ?? 0, refilled = clock.now()
  const under = new Set<Promise<void>>()
  const send = (batch: readonly AuditEvent[]): void => {
    const sent = (async () => { if (!await destination.send(batch)) lost(destination.name, batch, 'the batch could not be delivered') })().catch((error: unknown) => { lost(destination.name, batch, String(error)) })
    under.add(sent)
    void sent.then(() => { under.delete(sent); if (!options.parallel) pump() })
  }
  /** How long until the next batch may go. */
  const wait = (): number => {
    if (!options.throttle || closed) return 0
    const { qps, burst } = options.throttle, now = clock.now()
    tokens = Math.min(burst, tokens + (now - refilled) / 1000 * qps)
    refilled = now
    if (tokens >= 1) { tokens--; return 0 }
    return Math.ceil((1 - tokens) / qps * 1000)
  }
  const later = (ms: number) => { cancel ??= clock.after(ms, () => { cancel = undefined; pump(true) }) }
  const pump = (due = false): void => {
    while (waiting.length > 0 && (due || closed || options.maxWaitMs === 0 || waiting.length >= options.maxSize)) {
      if (!options.parallel && under.size > 0) return
      const ms = wait()
      if (ms > 0) { later(ms); return }
      send(waiting.splice(0, options.maxSize))
    }
    if (waiting.length > 0) later(options.maxWaitMs)
  }
  return {
    name: destination.name,
    process(event) {
      if (closed) { lost(destination.name, [event], 'audit backend shut down'); return true }
      if (waiting.length >= options.bufferSize) { lost(destination.name, [event], 'audit buffer queue blocked'); return true }
      waiting.push(event)
      pump()
      return true
    },
    async close() {
      closed = true
      cancel?.()
      cancel = undefined
      for (pump(); waiting.length > 0 || under.size > 0; pump()) await Promise.all(under)
      await destination.close?.()
    },
  }
}

/** --audit-*-truncate-enabled: events that are too large lose their objects, batches are parted; what is still too large is lost. */
export function truncating(destination: Destination, { maxEventSize, maxBatchSize, version }: { readonly maxEventSize: number; readonly maxBatchSize: number; readonly version: AuditVersion }, lost: Lost): Destination {
  const sizeOf = (event: AuditEvent) => eventJson(event, version).length
  return {
    ...destination,
    send(events) {
      const parts: AuditEvent[][] = [[]]
      let size = 0
      for (const whole of events) {
        const cut = sizeOf(whole) > maxEventSize && atLeast(whole.level, 'Request') ? { ...whole, requestObject: undefined, responseObject: undefined, annotations: new Map([...whole.annotations ?? [], ['audit.k8s.io/truncated', 'true']]) } : whole
        const own = sizeOf(cut)
        if (own > maxEventSize) { lost(destination.name, [cut], 'event is too large even after truncating'); continue }
        if (size > 0 && size + own > maxBatchSize) { parts.push([]); size = 0 }
        parts.at(-1)!.push(cut)
        size += own
      }
      const sent = parts.filter((part) => part.length > 0).map((part) => destination.send(part))
      return sent.some((one) => one instanceof Promise) ? Promise.all(sent).then((all) => all.every((ok) => ok)) : (sent as boolean[]).every((ok) => ok)
    },
  }
}

/** Lost events are counted and told. */
export const lostEvents = (log: Log, count: (plugin: string, events: number) => void): Lost => (plugin, events, why) => {
  count(plugin, events.length)
  log.error(`Error in audit plugin '${plugin}' affecting ${events.length} audit events: ${why}`, { events: events.slice(0, 10).map((event) => legacyLine(event)) })
}
