// Requests for versions that another server serves: passed on with the front-proxy certificate and the user's name, answered as they flow.
import type { ApiRequest, ApiResponse, PeerTrust, User } from '#machinery'
import type { Core } from '../core.ts'
import { answeredHeaders, bodyOf, forwardedHeaders, wantsUpgrade, type BackendAnswer, type Headers } from '../proxying/backend.ts'
import { serviceTarget } from '../outbound.ts'
import { isLongRunning } from '../context.ts'
import type { RequestInfo } from '../request.ts'
import { textAnswer } from '../respond.ts'
import { clientSpan } from '../tracing/requests.ts'
import type { RequestTrace } from '../tracing/span.ts'
import { claimsIdentity, identityHeaders } from './identity.ts'
import type { Remote } from './api-services.ts'

/** Discovery of an extension server must be quick: every client asks for it. */
const discoveryMs = 5_000
/** What is neither a watch nor a stream has its answer within this. */
const requestMs = 60_000

/** Never rejects: what fails is a 503 as the reference writes it. */
export async function passOn({ objects, random, backend, proxyIdentity, log }: Core, remote: Remote, request: ApiRequest, info: RequestInfo, user: User, trace?: RequestTrace): Promise<ApiResponse> {
  if (!remote.available) return unavailable('service unavailable')
  if (!backend) return unavailable('this server has no way to other servers')
  let target: ReturnType<typeof serviceTarget>
  try {
    target = serviceTarget(remote.service, objects, random)
  } catch (error) {
    log.warn('an API could not be reached', { api: remote.name, error })
    return unavailable('service unavailable')
  }
  const { host, port } = target.connect
  const path = info.path + (info.query.text && `?${info.query.text}`)
  const trust: PeerTrust = { ...remote.trust, ...(proxyIdentity && { identity: proxyIdentity }) }
  const upgrade = wantsUpgrade(request), span = upgrade ? undefined : trace?.span && clientSpan(trace.span, request.method, `${target.url}${path}`)
  const headers = { ...headersFor(request, user), ...(!upgrade && trace?.traceHeaders), ...span?.headers, host: new URL(target.url).host }
  if (upgrade) return { status: 101, headers: {}, body: { type: 'upgrade', target: { host, port, path, tls: trust, headers: { ...headers, connection: request.headers['connection'] ?? 'Upgrade', upgrade: request.headers['upgrade']! } } } }
  const body = bodyOf(request), timeoutMs = isDiscovery(info) ? discoveryMs : isLongRunning(info) ? undefined : requestMs
  let answer: BackendAnswer
  try {
    answer = await backend({ method: request.method, scheme: 'https', host, port, path, headers, trust, ...(body && { body }), ...(timeoutMs !== undefined && { timeoutMs }), ...(request.onGone && { onGone: request.onGone }) })
    span?.set('http.response.status_code', answer.status)
  } catch (error) {
    span?.fail()
    return unavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    span?.end()
  }
  return { status: answer.status, headers: answeredHeaders(answer.headers), body: { type: 'stream', open: answer.open } }
}

/** The client's headers, with the user as we know it in place of any claims. */
function headersFor(request: ApiRequest, user: User): Headers {
  const passed = Object.entries(forwardedHeaders(request)).filter(([name]) => !claimsIdentity(name))
  return { ...Object.fromEntries(passed), 'x-forwarded-proto': 'https', 'x-forwarded-uri': request.path, ...(request.headers['host'] && { 'x-forwarded-host': request.headers['host'] }), ...identityHeaders(user) }
}
const isDiscovery = ({ isResource, path }: RequestInfo): boolean => !isResource && path.split('/').filter((p) => p !== '').length === 3
const unavailable = (text: string): ApiResponse => textAnswer(503, `${text}\n`, { 'x-content-type-options': 'nosniff' })
