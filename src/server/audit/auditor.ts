// Writing down what happens to requests: the policy says how much, the backends where to. While there is no backend it costs a comparison.
import { formatDuration, type Status, type User } from '#machinery'
import { isLongRunning, type RequestContext } from '../context.ts'
import type { Counter, Family, Metrics } from '../metrics/metrics.ts'
import type { RequestInfo } from '../request.ts'
import { atLeast, type AuditEvent, type Level, type ObjectRef, type ResponseStatus, type Stage } from './event.ts'
import type { AuditPolicy, RequestPolicy } from './policy.ts'
import { sourceIPs } from './source-ips.ts'

/** Where events go. */
export interface AuditBackend {
  /** As metrics name it: log, webhook. */
  readonly name: string
  /** False when an event was lost and the request must not go on; a promise makes the request wait. */
  process(event: AuditEvent): boolean | Promise<boolean>
  /** Writes what waits, and ends. */
  close(): Promise<void>
}

const longestUserAgent = 1024
/** Requests that took longer (in milliseconds) say where the time went. */
const slowMs = 500

export class Auditor {
  #policy: AuditPolicy
  /** What the server calls itself in what it asks of itself. */
  readonly ownUserAgent: string
  readonly #backends = new Set<AuditBackend>()
  readonly #events: Counter
  readonly #rejected: Counter
  readonly #levels: Family<Counter>

  constructor(policy: AuditPolicy, metrics: Metrics, ownUserAgent = '') {
    this.#policy = policy
    this.ownUserAgent = ownUserAgent
    this.#events = metrics.counter({ name: 'apiserver_audit_event_total', stability: 'ALPHA', help: 'Audit events made.' }).with()
    this.#rejected = metrics.counter({ name: 'apiserver_audit_requests_rejected_total', stability: 'ALPHA', help: 'Requests refused because their audit event could not be kept.' }).with()
    this.#levels = metrics.counter({ name: 'apiserver_audit_level_total', stability: 'ALPHA', help: 'Requests by the level that the audit policy gave them.', labels: ['level'] })
  }

