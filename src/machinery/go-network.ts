// Failures of connections as Go tells them.

/** Whether this is an address and no name. */
const isAddress = (host: string): boolean => host.includes(':') || /^\d+(\.\d+){3}$/.test(host)

/** Node's errors in Go's words: clients and recorded answers know those. */
export function inGo(error: Error & { code?: string; host?: string; cert?: { subject?: { CN?: string }; subjectaltname?: string } }, host: string, port: number): Error {
  const dial = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: `${dial}: connect: connection refused`, EHOSTUNREACH: `${dial}: connect: no route to host`, ENETUNREACH: `${dial}: connect: network is unreachable`, ETIMEDOUT: `${dial}: i/o timeout`,
    ENOTFOUND: `dial tcp: lookup ${host}: no such host`, EAI_AGAIN: `dial tcp: lookup ${host}: server misbehaving`, ECONNRESET: 'EOF', EPIPE: 'write: broken pipe',
    CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid', DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority, SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
    ERR_TLS_CERT_ALTNAME_INVALID: `tls: failed to verify certificate: x509: ${otherName(error.cert ?? {}, error.host ?? host)}`,
    EPROTO: error.message.includes('wrong version number') ? 'http: server gave HTTP response to HTTPS client' : 'tls: handshake failure',
  }
  const text = error.code === undefined ? undefined : words[error.code]
  return text === undefined ? error : new Error(text, { cause: error })
}
const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'

/** A certificate for somebody else. */
function otherName({ subject, subjectaltname = '' }: { subject?: { CN?: string }; subjectaltname?: string }, wanted: string): string {
  const names = subjectaltname.split(', ').filter((name) => name !== '')
  const of = (kind: string) => names.flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []))
  const ips = of('IP Address'), hosts = of('DNS')
  if (isAddress(wanted) && ips.length === 0) return `cannot validate certificate for ${wanted} because it doesn't contain any IP SANs`
  if (isAddress(wanted)) return `certificate is valid for ${ips.join(', ')}, not ${wanted}`
  if (names.length === 0 && subject?.CN) return 'certificate relies on legacy Common Name field, use SANs instead'
  return hosts.length === 0 ? `certificate is not valid for any names, but wanted to match ${wanted}` : `certificate is valid for ${hosts.join(', ')}, not ${wanted}`
}
