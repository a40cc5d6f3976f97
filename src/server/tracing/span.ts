// Spans as OpenTelemetry has them: what was done when, within what, across processes (W3C trace context). A request that nobody follows costs
// the comparison with undefined; one that is not sampled has an identity for others, and tells nothing.
import type { Random } from '#machinery'

export type AttributeValue = string | number | boolean
export type Attributes = readonly (readonly [name: string, value: AttributeValue])[]
export type SpanKind = 'internal' | 'server' | 'client'

/** Who a span is: 32 and 16 lower-case hex digits. */
export interface SpanIdentity { readonly traceId: string; readonly spanId: string; readonly sampled: boolean; readonly state: string }

/** A span that is over, as it is sent away. Times are milliseconds since the epoch, with a fraction. */
export interface FinishedSpan {
  readonly identity: SpanIdentity
  readonly parentId: string
  readonly link: SpanIdentity | undefined
  readonly name: string
  readonly kind: SpanKind
  /** The library that the reference makes it with. */
  readonly scope: string
  readonly began: number
  readonly ended: number
  readonly attributes: readonly (readonly [name: string, value: AttributeValue])[]
  readonly events: readonly SpanEvent[]
  /** It failed: the server's fault. */
  readonly failed: boolean
}
export interface SpanEvent { readonly name: string; readonly at: number; readonly attributes: Attributes }

/** Where spans go when they are over; never waits and never fails. */
export type SpanSink = (span: FinishedSpan) => void

/** Everything beyond these of one span is left out, as the reference's library does. */
const mostAttributes = 128, mostEvents = 128

export const httpScope = 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp'
export const componentScope = 'k8s.io/component-base/tracing'

interface Beginning { readonly name: string; readonly kind: SpanKind; readonly scope: string; readonly began: number; readonly parentId: string; readonly link?: SpanIdentity | undefined; readonly attributes: Attributes }
interface Surroundings { readonly sink: SpanSink; readonly random: Random; readonly now: () => number }

export class Span {
  readonly identity: SpanIdentity
  readonly #of: Surroundings
  readonly #beginning: Beginning
  readonly #attributes: (readonly [string, AttributeValue])[]
  readonly #events: SpanEvent[] = []
  #failed = false
  #over = false

  constructor(identity: SpanIdentity, beginning: Beginning, of: Surroundings) {
    this.identity = identity
    this.#beginning = beginning
    this.#of = of
    this.#attributes = identity.sampled ? [...beginning.attributes] : []
  }

  /** Something that is done within this; itself where nothing is told. */
  child(name: string, attributes: Attributes = [], kind: SpanKind = 'internal'): Span {
    const { identity } = this
    if (!identity.sampled) return this
    const scope = kind === 'internal' ? componentScope : httpScope
    return new Span({ ...identity, spanId: spanId(this.#of.random) }, { name, kind, scope, began: this.#of.now(), parentId: identity.spanId, attributes }, this.#of)
  }
  set(name: string, value: AttributeValue): void { if (this.identity.sampled && this.#attributes.length < mostAttributes) this.#attributes.push([name, value]) }
  event(name: string, attributes: Attributes = []): void {
    if (this.identity.sampled && this.#events.length < mostEvents) this.#events.push({ name, at: this.#of.now(), attributes })
  }
  fail(): void { this.#failed = true }
  /** Counts the first time. */
  end(): void {
    if (this.#over || !this.identity.sampled) return
    this.#over = true
    const { name, kind, scope, began, parentId, link, attributes: _first } = this.#beginning
    this.#of.sink({ identity: this.identity, parentId, link, name, kind, scope, began, ended: Math.max(began, this.#of.now()), attributes: this.#attributes, events: this.#events, failed: this.#failed })
  }

  /** The headers that tell another server within what it is asked. */
  get headers(): Readonly<Record<string, string>> {
    const { traceId, spanId: id, sampled, state } = this.identity
    return { traceparent: `00-${traceId}-${id}-${sampled ? '01' : '00'}`, ...(state !== '' && { tracestate: state }) }
  }
}

/** What calls to others need to know of the request that they are made for. */
export interface RequestTrace {
  readonly span: Span | undefined
  readonly traceHeaders: Readonly<Record<string, string>>
  /** Follows a call that is made within no request, by chance. */
  readonly alone?: Tracer
}

/** Begins spans of requests, as a client asks for it or by chance. */
export class Tracer {
  readonly #sink: SpanSink
  readonly #random: Random
  readonly #ratePerMillion: number
  constructor({ sink, random, ratePerMillion }: { readonly sink: SpanSink; readonly random: Random; readonly ratePerMillion: number }) {
    this.#sink = sink
    this.#random = random
    this.#ratePerMillion = ratePerMillion
  }

  /** `parent`: within what the client asks; where it is not `trusted`, it is only a link, and chance decides. */
  begin(beginning: { readonly name: string; readonly began: number; readonly now: () => number; readonly attributes: Attributes; readonly parent: SpanIdentity | undefined; readonly trusted: boolean; readonly kind?: SpanKind }): Span {
    const { name, began, now, attributes, parent, trusted, kind = 'server' } = beginning
    const random = this.#random, of = { sink: this.#sink, random, now }, inside = trusted ? parent : undefined
    const traceId = inside?.traceId ?? hexDigits(random, 4)
    const identity = { traceId, spanId: spanId(random), sampled: inside?.sampled ?? isChosen(traceId, this.#ratePerMillion), state: inside?.state ?? '' }
    return new Span(identity, { name, kind, scope: httpScope, began, attributes, parentId: inside?.spanId ?? '', ...(!trusted && parent && { link: parent }) }, of)
  }
}

/** Whether a trace is among those that are kept: the second half of its id decides, so that all servers agree (OpenTelemetry's TraceIDRatioBased). */
export function isChosen(traceId: string, ratePerMillion: number): boolean {
  if (ratePerMillion >= 1_000_000) return true
  if (ratePerMillion <= 0) return false
  return BigInt(`0x${traceId.slice(16)}`) >> 1n < BigInt(Math.floor((ratePerMillion / 1_000_000) * 2 ** 63))
}

/** The traceparent of a request (W3C Trace Context, section 3.2); undefined: there is none that holds. */
export function parentOf(headers: Readonly<Record<string, string | undefined>>): SpanIdentity | undefined {
  const given = headers['traceparent']
  if (given === undefined) return undefined
  const [, version = '', traceId = '', id = '', flags = '', more] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(given) ?? []
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(id)) return undefined
  return { traceId, spanId: id, sampled: (Number.parseInt(flags, 16) & 1) === 1, state: headers['tracestate'] ?? '' }
}

const spanId = (random: Random): string => hexDigits(random, 2)
/** Eight digits for each word; never all zero. */
function hexDigits(random: Random, words: number): string {
  let digits = ''
  for (let i = 0; i < words; i++) digits += ((random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0')
  return /^0+$/.test(digits) ? `${digits.slice(0, -1)}1` : digits
}
