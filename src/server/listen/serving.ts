// What the server shows itself with, and whose client certificates it asks for. Both may be replaced while it listens.
import { constants, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsChoices } from './tls-flags.ts'

/** PEM texts. */
export interface KeyPair { readonly certificate: string; readonly key: string }
export interface ServingCertificates extends KeyPair {
  /** The authorities whose client certificates are believed; absent: none are asked for. */
  readonly clientAuthority?: string
  /** Other certificates for clients that ask for these names (a name may begin with `*.`); without names: for those that it holds. */
  readonly named?: readonly (KeyPair & { readonly names: readonly string[] })[]
  /** What is negotiated; default: TLS 1.2 and newer, with Node's suites and curves. */
  readonly choices?: TlsChoices
}

/**
 * How node:tls wants it. Where client certificates are asked for, sessions are not taken up again: a session remembers a certificate, but not
 * who vouched for it, and outlives the authority.
 */
export const contextOptions = ({ certificate, key, clientAuthority, choices }: ServingCertificates): SecureContextOptions =>
  ({ cert: certificate, key, minVersion: 'TLSv1.2', ...choices, ...(clientAuthority !== undefined &&
    { ca: clientAuthority, allowPartialTrustChain: true, secureOptions: constants.SSL_OP_NO_TICKET }) })

/** The context for the name that a client asks for; undefined: the default one. Throws when a key does not fit its certificate. */
export function namedContexts(serving: ServingCertificates): (name: string) => SecureContext | undefined {
  const exact = new Map<string, SecureContext>()
  for (const { certificate, key, names } of serving.named ?? []) {
    const context = createSecureContext(contextOptions({ ...serving, certificate, key }))
    for (const name of names.length > 0 ? names : namesOf(certificate)) if (!exact.has(name.toLowerCase())) exact.set(name.toLowerCase(), context)
  }
  return (asked) => {
    const name = asked.toLowerCase().replace(/\.$/, '')
    return exact.get(name) ?? exact.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`)
  }
}
function namesOf(certificate: string): string[] {
  const { subjectAltName = '', subject } = new X509Certificate(certificate)
  const alternatives = [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name]) => name!), common = /^CN=(.+)$/m.exec(subject)?.[1]
  return alternatives.length > 0 || common === undefined ? alternatives : [common]
}
