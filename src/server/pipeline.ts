// One request from the transport to its answer, in the order that DESIGN gives: who is it, whom does it want to be, may it, what is it,
// do it. Whatever is thrown on the way becomes a Status here and nowhere else.
import { ApiError, internalError, loadProtobuf, quote, unauthorized, unavailable, type ApiHandler, type ApiRequest, type ApiResponse, type User } from '#machinery'
import { NoSpaceError, StoreClosedError } from '#store'
import { NotAuthenticated } from './authn/authn.ts'
import type { Aggregation } from './aggregation/index.ts'
import type { Auditor } from './audit/auditor.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from './authz/authz.ts'
import { completion } from './complete.ts'
import { isLongRunning, RequestContext } from './context.ts'
import type { AllowedOrigins } from './cors.ts'
import { fieldConditions, labelConditions } from './authz/selector-attributes.ts'
import type { Core } from './core.ts'
import { TooMany } from './flowcontrol/flow-control.ts'
import { gate, type Limiter } from './flowcontrol/gate.ts'
import { turnedAway, type Lifecycle } from './lifecycle.ts'
import type { GateMetrics } from './metrics/gates.ts'
import { errorOutput } from './media.ts'
import { speaksProtobuf } from './protobuf-body.ts'
import { requestInfo, type RequestInfo } from './request.ts'
import { errorAnswer, pageNotFound, textAnswer } from './respond.ts'
import { routeResource, type VirtualResource } from './route.ts'
import type { Impersonator } from './server.ts'
import { beginWork, requestSpan, serialized } from './tracing/requests.ts'

/** A path that is no resource: answers it, or says that it is not its own. */
export type PathHandler = (request: ApiRequest, info: RequestInfo, user: User) => ApiResponse | undefined | Promise<ApiResponse | undefined>

export interface PipelineParts {
  readonly core: Core
  readonly aggregation: Aggregation
  readonly limiter: Limiter
  readonly authorizer: Authorizer
  readonly impersonate: Impersonator | undefined
  readonly paths: readonly PathHandler[]
  readonly virtual: readonly VirtualResource[]
  readonly lifecycle: Lifecycle
  readonly cors?: AllowedOrigins | undefined
}

export function pipeline({ core, aggregation, limiter, authorizer, impersonate, paths, virtual, lifecycle, cors }: PipelineParts): ApiHandler {
  const { clock, stopwatch, random, gates, auditor } = core
  const virtualResources = new Map(virtual.map((v) => [`${v.group}/${v.resource}`, v]))
  const end = completion(core), enter = gate(limiter, core.metrics, gates, () => clock.now())

  const answer = async (context: RequestContext): Promise<ApiResponse> => {
    const { request } = context
    if (!lifecycle.isOpen) throw unavailable('the server is shutting down')
    const away = request.direct ? undefined : turnedAway(lifecycle, request.path)
    if (away) return away
    const info = context.info = requestInfo(request)
    if (!request.direct && !isLongRunning(info)) context.finished = lifecycle.begin()
    const identifying = identify(core, context)
    if (identifying) await identifying
    if (core.tracer) context.span = context.requestSpan = requestSpan(core.tracer, context)
    if (auditor.isOn && !await writtenDown(auditor, context, gates)) return notKept(request)
    if (impersonate && wantsAnother(request)) await actAs(impersonate, context, gates)
    const waiting = enter(context, actor(context))
    if (waiting) await waiting
    context.stepOfLap('Seated by priority and fairness')
    const deciding = authorize(authorizer, context, gates), undecided = deciding instanceof Promise ? await deciding : deciding
    if (undecided) return undecided
    context.stepOfLap('Authenticated and authorized')
    const elsewhere = aggregation.answer(context)
    if (elsewhere) return elsewhere
    if (info.isResource) {
      if (context.requestSpan) beginWork(context)
      const answering = routeResource(core, context, virtualResources)
      return answering instanceof Promise ? await answering : answering // to wait for what is there costs a turn
    }
    for (const path of paths) {
      const answered = await path(request, info, actor(context))
      if (answered) return answered
    }
    return pageNotFound()
  }

  return async (given) => {
    const request: ApiRequest = core.cbor ? { ...given, cbor: true } : given
    const context = new RequestContext(request, { now: clock.now(), stopwatch, random, annotated: auditor.isOn })
    let response: ApiResponse
    try {
      if (speaksProtobuf(request)) await loadProtobuf()
      if (cors && request.headers['origin']) context.cors = cors(request.headers['origin'])
      response = context.cors && request.method === 'OPTIONS' ? noContent : await answer(context)
    } catch (error) {
      response = error instanceof TooMany ? refused(core, context, error) : failed(core, context, error)
    }
    return end(context, response)
  }
}

