import type { Controller } from '#client'
import { certificateSigningRequest, subjectAccessReview, type CertificateSigningRequest } from '#kinds'
import { formatTime, parseTime } from '#machinery'
import { hasCondition, refusal, requestedCertificate, signers, type RequestedCertificate } from './certificates/rules.ts'

/** Which right, as a subresource to create, lets whose request through, and what is said of it. */
const ways = [
  { right: 'selfnodeclient', isFor: (asker: string | undefined, asked: RequestedCertificate) => asker === asked.commonName, message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
  { right: 'nodeclient', isFor: () => true, message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
]
/** Somebody may be given the right while his request waits: it is asked again after as long as it has waited, within these bounds. */
const soonestAgainMs = 1_000, latestAgainMs = 1_000_000

/** Approves what nodes ask for themselves, when who asks has the right to it (kubelet TLS bootstrapping). */
export const certificateApprovingController: Controller<CertificateSigningRequest> = {
  name: 'certificatesigningrequest-approving', identity: 'certificate-controller', for: certificateSigningRequest,
  async reconcile(request, cluster) {
    const { spec, status, metadata } = request
    if (status.certificate || hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || spec.signerName !== signers.kubeletClient) return
    const asked = requestedCertificate(spec.request)
    if (refusal(spec.signerName, asked, spec.usages ?? []) !== undefined) return
    for (const { right, isFor, message } of ways) {
      if (!isFor(spec.username, asked)) continue
      const review = await cluster.client.create(subjectAccessReview, { metadata: {}, spec: {
        ...(spec.username && { user: spec.username }), ...(spec.uid && { uid: spec.uid }), ...(spec.groups && { groups: spec.groups }), ...(spec.extra && { extra: spec.extra }),
        resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource: right, verb: 'create' } } })
      if (!review.status.allowed) continue
      const now = formatTime(cluster.clock.now())
      await cluster.update(certificateSigningRequest, { ...request, status: { ...status,
        conditions: [...status.conditions ?? [], { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: now, lastTransitionTime: now }] } }, { subresource: 'approval' })
      return
    }
    const waited = metadata.creationTimestamp ? cluster.clock.now() - parseTime(metadata.creationTimestamp) : 0
    return { againIn: Math.min(Math.max(waited, soonestAgainMs), latestAgainMs) }
  },
}
