// What is wrong with a certificate that was issued to a pod, and with what its request says of it. All times in milliseconds.
import { invalidValue, parseTime, requiredValue, same, tooLong, type FieldError } from '#machinery'
import { certificate, type Certificate } from './certificate.ts'
import { pemBlocksOf } from './pem.ts'
import type { PodCertificateRequestSpec, PodCertificateRequestStatus } from './podcertificaterequest.ts'
import { keyBytes } from './validate-pod-certificate-request.ts'

const chainAt = 'status.certificateChain', largestChain = 100 * 1024, minute = 60_000, hour = 60 * minute, nearby = 5 * minute, leastRest = 10 * minute
/** In a millisecond: messages show durations in them. */
const nanoseconds = 1_000_000

export function validateIssued(status: PodCertificateRequestStatus, spec: PodCertificateRequestSpec, now: number): FieldError[] {
  const chain = status.certificateChain ?? '', refuse = (why: string, value: unknown = chain) => [invalidValue(chainAt, value, why)]
  if (chain.length > largestChain) return [tooLong(chainAt, largestChain)]
  const [first, ...rest] = pemBlocksOf(chain)
  if (!first) return refuse('issued certificate chain must contain at least one certificate')
  if (first.type !== 'CERTIFICATE') return refuse('issued certificate chain must consist entirely of CERTIFICATE PEM blocks')
  let leaf: Certificate
  try { leaf = certificate(first.bytes) } catch { return refuse('leaf certificate does not parse as valid X.509') }
  const names = leaf.dnsNames.flatMap((name) => [
    ...(name === '' ? refuse('leaf certificate should not contain empty DNSName', name) : []), ...(name.includes('..') ? refuse("leaf certificate's DNSName should not contain '..'", name) : []),
    ...(name.startsWith('.') || name.endsWith('.') ? refuse("leaf certificate's DNSName should not start or end with '.'", name) : []),
  ])
  if (!same([...leaf.publicKey], [...keyBytes(spec)])) return [...names, ...refuse('leaf certificate was not issued to the requested public key')]
  const { notBefore, notAfter, beginRefreshAt } = status, missing = [
    ...(notBefore ? [] : [requiredValue('status.notBefore', 'must be present and consistent with the issued certificate')]),
    ...(notAfter ? [] : [requiredValue('status.notAfter', 'must be present and consistent with the issued certificate')]),
    ...(beginRefreshAt ? [] : [requiredValue('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]')]),
  ]
  if (names.length + missing.length > 0) return [...names, ...missing]
  return [...validateTimes({ notBefore: notBefore!, notAfter: notAfter!, beginRefreshAt: beginRefreshAt! }, leaf, spec, now), ...rest.flatMap(({ type, bytes }) => {
    if (type !== 'CERTIFICATE') return refuse('issued certificate chain must consist entirely of CERTFICATE PEM blocks')
    try { certificate(bytes) } catch { return refuse('intermediate certificate does not parse as valid X.509') }
    return []
  })].slice(0, 1)
}

interface Times { readonly notBefore: string; readonly notAfter: string; readonly beginRefreshAt: string }
function validateTimes(given: Times, leaf: Certificate, spec: PodCertificateRequestSpec, now: number): FieldError[] {
  const refuse = (field: keyof Times, why: string) => [invalidValue(`status.${field}`, given[field], why)], at = (field: keyof Times) => parseTime(given[field])
  const life = leaf.notAfter - leaf.notBefore, most = spec.maxExpirationSeconds
  if (at('notBefore') !== leaf.notBefore) return refuse('notBefore', 'must be set to the NotBefore time encoded in the leaf certificate')
  if (Math.abs(at('notBefore') - now) >= nearby) return refuse('notBefore', "must be set to within 5 minutes of kube-apiserver's current time")
  if (at('notAfter') !== leaf.notAfter) return refuse('notAfter', 'must be set to the NotAfter time encoded in the leaf certificate')
  if (life < hour) return [invalidValue(chainAt, life * nanoseconds, 'leaf certificate lifetime must be >= 1 hour')]
  if (life > most * 1000) return [invalidValue(chainAt, life * nanoseconds, `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${most})`)]
  if (at('beginRefreshAt') < at('notBefore') + leastRest) return refuse('beginRefreshAt', 'must be at least 10 minutes after status.notBefore')
  return at('beginRefreshAt') > at('notAfter') - leastRest ? refuse('beginRefreshAt', 'must be at least 10 minutes before status.notAfter') : []
}
