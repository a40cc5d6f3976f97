// One line of the audit log: who did what when, and what came of it (audit.k8s.io/v1 Event). Members stand in the reference's order.
import type { Status, StatusDetails, User } from '#machinery'

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]
export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]
export const versions = ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1'] as const
export type AuditVersion = (typeof versions)[number]

/** Whether `level` holds as much as `least`. */
export const atLeast = (level: Level, least: Level): boolean => levels.indexOf(level) >= levels.indexOf(least)

export interface ObjectRef {
  readonly resource?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string
  readonly apiGroup?: string; readonly apiVersion?: string; readonly resourceVersion?: string; readonly subresource?: string
}
/** What of a Status an event tells. */
export type ResponseStatus = Partial<Pick<Status, 'status' | 'message' | 'reason'>> & { readonly details?: StatusDetails; readonly code?: number }

export interface AuditEvent {
  readonly level: Level
  readonly auditID: string
  readonly stage: Stage
  readonly requestURI: string
  readonly verb: string
  readonly user: User | undefined
  readonly impersonated: User | undefined
  /** How the user was allowed to act as somebody else, where it was for one verb on one resource. */
  readonly constraint: string | undefined
  readonly sourceIPs: readonly string[]
  readonly userAgent: string
  readonly objectRef: ObjectRef | undefined
  readonly responseStatus: ResponseStatus | undefined
  /** JSON texts. */
  readonly requestObject: string | undefined
  readonly responseObject: string | undefined
  /** Milliseconds since the epoch, with microseconds behind the point. */
  readonly received: number
  readonly at: number
  readonly annotations: ReadonlyMap<string, string> | undefined
}

/** The event as JSON. v1beta1 has two more moments; items of a list carry no type. */
export function eventJson(event: AuditEvent, version: AuditVersion, typed = true): string {
  const former = version === 'audit.k8s.io/v1beta1' ? moment(event.at).replace(/\.\d+Z$/, 'Z') : undefined
  const head = {
    ...(typed && { kind: 'Event', apiVersion: version }), ...(former !== undefined && { metadata: { creationTimestamp: former } }), level: event.level, ...(former !== undefined && { timestamp: former }),
    auditID: event.auditID, stage: event.stage, requestURI: event.requestURI, verb: event.verb, user: userInfo(event.user),
    ...(event.impersonated && { impersonatedUser: userInfo(event.impersonated) }), ...(event.constraint && { authenticationMetadata: { impersonationConstraint: event.constraint } }),
    ...(event.sourceIPs.length > 0 && { sourceIPs: event.sourceIPs }), ...(event.userAgent && { userAgent: event.userAgent }), ...(event.objectRef && { objectRef: referenceOf(event.objectRef) }),
    ...(event.responseStatus && { responseStatus: statusOf(event.responseStatus) }),
  }
  const tail = { requestReceivedTimestamp: moment(event.received), stageTimestamp: moment(event.at), ...(event.annotations && event.annotations.size > 0 && { annotations: Object.fromEntries([...event.annotations].sort(([a], [b]) => (a < b ? -1 : 1))) }) }
  const objects = `${event.requestObject === undefined ? '' : `,"requestObject":${event.requestObject}`}${event.responseObject === undefined ? '' : `,"responseObject":${event.responseObject}`}`
  return `${JSON.stringify(head).slice(0, -1)}${objects},${JSON.stringify(tail).slice(1)}`
}

const userInfo = (user: User | undefined) => (!user ? {} : {
  username: user.name, ...(user.uid && { uid: user.uid }), ...(user.groups.length > 0 && { groups: user.groups }), ...(user.extra && Object.keys(user.extra).length > 0 && { extra: user.extra }),
})
function referenceOf({ resource, namespace, name, uid, apiGroup, apiVersion, resourceVersion, subresource }: ObjectRef): ObjectRef {
  return { ...(resource && { resource }), ...(namespace && { namespace }), ...(name && { name }), ...(uid && { uid }), ...(apiGroup && { apiGroup }), ...(apiVersion && { apiVersion }),
    ...(resourceVersion && { resourceVersion }), ...(subresource && { subresource }) }
}
function statusOf({ status, message, reason, details, code }: ResponseStatus): object {
  return { metadata: {}, ...(status && { status }), ...(message && { message }), ...(reason && { reason }), ...(details && { details }), ...(code && { code }) }
}

/** RFC 3339 with six digits behind the point. */
export function moment(ms: number): string {
  const whole = Math.floor(ms)
  return `${new Date(whole).toISOString().slice(0, -1)}${String(Math.floor((ms - whole) * 1000)).padStart(3, '0')}Z`
}

/** The one-line text of --audit-log-format=legacy. */
export function legacyLine(event: AuditEvent): string {
  const { user, impersonated } = event, none = '<none>'
  const list = (groups: readonly string[]) => groups.map(quoted).join(',')
  const groups = user && user.groups.length > 0 ? list(user.groups) : none
  const as = impersonated?.name ?? '<self>', asGroups = impersonated ? list(impersonated.groups) : '<lookup>'
  const received = moment(event.received).replace(/\.?0+Z$/, 'Z')
  return `${received} AUDIT: id=${quoted(event.auditID)} stage=${quoted(event.stage)} ip=${quoted(event.sourceIPs[0] ?? '<unknown>')} method=${quoted(event.verb)} user=${quoted(user?.name || none)} groups=${groups} as=${quoted(as)} `
    + `asgroups=${asGroups} user-agent=${quoted(event.userAgent)} namespace=${quoted(event.objectRef?.namespace || none)} uri=${quoted(event.requestURI)} response="${event.responseStatus ? event.responseStatus.code ?? 0 : '<deferred>'}"`
}
const quoted = (text: string): string => JSON.stringify(text)
