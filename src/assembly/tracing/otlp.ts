// Spans as OpenTelemetry's collectors take them: one ExportTraceServiceRequest (opentelemetry-proto, trace v1), written by hand because it is small.
import type { Writer } from 'protobufjs'
import type { Attributes, AttributeValue, FinishedSpan, SpanIdentity } from '#server'

export const exportMethod = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** Which version of the attributes' names this is. */
const schemaUrl = 'https://opentelemetry.io/schemas/1.40.0'
const kinds = { internal: 1, server: 2, client: 3 } as const
const error = 2
const string = 2, varint = 0, fixed64 = 1, fixed32 = 5
const tag = (field: number, type: number): number => field << 3 | type

/** `resource` says whose spans they are. */
export function encodeSpans(to: Writer, spans: readonly FinishedSpan[], resource: Attributes): Uint8Array {
  to.uint32(tag(1, string)).fork()
  to.uint32(tag(1, string)).fork()
  for (const attribute of resource) keyValue(to, 1, attribute)
  to.ldelim()
  for (const [scope, own] of Map.groupBy(spans, (span) => span.scope)) {
    to.uint32(tag(2, string)).fork()
    to.uint32(tag(1, string)).fork().uint32(tag(1, string)).string(scope).ldelim()
    for (const span of own) write(to, span)
    to.ldelim()
  }
  return to.uint32(tag(3, string)).string(schemaUrl).ldelim().finish()
}

function write(to: Writer, { identity, parentId, link, name, kind, began, ended, attributes, events, failed }: FinishedSpan): void {
  to.uint32(tag(2, string)).fork()
  who(to, identity)
  if (parentId !== '') to.uint32(tag(4, string)).bytes(Buffer.from(parentId, 'hex'))
  to.uint32(tag(5, string)).string(name).uint32(tag(6, varint)).uint32(kinds[kind])
  time(to, 7, began)
  time(to, 8, ended)
  for (const attribute of attributes) keyValue(to, 9, attribute)
  for (const event of events) {
    to.uint32(tag(11, string)).fork()
    time(to, 1, event.at)
    to.uint32(tag(2, string)).string(event.name)
    for (const attribute of event.attributes) keyValue(to, 3, attribute)
    to.ldelim()
  }
  if (link) {
    to.uint32(tag(13, string)).fork()
    who(to, link)
    to.uint32(tag(6, fixed32)).fixed32(link.sampled ? 1 : 0).ldelim()
  }
  if (failed) to.uint32(tag(15, string)).fork().uint32(tag(3, varint)).uint32(error).ldelim()
  to.uint32(tag(16, fixed32)).fixed32(1).ldelim()
}

function who(to: Writer, { traceId, spanId, state }: SpanIdentity): void {
  to.uint32(tag(1, string)).bytes(Buffer.from(traceId, 'hex')).uint32(tag(2, string)).bytes(Buffer.from(spanId, 'hex'))
  if (state !== '') to.uint32(tag(3, string)).string(state)
}

/** Nanoseconds do not fit into a number: the two halves are written by themselves. */
function time(to: Writer, field: number, ms: number): void {
  const whole = BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms - Math.floor(ms)) * 1e6))
  to.uint32(tag(field, fixed64)).fixed32(Number(whole & 0xffffffffn)).fixed32(Number(whole >> 32n))
}

function keyValue(to: Writer, field: number, [name, value]: readonly [string, AttributeValue]): void {
  to.uint32(tag(field, string)).fork().uint32(tag(1, string)).string(name).uint32(tag(2, string)).fork()
  if (typeof value === 'string') to.uint32(tag(1, string)).string(value)
  else if (typeof value === 'boolean') to.uint32(tag(2, varint)).bool(value)
  else if (Number.isSafeInteger(value)) to.uint32(tag(3, varint)).int64(value)
  else to.uint32(tag(4, fixed64)).double(value)
  to.ldelim().ldelim()
}
