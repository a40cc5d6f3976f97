import { defineKind, formatTime, nameIsPathSegment, s, shortAge, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { decisions, validateSignature, validateSigningRequest } from './validate-signing-request.ts'

export const certificateSigningRequestSpec = s.object('io.k8s.api.certificates.v1.CertificateSigningRequestSpec', {
  expirationSeconds: s.int({ keepEmpty: true }),
  extra: s.map(s.list(s.string())),
  groups: s.list(s.string(), { listType: 'atomic' }),
  request: s.required(s.bytes()),
  signerName: s.required(s.string()),
  uid: s.string(),
  usages: s.list(s.string(), { listType: 'atomic' }),
  username: s.string(),
})
export type CertificateSigningRequestSpec = Infer<typeof certificateSigningRequestSpec>

export const certificateSigningRequestCondition = s.object('io.k8s.api.certificates.v1.CertificateSigningRequestCondition', {
  lastTransitionTime: s.time({ always: true }),
  lastUpdateTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type CertificateSigningRequestCondition = Infer<typeof certificateSigningRequestCondition>

export const certificateSigningRequestStatus = s.object('io.k8s.api.certificates.v1.CertificateSigningRequestStatus', {
  certificate: s.bytes(),
  conditions: s.list(certificateSigningRequestCondition, { listType: 'map', listKeys: ['type'] }),
})
export type CertificateSigningRequestStatus = Infer<typeof certificateSigningRequestStatus>

function state({ conditions, certificate }: CertificateSigningRequestStatus): string {
  const has = (type: string) => conditions?.some((c) => c.type === type)
  return `${has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'}${has('Failed') ? ',Failed' : ''}${certificate ? ',Issued' : ''}`
}

/** A status that says as often as before what was decided leaves the decision as it was; another is refused by validation. */
function keepDecision(conditions: CertificateSigningRequestCondition[], old: readonly CertificateSigningRequestCondition[], type: string): void {
  const places = conditions.flatMap((c, i) => (c.type === type ? [i] : [])), before = old.filter((c) => c.type === type)
  if (places.length === before.length) before.forEach((condition, i) => { conditions[places[i]!] = { ...condition } })
}
/** A condition without times is of now; of before, where it has only been said again. */
function date(condition: CertificateSigningRequestCondition, old: readonly CertificateSigningRequestCondition[], now: string): void {
  condition.lastUpdateTime ||= now
  condition.lastTransitionTime ||= old.find((c) => c.type === condition.type && c.status === condition.status && c.lastTransitionTime)?.lastTransitionTime ?? now
}

export const certificateSigningRequest = defineKind({
  group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest', plural: 'certificatesigningrequests',
  shortNames: ['csr'], scope: 'Cluster',
  definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  columns: [
    cells.name,
    cells.age,
    { name: 'SignerName', value: (o) => o.spec.signerName || '<none>' },
    { name: 'Requestor', value: (o) => o.spec.username ?? '' },
    { name: 'RequestedDuration', value: (o) => (o.spec.expirationSeconds === undefined ? '<none>' : shortAge(o.spec.expirationSeconds * 1000)) },
    { name: 'Condition', value: (o) => state(o.status) },
  ],
  selectable: { 'spec.signerName': (o) => o.spec.signerName },
  subresources: { status: true },
  untracked: ['spec'],
  fields: {
    spec: s.required(s.value(certificateSigningRequestSpec)),
    status: s.value(certificateSigningRequestStatus),
  },
  prepareCreate: ({ spec }, { name, uid, groups, extra }) => {
    spec.username = name
    spec.groups = [...groups]
    if (uid) spec.uid = uid
    else delete spec.uid
    if (extra) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
    else delete spec.extra
  },
  prepareUpdate: (o, old, subresource, now) => {
    o.spec = old.spec
    if (subresource === undefined) return
    if (subresource === 'status') for (const type of decisions) keepDecision(o.status.conditions ?? [], old.status.conditions ?? [], type)
    for (const condition of o.status.conditions ?? []) date(condition, old.status.conditions ?? [], formatTime(now))
  },
  name: nameIsPathSegment, onUpdate: ['meta', 'rules', 'kept'], onUpdateOf: { approval: ['meta', 'rules', 'kept'], status: ['meta', 'rules', 'kept'] },
  validate: validateSigningRequest,
  validateSigned: validateSignature,
})
export type CertificateSigningRequest = ObjectOf<typeof certificateSigningRequest>
