// What is wrong with a bundle of authorities: it holds certificates of authorities in PEM, each once, and nothing else.
import { invalidValue, tooLong, type FieldError } from '#machinery'
import { immutableField } from '../checks.ts'
import { certificate } from './certificate.ts'
import type { ClusterTrustBundleSpec } from './clustertrustbundle.ts'
import { pemBlocksOf } from './pem.ts'
import { validateSignerName } from './validate-signing-request.ts'

interface Bundle { readonly spec: ClusterTrustBundleSpec }
const largest = 1024 * 1024

export function validateTrustBundle({ spec: { signerName = '', trustBundle } }: Bundle, old?: Bundle): FieldError[] {
  return [
    ...(signerName ? validateSignerName(signerName, 'spec.signerName') : []),
    ...(old?.spec.trustBundle === trustBundle ? [] : validateAuthorities(trustBundle, 'spec.trustBundle')),
  ]
}
export const validateTrustBundleChange = ({ spec: { signerName = '' } }: Bundle, old: Bundle): FieldError[] =>
  immutableField(signerName, old.spec.signerName ?? '', 'spec.signerName')

function validateAuthorities(text: string, at: string): FieldError[] {
  if (new TextEncoder().encode(text).length > largest) return [tooLong(at, largest)]
  const refuse = (why: string) => invalidValue(at, '<value omitted>', why)
  const blocks = pemBlocksOf(text), wrong = blocks.flatMap(({ type, hasHeaders, bytes }, i) => {
    if (type !== 'CERTIFICATE') return [refuse(`entry ${i} has bad block type: ${type}`)]
    if (hasHeaders) return [refuse(`entry ${i} has PEM block headers`)]
    try { return certificate(bytes).isAuthority ? [] : [refuse(`entry ${i} does not have the CA bit set`)] } catch { return [refuse(`entry ${i} does not parse as X.509`)] }
  })
  if (wrong.length > 0) return wrong
  if (blocks.length === 0) return [refuse('at least one trust anchor must be provided')]
  const places = new Map<string, number[]>()
  for (const [i, { bytes }] of blocks.entries()) places.set(bytes.join(), [...places.get(bytes.join()) ?? [], i])
  return [...places.values()].filter((all) => all.length > 1).map((all) => refuse(`duplicate trust anchor (indices [${all.join(' ')}])`))
}