const noContent: ApiResponse = { status: 204, headers: {}, body: { type: 'bytes', chunks: [] } }

/** Flow control has no room: counted under what was asked for, although nobody has looked whether it is there. */
function refused({ registry }: Core, context: RequestContext, { message, retryAfterSeconds }: TooMany): ApiResponse {
  const { isResource, group, version, resource } = context.info!
  context.served = isResource ? registry.find(group, version, resource) : undefined
  return textAnswer(429, `${message}\n`, { 'retry-after': String(retryAfterSeconds), 'x-content-type-options': 'nosniff' })
}

function failed(core: Core, context: RequestContext, error: unknown): ApiResponse {
  const { request, audit } = context
  const refusal = asStatus(core, context, error)
  audit?.responseStatus(refusal.status)
  if (audit?.wantsResponse) audit.responseObject(JSON.stringify(refusal.status))
  return serialized(context, errorOutput(request), refusal.status.apiVersion, () => errorAnswer(refusal, request, request.direct === true))
}

/** Who acts: the user, or whom it acts as. */
export const actor = ({ user, impersonated }: RequestContext): User => impersonated ?? user!

/** Whether any Impersonate-* header is there. The list, where there is one, is quicker to go through than the object, which Node keeps as a table. */
function wantsAnother({ headers, rawHeaders }: ApiRequest): boolean {
  if (!rawHeaders) return Object.keys(headers).some((name) => impersonating.test(name))
  for (let i = 0; i < rawHeaders.length; i += 2) if ((rawHeaders[i]!.charCodeAt(0) | 0x20) === letterI && impersonating.test(rawHeaders[i]!)) return true
  return false
}
const impersonating = /^impersonate-/i, letterI = 0x69

/** Who asks: at once where nobody has to be waited for. Throws (or rejects with) Unauthorized. */
function identify(core: Core, context: RequestContext): Promise<void> | undefined {
  context.lap()
  try {
    const asked = core.authenticate(context.request, context)
    if (asked instanceof Promise) return asked.then(({ user }) => { identified(core, context, user) }, (error: unknown) => unidentified(core, context, error))
    identified(core, context, asked.user)
  } catch (error) {
    return unidentified(core, context, error)
  }
  return undefined
}
function identified({ gates }: Core, context: RequestContext, user: User): void {
  context.user = user
  noteIdentifying(gates, context, 'success')
  const { certificate } = context.request
  if (certificate && context.user?.extra?.['authentication.kubernetes.io/credential-id']?.[0] === `X509SHA256=${certificate.fingerprint}`) gates.certificate(certificate.notAfter - context.now)
}
async function unidentified({ gates, auditor }: Core, context: RequestContext, error: unknown): Promise<never> {
  const refused = error instanceof NotAuthenticated
  noteIdentifying(gates, context, refused && error.reasons.length === 0 ? 'failure' : 'error')
  if (!refused) throw error
  const refusal = unauthorized() // why is for the log, not for whoever guesses
  await writeRefusal(auditor, context, refusal)
  throw refusal
}
function noteIdentifying(gates: GateMetrics, context: RequestContext, result: 'success' | 'failure' | 'error'): void {
  const took = context.lap()
  gates.authenticated(result, context.user, took)
  gates.filters.authentication.observe(took / 1000)
  if (took > worthTelling) context.spend('authentication', took)
}

/** Begins the audit of a request whose user is known; false when its first event could not be kept and must have been. */
async function writtenDown(auditor: Auditor, context: RequestContext, { filters }: GateMetrics): Promise<boolean> {
  const audit = context.audit = auditor.begin(context, context.info!)
  const kept = await audit?.received() ?? true
  filters.audit.observe(context.lap() / 1000)
  if (!kept) audit!.rejected()
  return kept
}
const notKept = (request: ApiRequest): ApiResponse => serverError(request, 'failed to store audit event')
/** What the reference says in plain text, before it knows what was asked for. */
export function serverError({ path, query }: ApiRequest, why: string): ApiResponse {
  return textAnswer(500, `Internal Server Error: ${quote(query === '' ? path : `${path}?${query}`)}: ${why}\n`, { 'x-content-type-options': 'nosniff' })
}
/** Nobody knows who it was: one event says so. */
async function writeRefusal(auditor: Auditor, context: RequestContext, { status }: ApiError): Promise<void> {
  const audit = auditor.begin(context, context.info!)
  if (!audit) return
  audit.responseStatus(status)
  if (audit.wantsResponse) audit.responseObject(JSON.stringify(status))
  await audit.started(status.code)
}

async function actAs(impersonate: Impersonator, context: RequestContext, { filters }: GateMetrics): Promise<void> {
  try {
    const allowed = await impersonate(context.request, attributesOf(context.user!, context.info!))
    context.impersonated = allowed?.user
    context.constraint = allowed?.constraint
  } finally {
    filters.impersonation.observe(context.lap() / 1000)
  }
}

