import { condition, defineKind, formatTime, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { keepMetadata } from '../status-metadata.ts'
import { outcomes, validatePodCertificateRequest } from './validate-pod-certificate-request.ts'

export const podCertificateRequestSpec = s.object('io.k8s.api.certificates.v1beta1.PodCertificateRequestSpec', {
  maxExpirationSeconds: s.int({ default: 86_400 }),
  nodeName: s.required(s.string()),
  nodeUID: s.required(s.string()),
  pkixPublicKey: s.bytes(),
  podName: s.required(s.string()),
  podUID: s.required(s.string()),
  proofOfPossession: s.bytes(),
  serviceAccountName: s.required(s.string()),
  serviceAccountUID: s.required(s.string()),
  signerName: s.required(s.string()),
  stubPKCS10Request: s.required(s.bytes()),
  unverifiedUserAnnotations: s.map(s.string()),
})
export type PodCertificateRequestSpec = Infer<typeof podCertificateRequestSpec>

export const podCertificateRequestStatus = s.object('io.k8s.api.certificates.v1beta1.PodCertificateRequestStatus', {
  beginRefreshAt: s.time(),
  certificateChain: s.string(),
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  notAfter: s.time(),
  notBefore: s.time(),
})
export type PodCertificateRequestStatus = Infer<typeof podCertificateRequestStatus>

/** What was said of the outcome stays as it was; what says no time is of now, or of before where it is only said again. */
function keepOutcome(status: PodCertificateRequestStatus, old: PodCertificateRequestStatus, now: string): void {
  const before = old.conditions ?? []
  for (const type of outcomes) {
    const places = (status.conditions ?? []).flatMap((c, i) => (c.type === type ? [i] : [])), were = before.filter((c) => c.type === type)
    if (places.length === were.length) were.forEach((one, i) => { status.conditions![places[i]!] = { ...one } })
  }
  for (const one of status.conditions ?? []) one.lastTransitionTime ||= before.find((c) => c.type === one.type && c.status === one.status && c.lastTransitionTime)?.lastTransitionTime ?? now
}

/** KEP-4317: a node asks for a certificate of one of its pods. */
export const podCertificateRequest = defineKind({
  group: 'certificates.k8s.io', version: 'v1beta1', kind: 'PodCertificateRequest', plural: 'podcertificaterequests',
  scope: 'Namespaced',
  definition: 'io.k8s.api.certificates.v1beta1.PodCertificateRequest',
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'PodName', value: (o) => o.spec.podName },
    { name: 'ServiceAccountName', value: (o) => o.spec.serviceAccountName },
    { name: 'NodeName', value: (o) => o.spec.nodeName },
    { name: 'SignerName', value: (o) => o.spec.signerName },
    { name: 'State', value: (o) => o.status.conditions?.findLast(({ type }) => outcomes.some((one) => one === type))?.type ?? 'Pending' },
  ],
  selectable: { 'spec.signerName': (o) => o.spec.signerName, 'spec.podName': (o) => o.spec.podName, 'spec.nodeName': (o) => o.spec.nodeName },
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(podCertificateRequestSpec)),
    status: s.value(podCertificateRequestStatus),
  },
  prepareUpdate: (o, old, subresource, now) => {
    if (subresource !== 'status') return
    keepMetadata(o, old)
    keepOutcome(o.status, old.status, formatTime(now))
  },
  validate: validatePodCertificateRequest,
})
export type PodCertificateRequest = ObjectOf<typeof podCertificateRequest>
