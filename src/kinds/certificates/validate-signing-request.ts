// What is wrong with a certificate signing request and with what is decided about it.
import { duplicateValue, forbiddenValue, invalidValue, isDNS1123Label, isDNS1123Subdomain, notSupported, requiredValue, same, tooLong, type FieldError } from '#machinery'
import { oneOf } from '../checks.ts'
import type { CertificateSigningRequestCondition, CertificateSigningRequestSpec, CertificateSigningRequestStatus } from './certificatesigningrequest.ts'

interface Request { readonly spec: CertificateSigningRequestSpec; readonly status: CertificateSigningRequestStatus }
const usageWords = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature',
  'email protection', 'encipher only', 'ipsec end system',
  'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping']
const shortest = 600
/** What decides a request; each comes once and stays. */
export const decisions = ['Approved', 'Denied'] as const
const lasting = [...decisions, 'Failed'] as const

export function validateSigningRequest({ spec, status }: Request, old?: Request, subresource?: string): FieldError[] {
  const usages = spec.usages ?? [], at = 'spec.usages', seconds = spec.expirationSeconds
  return [
    ...(isRequest(spec.request) ? [] : [invalidValue('spec.request', spec.request || null, 'PEM block type must be CERTIFICATE REQUEST')]),
    ...(usages.length ? [] : [requiredValue(at)]),
    ...usages.flatMap((usage, i) => oneOf(usage, usageWords, `${at}[${i}]`)),
    ...usages.flatMap((usage, i) => (usages.indexOf(usage) < i ? [duplicateValue(`${at}[${i}]`, usage)] : [])),
    ...(spec.signerName === 'kubernetes.io/legacy-unknown' ? [invalidValue('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version')]
      : validateSignerName(spec.signerName, 'spec.signerName')),
    ...(seconds !== undefined && seconds < shortest ? [invalidValue('spec.expirationSeconds', seconds, `may not specify a duration less than ${shortest} seconds (10 minutes)`)]
      : []),
    ...validateConditions(status.conditions ?? []),
    ...(old ? validateChange(status, old.status, subresource) : []),
  ]
}
/** Whether this is a signing request in PEM; what the block holds is the signer's business. */
function isRequest(base64: string): boolean {
  return /^-----BEGIN CERTIFICATE REQUEST-----\r?\n[^-]*\n-----END CERTIFICATE REQUEST-----/m.test(atob(base64))
}

const longestDomain = 253, longestName = 571
/** A domain and a path of one segment behind it. */
export function validateSignerName(name: string, at: string): FieldError[] {
  if (!name) return [requiredValue(at)]
  const segments = name.split('/'), [domain = '', path = ''] = segments
  if (segments.length !== 2) return [invalidValue(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const labels = domain.split('.'), why = (label: string, message: string) => `validating label ${JSON.stringify(label)}: ${message}`
  return [
    ...(domain.length > longestDomain ? [tooLong(at, longestDomain)] : []),
    ...labels.flatMap((label) => isDNS1123Label(label).map((message) => invalidValue(at, domain, why(label, message)))),
    ...(labels.length < 2 ? [invalidValue(at, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...path.split('.').flatMap((label) => isDNS1123Subdomain(label).map((message) => invalidValue(at, path, why(label, message)))),
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
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved'))) errors.push(invalidValue(`${at}.type`, type,
      'Approved and Denied conditions are mutually exclusive'))
    if (seen.has(type)) errors.push(duplicateValue(`${at}.type`, type))
    seen.add(type)
  }
  return errors
}

function validateChange(now: CertificateSigningRequestStatus, before: CertificateSigningRequestStatus, subresource: string | undefined): FieldError[] {
  const errors: FieldError[] = [], of = (status: CertificateSigningRequestStatus, type: string) => (status.conditions ?? []).filter((c) => c.type === type)
  for (const type of lasting) if (of(now, type).length < of(before, type).length) errors.push(forbiddenValue('status.conditions',
    `updates may not remove a condition of type ${JSON.stringify(type)}`))
  if (subresource !== 'approval') for (const type of decisions) {
    const [a, b] = [of(now, type), of(before, type)]
    if (a.length > b.length) errors.push(forbiddenValue('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`))
    else if (a.length === b.length && !same(a, b)) errors.push(forbiddenValue('status.conditions', `updates may not modify a condition of type ${JSON.stringify(type)}`))
  }
  if ((now.certificate ?? '') !== (before.certificate ?? '')) {
    if (subresource !== 'status') errors.push(forbiddenValue('status.certificate', 'updates may not set certificate content'))
    if (before.certificate) errors.push(forbiddenValue('status.certificate', 'updates may not modify existing certificate content'))
  }
  return errors
}
