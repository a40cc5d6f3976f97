// Client certificates: who they name, and proxies that may say whom they speak for. TLS has verified the chain; which authority stands
// behind it decides here, on every request, because authorities and certificates end while connections live.
import type { ApiRequest, ClientCertificate } from '#machinery'
import type { Authenticator } from './authn.ts'
import { headerValues } from './header-values.ts'

/** SHA-256 fingerprints (lower-case hex) of certificates that are believed. */
export type Anchors = () => ReadonlySet<string>

/** CN is the name, each O a group. */
export function certificateAuthenticator({ anchors, now }: { readonly anchors: Anchors; readonly now: () => number }): Authenticator {
  return {
    name: 'x509',
    authenticate({ certificate }) {
      if (!certificate) return undefined
      verify(certificate, anchors(), now())
      const { commonName, organizations, uids, fingerprint } = certificate
      if (commonName === '') return undefined
      if (uids.length > 1) throw new Error('expected 1 UID, but found multiple')
      return { user: { name: commonName, ...(uids[0] && { uid: uids[0] }), groups: organizations,
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] } } }
    },
  }
}

export interface FrontProxy {
  readonly anchors: Anchors
  /** Common names that may speak for others; empty: everybody whom the authority vouches for. */
  readonly allowedNames: () => readonly string[]
  /** Headers, lower-case; of the first three sorts all are looked at, in order. */
  readonly headers: () => { readonly username: readonly string[]; readonly uid: readonly string[]; readonly group: readonly string[]; readonly extraPrefix: readonly string[] }
  readonly now: () => number
}

/** A proxy that has authenticated somebody says who it is in headers (X-Remote-User and its fellows). */
export function frontProxyAuthenticator({ anchors, allowedNames, headers, now }: FrontProxy): Authenticator {
  return {
    name: 'front-proxy',
    authenticate(request) {
      const { certificate } = request
      if (!certificate) return undefined
      verify(certificate, anchors(), now())
      const allowed = allowedNames()
      if (allowed.length > 0 && !allowed.includes(certificate.commonName)) throw new Error(`x509: subject with cn=${certificate.commonName} is not in the allowed list`)
      const names = headers(), name = first(request, names.username)
      if (name === '') return undefined
      const uid = first(request, names.uid), extra = extraOf(request, names.extraPrefix)
      return { user: { name, ...(uid && { uid }), groups: names.group.flatMap((h) => headerValues(request, h)).filter((g) => g !== ''),
        ...(Object.keys(extra).length > 0 && { extra }) } }
    },
  }
}

function verify({ problem, notBefore, notAfter, chain }: ClientCertificate, anchors: ReadonlySet<string>, now: number): void {
  const why = problem ?? (now < notBefore || now > notAfter ? 'x509: certificate has expired or is not yet valid' : chain.some((f) => anchors.has(f)) ? undefined
    : 'x509: certificate signed by unknown authority')
  if (why !== undefined) throw new Error(`verifying the client certificate failed: ${why}`)
}

const first = ({ headers }: ApiRequest, names: readonly string[]): string => names.map((n) => headers[n]).find((v) => v !== undefined && v !== '') ?? ''

function extraOf(request: ApiRequest, prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  for (const prefix of prefixes) {
    for (const header in request.headers) {
      if (!header.startsWith(prefix)) continue
      const key = unescaped(header.slice(prefix.length))
      extra[key] = [...(extra[key] ?? []), ...headerValues(request, header)]
    }
  }
  return extra
}
function unescaped(text: string): string { try { return decodeURIComponent(text) } catch { return text } }