  /** Whether there is anybody to write for. */
  get isOn(): boolean { return this.#backends.size > 0 }
  /** Events go there too, from now on; the returned function ends that when what waits is written. */
  add(backend: AuditBackend): () => Promise<void> {
    this.#backends.add(backend)
    return async () => { if (this.#backends.delete(backend)) await backend.close() }
  }
  set policy(policy: AuditPolicy) { this.#policy = policy }
  async close(): Promise<void> {
    const all = [...this.#backends]
    this.#backends.clear()
    await Promise.all(all.map((backend) => backend.close()))
  }

  /** Begins to write down a request whose user is known (or could not be found out); undefined when it is not to be. */
  begin(context: RequestContext, info: RequestInfo): RequestAudit | undefined {
    if (!this.isOn) return undefined
    const policy = this.#policy(info, context.user)
    this.#levels.with(policy.level).inc()
    return policy.level === 'None' ? undefined : new RequestAudit(this, context, info, policy)
  }

  /** Hands an event to every backend; false when it was lost and must not be. */
  emit(event: AuditEvent): boolean | Promise<boolean> {
    this.#events.inc()
    let kept = true
    const slow: Promise<boolean>[] = []
    for (const backend of this.#backends) {
      const answer = backend.process(event)
      if (answer instanceof Promise) slow.push(answer)
      else kept &&= answer
    }
    return slow.length === 0 ? kept : Promise.all(slow).then((all) => kept && all.every((one) => one))
  }
  rejected(): void { this.#rejected.inc() }
}

/** What is written down of one request. */
export class RequestAudit {
  readonly #auditor: Auditor
  readonly #context: RequestContext
  readonly #info: RequestInfo
  readonly #policy: RequestPolicy
  /** The user as authentication found it: policies look at it, and events name it beside whom it acts as. */
  readonly #user: User | undefined
  #ref: ObjectRef | undefined
  #status: ResponseStatus | undefined
  #requestObject: string | undefined
  #responseObject: string | undefined
  #hasRequest = false

  constructor(auditor: Auditor, context: RequestContext, info: RequestInfo, policy: RequestPolicy) {
    this.#auditor = auditor
    this.#context = context
    this.#info = info
    this.#policy = policy
    this.#user = context.user
    const { resource, namespace, name, group, version, subresource } = info
    if (info.isResource) this.#ref = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource }
  }

  get level(): Level { return this.#policy.level }
  get isLongRunning(): boolean { return isLongRunning(this.#info) }
  /** Whether the answer has been noted already (refusals are, where they are made). */
  get hasAnswer(): boolean { return this.#status?.status !== undefined }
  /** Whether answers are written down whole. */
  get wantsResponse(): boolean { return this.#policy.level === 'RequestResponse' }
  get omitsManagedFields(): boolean { return this.#policy.omitManagedFields }

  /** The object that a request brought, decoded and defaulted, of the version it came in. It is written down at once: it may change afterwards. */
  requestObject(object: object): void {
    if (this.#hasRequest) return
    this.#hasRequest = true
    const { metadata } = object as { metadata?: { name?: string; namespace?: string; uid?: string; resourceVersion?: string } }
    if (this.#ref && metadata)
      this.#ref = { ...this.#ref, namespace: this.#ref.namespace || metadata.namespace || '', name: this.#ref.name || metadata.name || '', ...(metadata.uid && { uid: metadata.uid }), ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }) }
    if (atLeast(this.#policy.level, 'Request')) this.#requestObject = JSON.stringify(typed(this.#policy.omitManagedFields ? withoutManagedFields(object) : object))
  }
  /** A patch as it came. */
  requestPatch(patch: unknown): void {
    if (!this.#hasRequest && atLeast(this.#policy.level, 'Request')) this.#requestObject = JSON.stringify(patch)
    this.#hasRequest = true
  }
  responseStatus({ status, message, reason, details, code }: Pick<Status, 'status' | 'message' | 'reason' | 'details'> & { readonly code?: number }): void {
    this.#status = { ...(status && { status }), ...(message && { message }), ...(reason && { reason }), ...(details && { details }), ...(code && { code }) }
  }
  /** JSON of the answer. */
  responseObject(text: string): void { this.#responseObject = text }

  received(): boolean | Promise<boolean> { return this.#emit('RequestReceived') }
  started(code: number): boolean | Promise<boolean> {
    this.#status = { ...this.#status, code }
    return this.#emit('ResponseStarted')
  }
  completed(code: number): boolean | Promise<boolean> {
    this.#status = { ...this.#status, code }
    return this.#emit('ResponseComplete')
  }
  panicked(why: string): boolean | Promise<boolean> {
    this.#status = { status: 'Failure', message: `APIServer panic'd: ${why}`, reason: 'InternalError', code: 500 }
    return this.#emit('Panic')
  }
  rejected(): void { this.#auditor.rejected() }

  #emit(stage: Stage): boolean | Promise<boolean> {
    if (this.#policy.omitStages.has(stage)) return true
    const { request, received, impersonated, constraint, auditId, now } = this.#context
    const at = stage === 'RequestReceived' ? received : now
    if (stage === 'ResponseComplete') this.#tellWhereTimeWent(at - received)
    const userAgent = request.headers['user-agent'] ?? (request.direct ? this.#auditor.ownUserAgent : '')
    return this.#auditor.emit({
      level: this.#policy.level, auditID: auditId, stage, requestURI: request.query === '' ? request.path : `${request.path}?${request.query}`, verb: this.#info.verb, user: this.#user, impersonated, constraint,
      sourceIPs: sourceIPs(request), userAgent: userAgent.length > longestUserAgent ? `${userAgent.slice(0, longestUserAgent)}...TRUNCATED` : userAgent, objectRef: this.#ref, responseStatus: this.#status,
      requestObject: this.#requestObject, responseObject: this.#responseObject, received, at, annotations: this.#context.annotations && new Map(this.#context.annotations),
    })
  }

  #tellWhereTimeWent(ms: number): void {
    const { spent } = this.#context
    if (ms <= slowMs || !spent) return
    for (const [stage, took] of spent) if (took > 0) this.#context.annotate(`apiserver.latency.k8s.io/${stage}`, toTheMicrosecond(took))
    this.#context.annotate('apiserver.latency.k8s.io/total', toTheMicrosecond(ms))
  }
}
const toTheMicrosecond = (ms: number): string => formatDuration(Math.round(ms * 1000) / 1000)

/** kind and apiVersion first. */
const typed = ({ kind, apiVersion, ...rest }: { readonly kind?: unknown; readonly apiVersion?: unknown }): object => ({ ...(kind !== undefined && { kind }), ...(apiVersion !== undefined && { apiVersion }), ...rest })

/** An object, a list or a Table without metadata.managedFields: a new value. */
export function withoutManagedFields(object: object): object {
  const { metadata, items, rows } = object as { metadata?: Record<string, unknown>; items?: object[] | null; rows?: { object?: object }[] }
  const bare = ({ managedFields: _, ...rest }: Record<string, unknown>) => rest
  return {
    ...object, ...(metadata && { metadata: bare(metadata) }), ...(Array.isArray(items) && { items: items.map(withoutManagedFields) }),
    ...(Array.isArray(rows) && { rows: rows.map((row) => (row.object ? { ...row, object: withoutManagedFields(row.object) } : row)) }),
  }
}