/** Throws (or rejects with) 403; an answer where nobody could say. At once where nobody has to be waited for. */
function authorize(authorizer: Authorizer, context: RequestContext, gates: GateMetrics): ApiResponse | undefined | Promise<ApiResponse | undefined> {
  const attributes = attributesOf(actor(context), context.info!)
  const failed = (error: unknown): never => { noteDeciding(gates, context, undefined); throw error }
  let decision: Decision | Promise<Decision>
  try { decision = authorizer.authorize(attributes) } catch (error) { return failed(error) }
  return decision instanceof Promise ? decision.then((d) => decided(d, attributes, context, gates), failed) : decided(decision, attributes, context, gates)
}
function noteDeciding(gates: GateMetrics, context: RequestContext, decision: Decision | undefined): void {
  const took = context.lap()
  gates.authorized(!decision || (decision.verdict !== 'allow' && decision.error !== undefined) ? 'error' : decision.verdict === 'allow' ? 'allowed' : decision.verdict === 'deny' ? 'denied' : 'no-opinion', took)
  gates.filters.authorization.observe(took / 1000)
  if (took > worthTelling) context.spend('authorization', took)
}
function decided(decision: Decision, attributes: AuthorizationAttributes, context: RequestContext, gates: GateMetrics): ApiResponse | undefined {
  noteDeciding(gates, context, decision)
  if (decision.verdict !== 'allow' && decision.error !== undefined) {
    context.annotate('authorization.k8s.io/reason', 'internal error')
    return serverError(context.request, decision.error)
  }
  context.annotate('authorization.k8s.io/decision', decision.verdict === 'allow' ? 'allow' : 'forbid')
  context.annotate('authorization.k8s.io/reason', decision.reason)
  if (decision.verdict !== 'allow') throw forbiddenRequest(attributes, decision.reason)
  return undefined
}
/** Stages shorter than this (in milliseconds) are not written down one by one. */
const worthTelling = 1

function attributesOf(user: User, info: RequestInfo): AuthorizationAttributes {
  if (!info.isResource) return { user, verb: info.verb, path: info.path }
  const { group, version, resource, subresource, namespace } = info
  const of = { group, version, resource, subresource, namespace, name: info.name }
  if (info.query.text === '' || !narrowing.has(info.verb) || info.legacyWatch) return { user, verb: info.verb, path: info.path, resource: of }
  const fields = info.query.get('fieldSelector'), labels = info.query.get('labelSelector')
  const fieldSelector = fields ? fieldConditions(fields) : undefined, labelSelector = labels ? labelConditions(labels) : undefined
  const named = info.name === '' && info.verb !== 'deletecollection' ? fieldSelector?.find((c) => c.key === 'metadata.name' && c.operator === 'In')?.values[0] : undefined
  return {
    user, verb: info.verb, path: info.path,
    // a list or watch of metadata.name=x is about x
    resource: { ...of, ...(named && isPathSegment(named) && { name: named }), ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) },
  }
}
/** What may be narrowed by selectors. */
const narrowing: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection'])
const isPathSegment = (name: string): boolean => name !== '.' && name !== '..' && !/[/%]/.test(name)

/** 403 in the reference's words. */
export function forbiddenRequest({ user, verb, resource, path }: AuthorizationAttributes, reason: string): ApiError {
  const because = reason === '' ? '' : `: ${reason}`
  if (!resource) return new ApiError('Forbidden', `forbidden: User ${quote(user.name)} cannot ${verb} path ${quote(path)}${because}`, {})
  const { group, name, namespace, subresource } = resource
  const what = subresource ? `${resource.resource}/${subresource}` : resource.resource
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope'
  const title = (group ? `${resource.resource}.${group}` : resource.resource) + (name ? ` ${quote(name)}` : '')
  return new ApiError('Forbidden', `${title} is forbidden: User ${quote(user.name)} cannot ${verb} resource ${quote(what)} in API group ${quote(group)} ${where}${because}`,
    { ...(name && { name }), ...(group && { group }), kind: resource.resource })
}

/** The one place where something that is no Status becomes one. */
function asStatus({ log }: Core, context: RequestContext, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof NoSpaceError) return new ApiError('InternalError', 'the disk that holds the cluster\'s data is full: the server is read-only until there is room', undefined, { cause: error })
  if (error instanceof StoreClosedError) return unavailable('the store is closed: the server is stopping')
  const { method, path } = context.request
  log.error('a request failed in a way that it should not', { method, path, error })
  context.panic = error instanceof Error ? error.message : String(error)
  return internalError(error instanceof Error ? error.message : String(error), error)
}
