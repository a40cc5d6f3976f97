// What is wrong with a certificate signing request and with what is decided about it.
import { duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, notSupported, quote, requiredValue, same, tooLong, type FieldError, type VerifySignature } from '#machinery'
import { oneOf } from '../checks.ts'
import { goDiff } from '../go-diff.ts'
import { signingConditionForm } from '../go-forms.ts'
import type { CertificateSigningRequestCondition, CertificateSigningRequestSpec, CertificateSigningRequestStatus } from './certificatesigningrequest.ts'
import { certificates } from './certificate.ts'
import { pemBlocks } from './pem.ts'
import { whyBadlySigned } from './request-signature.ts'
import { signingRequestIn, type SigningRequest } from './signing-request.ts'

interface Request { readonly spec: CertificateSigningRequestSpec; readonly status: CertificateSigningRequestStatus }
/** What a key may be used for. */
export const usageWords = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature',
  'email protection', 'encipher only', 'ipsec end system',
  'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping']
const shortest = 600
/** What decides a request; each comes once and stays. */
export const decisions = ['Approved', 'Denied'] as const
const lasting = [...decisions, 'Failed'] as const
const legacySigner = 'kubernetes.io/legacy-unknown'

export function validateSigningRequest({ spec, status }: Request, old?: Request, subresource?: string): FieldError[] {
  const usages = spec.usages ?? [], at = 'spec.usages', seconds = spec.expirationSeconds, wrong = whyNoRequest(spec.request)
  return [
    ...(wrong === undefined ? [] : [invalidValue('spec.request', spec.request || null, wrong)]),
    ...(usages.length ? [] : [requiredValue(at)]),
    ...usages.flatMap((usage, i) => oneOf(usage, usageWords, `${at}[${i}]`)),
    ...usages.flatMap((usage, i) => (usages.indexOf(usage) < i ? [duplicateValue(`${at}[${i}]`, usage)] : [])),
    ...(spec.signerName === legacySigner && old?.spec.signerName !== legacySigner
      ? [invalidValue('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version')] : validateSignerName(spec.signerName, 'spec.signerName')),
    ...(seconds !== undefined && seconds < shortest ? [invalidValue('spec.expirationSeconds', seconds, `may not specify a duration less than ${shortest} seconds (10 minutes)`)]
      : []),
    ...validateConditions(status.conditions ?? []),
    ...((status.certificate ?? '') === (old?.status.certificate ?? '') ? [] : validateCertificate(status.certificate ?? '')),
    ...(old ? validateChange(status, old.status, subresource) : []),
  ]
}
/** What the reference has against a signing request in PEM, but for its signature. */
function whyNoRequest(base64: string): string | undefined {
  try { signingRequestIn(base64) } catch (error) { return (error as Error).message }
  return undefined
}
/** What is wrong with the signature of a new request. It is a rule apart because it takes cryptography; what is no request at all has been told of already. */
export function validateSignature({ spec: { request } }: Pick<Request, 'spec'>, verify: VerifySignature): FieldError[] {
  let read: SigningRequest
  try { read = signingRequestIn(request) } catch { return [] }
  const why = whyBadlySigned(read, verify)
  return why === undefined ? [] : [invalidValue('spec.request', request, why)]
}
/** Certificates in PEM, and nothing else. */
function validateCertificate(base64: string): FieldError[] {
  const refuse = (why: string) => [invalidValue('status.certificate', '<certificate data>', why)], blocks = pemBlocks(base64)
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return refuse(`only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`)
    if (hasHeaders) return refuse('no PEM block headers are permitted')
    try {
      if (certificates(bytes).length === 0) return refuse('found CERTIFICATE PEM block containing 0 certificates')
    } catch (error) { return refuse((error as Error).message) }
  }
  return base64 && blocks.length === 0 ? refuse('must contain at least one CERTIFICATE PEM block') : []
}

const longestDomain = 253, longestName = 571
/** A domain and a path of one segment behind it. */
export function validateSignerName(name: string, at: string): FieldError[] {
  if (!name) return [requiredValue(at)]
  const segments = name.split('/'), [domain = '', path = ''] = segments
  if (segments.length !== 2) return [invalidValue(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const labels = domain.split('.')
  /** The first part that is wrong stands for all that are. */
  const firstBad = (all: readonly string[], check: (label: string) => string[], shown: string) => {
    const bad = all.find((label) => check(label).length)
    return bad === undefined ? [] : check(bad).map((message) => invalidValue(at, shown, `validating label ${quote(bad)}: ${message}`))
  }
  return [
    ...(domain.length > longestDomain ? [tooLong(at, longestDomain)] : []),
    ...firstBad(labels, isDNS1123Label, domain),
    ...(labels.length < 2 ? [invalidValue(at, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...firstBad(path.split('.'), isDNS1123Subdomain, path),
    ...(name.length > longestName ? [tooLong(at, longestName)] : []),
  ]
}

function validateConditions(conditions: readonly CertificateSigningRequestCondition[]): FieldError[] {
  const errors: FieldError[] = [], seen = new Set<string>()
  for (const [i, { type, status }] of conditions.entries()) {
    const at = `status.conditions[${i}]`, words = lasting.some((word) => word === type) ? ['True'] : ['False', 'True', 'Unknown']
    if (!type) errors.push(requiredValue(`${at}.type`))
    if (!status) errors.push(requiredValue(`${at}.status`))
    else if (!words.includes(status)) errors.push(notSupported(`${at}.status`, status, words))
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved'))) errors.push(invalidValue('status.conditions', type,
      'Approved and Denied conditions are mutually exclusive'))
    if (seen.has(type)) errors.push(duplicateValue(`${at}.type`, type))
    seen.add(type)
  }
  return errors
}

function validateChange(now: CertificateSigningRequestStatus, before: CertificateSigningRequestStatus, subresource: string | undefined): FieldError[] {
  const errors: FieldError[] = [], of = (status: CertificateSigningRequestStatus, type: string) => (status.conditions ?? []).filter((c) => c.type === type)
  for (const type of lasting) if (of(now, type).length < of(before, type).length) errors.push(forbiddenValue('status.conditions',
    `updates may not remove a condition of type ${quote(type)}`))
  if (subresource !== 'approval') for (const type of decisions) {
    const [a, b] = [of(now, type), of(before, type)]
    if (a.length > b.length) errors.push(forbiddenValue('status.conditions', `updates may not add a condition of type ${quote(type)}`))
    else if (a.length === b.length && !same(a, b)) errors.push(forbiddenValue('status.conditions', `updates may not modify a condition of type ${quote(type)}\n${goDiff(signingConditionForm, b, a)}`))
  }
  if ((now.certificate ?? '') !== (before.certificate ?? '')) {
    if (subresource !== 'status') errors.push(forbiddenValue('status.certificate', 'updates may not set certificate content'))
    else if (before.certificate) errors.push(forbiddenValue('status.certificate', 'updates may not modify existing certificate content'))
  }
  return errors
}
