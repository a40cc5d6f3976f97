// What is wrong with a request for a pod's certificate. Whether who asks holds its key, others find out.
import { invalidAsWhole, invalidValue, isDNS1123Subdomain, isQualifiedName, notSupported, same, tooLong, type FieldError } from '#machinery'
import { failing, validateConditions } from '../checks.ts'
import { goForm } from '../go-diff.ts'
import { podCertificateRequestSpecForm } from '../go-forms.ts'
import type { PodCertificateRequestSpec, PodCertificateRequestStatus } from './podcertificaterequest.ts'
import { validateIssued } from './validate-issued.ts'
import { publicKeyInfo, type PublicKey } from './public-key.ts'
import { signingRequest } from './signing-request.ts'
import { validateSignerName } from './validate-signing-request.ts'

interface Request { readonly spec: PodCertificateRequestSpec; readonly status: PodCertificateRequestStatus }
/** What ends a request. */
export const outcomes = ['Issued', 'Denied', 'Failed'] as const
const longestUid = 128, hour = 3_600, day = 24 * hour, longestLife = 91 * day, largestKey = 10 * 1024, mostAnnotationBytes = 256 * 1024

export function validatePodCertificateRequest({ spec, status }: Request, old?: Request, subresource?: string, now = 0): FieldError[] {
  if (!old) return validateSpec(spec)
  if (subresource === 'status') return validateStatus(status, old, now)
  return same(spec, old.spec) ? [] : [invalidValue('spec', goForm(podCertificateRequestSpecForm, spec), 'field is immutable')]
}

function validateSpec(spec: PodCertificateRequestSpec): FieldError[] {
  const { signerName, maxExpirationSeconds: seconds } = spec, most = /^(?:[^/]*\.)?(?:kubernetes|k8s)\.io\//.test(signerName) ? day : longestLife
  const named = (field: 'podName' | 'serviceAccountName' | 'nodeName') => failing(isDNS1123Subdomain, spec[field], `spec.${field}`)
  const known = (field: 'podUID' | 'serviceAccountUID' | 'nodeUID') => [...(spec[field] ? [] : [invalidValue(`spec.${field}`, '', 'must not be empty')]),
    ...(spec[field].length > longestUid ? [tooLong(`spec.${field}`, longestUid)] : [])]
  return [
    ...validateSignerName(signerName, 'spec.signerName'), ...validateUserAnnotations(spec.unverifiedUserAnnotations, 'spec.unverifiedUserAnnotations'),
    ...named('podName'), ...known('podUID'), ...named('serviceAccountName'), ...known('serviceAccountUID'), ...named('nodeName'), ...known('nodeUID'),
    ...(seconds >= hour && seconds <= most ? [] : [invalidValue('spec.maxExpirationSeconds', seconds, `must be in the range [${hour}, ${most}]`)]),
    ...validateKey(spec),
  ]
}

/** Keys are of a domain; how many there may be is only a matter of their size. */
function validateUserAnnotations(annotations: Readonly<Record<string, string>> | undefined, at: string): FieldError[] {
  const pairs = Object.entries(annotations ?? {}), size = pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  const whyNot = (key: string) => { const faults = failing(isQualifiedName, key, at); return faults.length > 0 || key.includes('/') ? faults : [invalidValue(at, key, 'must be a domain-prefixed key (such as "acme.io/foo")')] }
  return [...pairs.flatMap(([key]) => whyNot(key.toLowerCase())), ...(size > mostAnnotationBytes ? [tooLong(at, mostAnnotationBytes)] : [])]
}

/** The key is given as an empty signing request, or (as long as that was not there) by itself with a proof. */
function validateKey({ stubPKCS10Request: stub, pkixPublicKey: key = '', proofOfPossession: proof = '' }: PodCertificateRequestSpec): FieldError[] {
  const given = { stubPKCS10Request: stub, pkixPublicKey: key, proofOfPossession: proof }
  for (const [field, value] of Object.entries(given)) if (bytesOf(value).length > largestKey) return [tooLong(`spec.${field}`, largestKey)]
  if (stub ? key || proof : !key || !proof) return [invalidAsWhole('spec', 'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set')]
  const at = stub ? 'spec.stubPKCS10Request' : 'spec.pkixPublicKey', value = stub || key
  let found: PublicKey | undefined
  try { found = stub ? signingRequest(bytesOf(stub)).key : publicKeyInfo(bytesOf(key)) } catch { return [invalidValue(at, value, stub ? 'must be a valid PKCS#10 CSR' : 'must be a valid PKIX-serialized public key')] }
  if (!found || found.type === 'DSA') return [invalidValue(at, value, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')]
  if (found.type === 'ECDSA' && found.curve === 'P-224') return [invalidValue(at, `curve ${found.curve}`, 'elliptic public keys must use curve P256 or P384')]
  if (found.type === 'RSA' && found.bits !== 3072 && found.bits !== 4096) return [invalidValue(at, `${found.bits}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')]
  return []
}
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
/** The public key that the certificate is for, in DER. Throws where it cannot be read. */
export const keyBytes = ({ stubPKCS10Request: stub, pkixPublicKey: key = '' }: Pick<PodCertificateRequestSpec, 'stubPKCS10Request' | 'pkixPublicKey'>): Uint8Array =>
  (stub ? signingRequest(bytesOf(stub)).publicKey : bytesOf(key))

function validateStatus(status: PodCertificateRequestStatus, old: Request, now: number): FieldError[] {
  const conditions = status.conditions ?? [], wrong: FieldError[] = []
  let known = 0
  for (const [i, { type, status: is }] of conditions.entries()) {
    if (!outcomes.some((one) => one === type)) { wrong.push(notSupported(`status.conditions.[${i}].type`, type, [...outcomes].sort())); continue }
    if (++known > 1) wrong.push(invalidValue(`status.conditions.[${i}].type`, type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"'))
    if (is !== 'True') wrong.push(notSupported(`status.conditions.[${i}].status`, is, ['True']))
  }
  wrong.push(...validateConditions(conditions, 'status.conditions'))
  if (wrong.length > 0) return wrong
  const ended = ({ conditions: all = [] }: PodCertificateRequestStatus, ...types: string[]) => all.some((c) => types.includes(c.type) && c.status === 'True'), unlike = (other: object) => !same(filled(status), filled(other))
  if (ended(old.status, ...outcomes)) return unlike(old.status) ? [invalidAsWhole('status', 'immutable after PodCertificateRequest is issued, denied, or failed')] : []
  if (ended(status, 'Denied', 'Failed')) return unlike({ conditions }) ? [invalidAsWhole('status', 'non-condition status fields must be empty when denying or failing the PodCertificateRequest')] : []
  if (ended(status, 'Issued')) return validateIssued(status, old.spec, now)
  return unlike(old.status) ? [invalidAsWhole('status', 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"')] : []
}
/** What is empty says nothing. */
const filled = (status: object): object => Object.fromEntries(Object.entries(status).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '')))
