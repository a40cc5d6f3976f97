import type { Controller } from '#client'
import { certificateSigningRequest, type CertificateSigningRequest } from '#kinds'
import { parseTime } from '#machinery'
import { hasCondition, removalTime, type CertificateSigner } from './certificates/rules.ts'

/** A request whose time is not known is looked at this often: its certificate may have ended. */
const lookAgainMs = 3_600_000

/** Removes requests that are decided since an hour, that nobody decides within a day, and those whose certificate has ended. */
export const certificateCleaningController = ({ isOver }: Pick<CertificateSigner, 'isOver'>): Controller<CertificateSigningRequest> => ({
  name: 'certificatesigningrequest-cleaner', identity: 'certificate-controller', for: certificateSigningRequest,
  async reconcile(request, cluster) {
    const { certificate } = request.status, left = removalTime(request, parseTime) - cluster.clock.now()
    if (left > 0 && !(certificate && hasCondition(request, 'Approved') && isOver(certificate))) return { againIn: Math.min(left, lookAgainMs) }
    await cluster.delete(certificateSigningRequest, request)
  },
})
