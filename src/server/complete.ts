// The end of a request: what the client's headers say of it, and what is counted when the last byte is out.
import type { ApiResponse, StreamSink, WatchSink } from '#machinery'
import { isLongRunning, type RequestContext } from './context.ts'
import type { Core } from './core.ts'
import { RequestMetrics } from './metrics/requests.ts'

/** Makes the function that every answer passes last. */
export function completion({ metrics }: Core): (context: RequestContext, response: ApiResponse) => ApiResponse {
  const requests = new RequestMetrics(metrics)
  return (context, response) => {
    const removal = context.served?.deprecated === undefined ? undefined : removedIn(context.served.deprecated)
    if (removal !== undefined) {
      requests.deprecated(context, removal)
      context.annotate('k8s.io/deprecated', 'true')
      if (removal !== '') context.annotate('k8s.io/removed-release', removal)
    }
    const answer = withHeaders(context, response)
    const { body, status } = answer
    switch (body.type) {
      case 'bytes': {
        let size = 0
        for (const chunk of body.chunks) size += chunk.length
        requests.done(context, status, size)
        return answer
      }
      case 'value': requests.done(context, status, 0); return answer
    }
    const long = context.info && isLongRunning(context.info)
    const closed = long ? requests.open(context) : () => {}
    let over = false, size = 0
    const done = () => {
      if (over) return
      over = true
      closed()
      requests.done(context, status, size)
    }
    switch (body.type) {
      case 'stream': return { ...answer, body: { type: 'stream', open: (sink) => andThen(body.open(counted(sink, (bytes) => { size += bytes }, done)), done) } }
      case 'watch': return { ...answer, body: { type: 'watch', open: (sink) => andThen(body.open(ended(sink, done)), done) } }
      case 'upgrade':
        if (context.request.onGone) context.request.onGone(done)
        else done()
        return answer
    }
  }
}

/** The release that the warning about a deprecated version names, as 1.25. */
const removedIn = (warning: string): string => /unavailable in v(\d+\.\d+)\+/.exec(warning)?.[1] ?? ''
const andThen = (stop: () => void, done: () => void) => () => { stop(); done() }
const counted = (sink: StreamSink, count: (bytes: number) => void, done: () => void): StreamSink => ({
  write(chunk) { count(chunk.length); return sink.write(chunk) },
  end() { sink.end(); done() },
  drained(run) { sink.drained(run) },
})
const ended = (sink: WatchSink, done: () => void): WatchSink => ({
  event(event) { sink.event(event) },
  end() { sink.end(); done() },
})

/** What every answer over the wire says: its audit id, where it was counted, that it is not to be kept, and warnings. */
function withHeaders(context: RequestContext, response: ApiResponse): ApiResponse {
  const { warnings, flow, request } = context
  const warning = warnings.length === 0 ? undefined : [...new Set(warnings)].map(warningHeader)
  if (request.direct) return warning ? { ...response, headers: { ...response.headers, warning } } : response
  const headers: Record<string, string | readonly string[]> = { 'audit-id': context.auditId, 'cache-control': 'no-cache, private', ...response.headers }
  if (flow) {
    headers['x-kubernetes-pf-flowschema-uid'] = flow.schema
    headers['x-kubernetes-pf-prioritylevel-uid'] = flow.level
  }
  if (warning) headers['warning'] = warning
  return { status: response.status, headers, body: response.body }
}
const warningHeader = (text: string): string => `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`
