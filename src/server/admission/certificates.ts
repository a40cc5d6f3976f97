// Who may decide about certificates: rights are given per signer, on the resource `signers` that exists for nothing else.
import type { CertificateSigningRequest, ClusterTrustBundle, PodCertificateRequest } from '#kinds'
import { signingRequestIn } from '#kinds'
import { forbiddenValue, invalid, invalidAsWhole, quote, same, type User } from '#machinery'
import type { Authorizer } from '../authz/authz.ts'
import { on, refusal, type AdmissionPlugin } from './admission.ts'

const requests = 'certificatesigningrequests.certificates.k8s.io'
const clientSigner = 'kubernetes.io/kube-apiserver-client'
const mightiest = 'system:masters'

/** Approving or denying needs `approve` on the signer. */
export const certificateApproval = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateApproval',
  handles: on(['UPDATE'], requests, ['approval']),
  async validate(attributes) {
    const signer = signerOf(attributes.old)
    if (!await mayFor(authorizer, attributes.user, 'approve', signer)) throw refusal(attributes, `user not permitted to approve requests with signerName ${quote(signer)}`)
  },
})

/** Writing a certificate or a condition needs `sign` on the signer. */
export const certificateSigning = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateSigning',
  handles: on(['UPDATE'], requests, ['status']),
  async validate(attributes) {
    const now = (attributes.object as CertificateSigningRequest).status, before = (attributes.old as CertificateSigningRequest).status
    if ((now.certificate ?? '') === (before.certificate ?? '') && same(now.conditions ?? [], before.conditions ?? [])) return
    const signer = signerOf(attributes.old)
    if (!await mayFor(authorizer, attributes.user, 'sign', signer)) throw refusal(attributes, `user not permitted to sign requests with signerName ${quote(signer)}`)
  },
})

/** Nobody becomes a member of system:masters by a certificate that the cluster signs. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: on(['CREATE'], requests),
  validate(attributes) {
    const { spec } = attributes.object as CertificateSigningRequest
    if (spec.signerName !== clientSigner) return
    let organizations: readonly string[]
    try { organizations = signingRequestIn(spec.request).organizations } catch (error) { throw refusal(attributes, `failed to parse CSR: ${(error as Error).message}`) }
    if (organizations.includes(mightiest)) throw refusal(attributes, `use of ${clientSigner} signer with ${mightiest} group is not allowed`)
  },
}

/** A bundle that names a signer needs `attest` on it; one that changes in nothing but who owns it and holds it back needs nothing. */
export const clusterTrustBundleAttest = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'ClusterTrustBundleAttest',
  handles: on(['CREATE', 'UPDATE'], 'clustertrustbundles.certificates.k8s.io'),
  async validate(attributes) {
    const now = attributes.object as ClusterTrustBundle, before = attributes.old as ClusterTrustBundle | undefined, signer = now.spec.signerName
    if (!signer || (before && same(withoutHolders(now), withoutHolders(before)))) return
    if (!await mayFor(authorizer, attributes.user, 'attest', signer)) throw refusal(attributes, `user not permitted to attest for signerName ${quote(signer)}`)
  },
})
const withoutHolders = ({ metadata: { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managed, ...metadata }, ...object }: ClusterTrustBundle) => ({ ...object, metadata })

export type ProvesKey = (spec: PodCertificateRequest['spec']) => boolean
const requestMade = on(['CREATE'], 'podcertificaterequests.certificates.k8s.io'), outcomeSaid = on(['UPDATE'], 'podcertificaterequests.certificates.k8s.io', ['status'])
/**
 * Whoever asks for a pod's certificate holds its key, as `proves` finds (absent: nobody looks); whoever says what became of a request needs `sign` on its signer.
 * Part of the kind, not a plugin that can be switched off.
 */
export const podCertificateSigning = (authorizer: Authorizer, proves: ProvesKey = () => true): AdmissionPlugin => ({
  name: 'PodCertificateSigning',
  handles: (operation, kind, subresource) => requestMade(operation, kind, subresource) || outcomeSaid(operation, kind, subresource),
  async validate({ operation, object, old, user }) {
    const now = object as PodCertificateRequest
    if (operation === 'CREATE') {
      if (proves(now.spec)) return
      throw invalid({ group: 'certificates.k8s.io', kind: 'PodCertificateRequest' }, now.metadata.name, [invalidAsWhole(now.spec.stubPKCS10Request ? 'spec.stubPKCS10Request' : 'spec.proofOfPossession', 'could not verify proof-of-possession signature')])
    }
    const before = old as PodCertificateRequest, signer = before.spec.signerName
    if (same(now.status, before.status) || await mayFor(authorizer, user, 'sign', signer)) return
    throw invalid({ group: 'certificates.k8s.io', kind: 'PodCertificateRequest' }, before.metadata.name, [forbiddenValue('spec.signerName', `User ${quote(user.name)} is not permitted to "sign" for signer ${quote(signer)}`)])
  },
})

const signerOf = (object: object | undefined): string => (object as CertificateSigningRequest).spec.signerName

/** Whether the user holds the verb on this signer, or on all of its domain ("example.com/*"). */
async function mayFor(authorizer: Authorizer, user: User, verb: string, signer: string): Promise<boolean> {
  for (const name of [signer, `${signer.slice(0, signer.indexOf('/'))}/*`]) {
    const { verdict } = await authorizer.authorize({ user, verb, path: '', resource: { group: 'certificates.k8s.io', version: '*', resource: 'signers', subresource: '', namespace: '', name } })
    if (verdict === 'allow') return true
  }
  return false
}
