// The end of a request: what the client's headers say of it, and what is counted when the last byte is out.
import { parseWritten, type ApiResponse, type ResponseBody, type Status, type StreamSink, type WatchSink } from '#machinery'
import { jsonOf } from './answer-values.ts'
import { withoutManagedFields, type RequestAudit } from './audit/auditor.ts'
import { isLongRunning, type RequestContext } from './context.ts'
import type { Core } from './core.ts'
import { RequestMetrics } from './metrics/requests.ts'
import { answered } from './tracing/requests.ts'
import { slowBlock, slowMs } from './tracing/slow.ts'
import { warningHeaders } from './warning-headers.ts'

/** Of an answer that is written while it is made, this much is kept for the audit log (in bytes). */
const mostKept = 64 * 1024 * 1024

/** Makes the function that every answer passes last. */
export function completion({ metrics, givenUp, log, random }: Core): (context: RequestContext, response: ApiResponse) => ApiResponse | Promise<ApiResponse> {
  const requests = new RequestMetrics(metrics)
  const tellWhenSlow = (context: RequestContext) => {
    const block = slowBlock(context, random)
    if (block !== undefined) log.info(block)
  }
  return (context, response) => {
    noteDeprecation(context, requests)
    const answer = withHeaders(context, response)
    const { body, status } = answer
    const { audit } = context
    if (body.type === 'bytes' || body.type === 'value') {
      context.leave()
      context.finished()
      const took = context.elapsed, bytes = body.type === 'bytes' ? sizeOf(body.chunks) : 0
      if (took >= slowMs) tellWhenSlow(context)
      if (context.requestSpan) answered(context, status, bytes)
      requests.done(context, took, status, bytes)
      if (status === 429 && body.type === 'bytes' && context.info) givenUp.terminated(context, status)
      if (!audit) return answer
      noteAnswer(audit, answer)
      const written = finished(audit, context, status)
      return written instanceof Promise ? written.then(() => answer) : answer
    }
    const closed = context.info && isLongRunning(context.info) ? requests.open(context) : nothing
    const kept = audit?.wantsResponse && !audit.isLongRunning && body.type === 'stream' ? new Kept() : undefined
    let over = false, size = 0
    const done = () => {
      if (over) return
      over = true
      context.leave()
      context.finished()
      closed()
      if (!context.info || !isLongRunning(context.info)) tellWhenSlow(context)
      if (context.requestSpan) answered(context, status, size)
      requests.done(context, context.elapsed, status, size)
      if (!audit) return
      const text = kept?.text
      if (text !== undefined) audit.responseObject(audited(audit, text))
      void finished(audit, context, status)
    }
    const through = { ...answer, body: followed(body, context, (chunk) => { size += chunk.length; kept?.add(chunk) }, done) }
    const started = audit?.isLongRunning ? audit.started(status) : true
    return started instanceof Promise ? started.then(() => through) : through
  }
}
const nothing = () => {}
const sizeOf = (chunks: readonly Uint8Array[]): number => {
  let size = 0
  for (const chunk of chunks) size += chunk.length
  return size
}

/** A body that tells when it is over. A watch keeps its seat until it has shown what there is. */
function followed(body: ResponseBody, context: RequestContext, count: (chunk: Uint8Array) => void, done: () => void): ResponseBody {
  const { request } = context
  const endless = context.info !== undefined && isLongRunning(context.info)
  const begun = (stop: () => void) => {
    if (endless) context.leave()
    return () => { stop(); done() }
  }
  switch (body.type) {
    case 'stream': return { type: 'stream', open: (sink) => begun(body.open(counted(sink, count, done))), ...(!endless && { bounded: true as const }) }
    case 'watch': return { type: 'watch', open: (sink) => begun(body.open(ended(sink, done))) }
    case 'upgrade':
      if (request.onGone) request.onGone(done)
      else done()
  }
  return body
}

/** What a large answer was, as far as there is room. */
class Kept {
  readonly #decoder = new TextDecoder()
  #text = ''
  #size = 0
  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size <= mostKept) this.#text += this.#decoder.decode(chunk, { stream: true })
  }
  get text(): string | undefined { return this.#size > mostKept || !this.#text.startsWith('{') ? undefined : this.#text + this.#decoder.decode() }
}

function finished(audit: RequestAudit, { panic }: RequestContext, status: number): boolean | Promise<boolean> {
  return panic === undefined ? audit.completed(status) : audit.panicked(panic)
}

/** Answers that are a Status say so in every event, the others where the policy wants them whole. */
function noteAnswer(audit: RequestAudit, { body, status, headers }: ApiResponse): void {
  if (audit.hasAnswer || (!audit.wantsResponse && status >= 400)) return
  const text = audit.wantsResponse || isStatus(body) ? jsonOf(body, headers['content-type']) : undefined
  if (text === undefined) return
  if (isStatus(body)) audit.responseStatus(JSON.parse(text) as Status)
  if (audit.wantsResponse) audit.responseObject(audited(audit, text))
}
const statusHead = new TextEncoder().encode('{"kind":"Status"')
function isStatus(body: ResponseBody): boolean {
  if (body.type === 'value') return (body.value as { kind?: unknown } | null)?.kind === 'Status'
  return body.type === 'bytes' && body.chunks.length === 1 && statusHead.every((byte, i) => body.chunks[0]![i] === byte)
}
/** An answer's text on one line, without managed fields where they are not wanted. */
function audited({ omitsManagedFields }: RequestAudit, text: string): string {
  const line = text.trimEnd()
  if (!omitsManagedFields && !line.includes('\n')) return line
  const value = parseWritten(line) as object
  return JSON.stringify(omitsManagedFields ? withoutManagedFields(value) : value)
}

function noteDeprecation(context: RequestContext, requests: RequestMetrics): void {
  const warning = context.served?.deprecated
  if (warning === undefined) return
  const removal = removedIn(warning)
  requests.deprecated(context, removal)
  context.annotate('k8s.io/deprecated', 'true')
  if (removal !== '') context.annotate('k8s.io/removed-release', removal)
}
/** The release that the warning about a deprecated version names, as 1.25. */
const removedIn = (warning: string): string => /unavailable in v(\d+\.\d+)\+/.exec(warning)?.[1] ?? ''
const counted = (sink: StreamSink, count: (chunk: Uint8Array) => void, done: () => void): StreamSink => ({
  write(chunk) { count(chunk); return sink.write(chunk) },
  end() { sink.end(); done() },
  drained(run) { sink.drained(run) },
})
const ended = (sink: WatchSink, done: () => void): WatchSink => ({
  event(event) { sink.event(event) },
  end() { sink.end(); done() },
})

/** What every answer over the wire says: its audit id, where it was counted, that it is not to be kept, and warnings. */
export function withHeaders(context: RequestContext, response: ApiResponse): ApiResponse {
  const { warnings, flow, request } = context
  const headersOfWarnings = warnings.length === 0 ? [] : warningHeaders(warnings), warning = headersOfWarnings.length > 0 ? headersOfWarnings : undefined
  if (request.direct) return warning ? { ...response, headers: { ...response.headers, warning } } : response
  const headers = flow ? { 'audit-id': context.auditId, 'cache-control': 'no-cache, private', ...response.headers, 'x-kubernetes-pf-flowschema-uid': flow.schema, 'x-kubernetes-pf-prioritylevel-uid': flow.level }
    : { 'audit-id': context.auditId, 'cache-control': 'no-cache, private', ...response.headers }
  return { status: response.status, headers: warning || context.cors ? { ...headers, ...(warning && { warning }), ...context.cors } : headers, body: response.body }
}
