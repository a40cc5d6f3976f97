import type { Controller } from '#client'
import { certificateSigningRequest, type CertificateSigningRequest } from '#kinds'
import { formatTime } from '#machinery'
import { hasCondition, refusal, requestedCertificate, signers, validity, type CertificateSigner } from './certificates/rules.ts'

export interface CertificateSigning {
  readonly signer: CertificateSigner
  /** No certificate is good for longer, in milliseconds; default a year (the reference's --cluster-signing-duration). */
  readonly longestMs?: number
}
const yearMs = 8760 * 3_600_000

/** Signs approved requests of the cluster's own signers; what a signer's rules refuse gets the condition Failed. */
export const certificateSigningController = ({ signer, longestMs = yearMs }: CertificateSigning): Controller<CertificateSigningRequest> => ({
  name: 'certificatesigningrequest-signing', identity: 'certificate-controller', for: certificateSigningRequest,
  async reconcile(request, cluster) {
    const { spec, status } = request, usages = spec.usages ?? []
    if (status.certificate || !hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || hasCondition(request, 'Failed')) return
    if (!Object.values<string>(signers).includes(spec.signerName)) return
    const why = refusal(spec.signerName, requestedCertificate(spec.request), usages)
    if (why !== undefined) {
      const now = formatTime(cluster.clock.now())
      await cluster.updateStatus(certificateSigningRequest, request, { ...status,
        conditions: [...status.conditions ?? [], { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: why, lastUpdateTime: now, lastTransitionTime: now }] })
      return
    }
    await cluster.updateStatus(certificateSigningRequest, request, { ...status, certificate: await signer.sign(spec.request, usages, validity(spec.expirationSeconds, longestMs)) })
  },
})
