import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

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

export const certificateSigningRequest = defineKind({
  group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest', plural: 'certificatesigningrequests',
  shortNames: ['csr'], scope: 'Cluster',
  definition: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  subresources: { status: true },
  fields: {
    spec: s.required(s.value(certificateSigningRequestSpec)),
    status: s.value(certificateSigningRequestStatus),
  },
})
export type CertificateSigningRequest = ObjectOf<typeof certificateSigningRequest>
