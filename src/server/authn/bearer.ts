// Bearer tokens: a file of static ones (--token-auth-file) and service account tokens.
import { node, pod, secret, serviceAccount } from '#kinds'
import type { ApiRequest, User } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { Authenticator } from './authn.ts'
import type { ServiceAccountTokens, TokenSource } from './tokens.ts'

/** The token of an Authorization header, or of a WebSocket's subprotocol (browsers cannot set headers). */
export function bearerToken(request: ApiRequest): string | undefined {
  const header = request.headers['authorization']
  if (header !== undefined) {
    const [scheme, token] = header.trim().split(/ +/, 2)
    return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
  }
  const protocol = request.headers['sec-websocket-protocol']?.split(',').map((p) => p.trim()).find((p) => p.startsWith(webSocketPrefix))
  if (!protocol) return undefined
  const encoded = protocol.slice(webSocketPrefix.length).replaceAll('-', '+').replaceAll('_', '/')
  return decodeAscii(encoded)
}
const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
function decodeAscii(base64: string): string {
  let out = '', held = 0, bits = 0
  for (const c of base64) {
    const v = alphabet.indexOf(c)
    if (v < 0) continue
    held = ((held << 6) | v) & 0xffff
    bits += 6
    if (bits >= 8) { bits -= 8; out += String.fromCharCode((held >> bits) & 0xff) }
  }
  return out
}

/**
 * Users by token, from lines of `token,user,uid,"group1,group2"` (RFC 4180 quoting). Throws an Error that names the line when it has fewer than three columns.
 */
export function parseTokenFile(csv: string, fileName: string): Map<string, User> {
  const users = new Map<string, User>()
  csv.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const [token, name, uid, groups] = columns(line)
    if (!token || !name || uid === undefined) throw new Error(`${fileName}:${i + 1}: a token file has at least 3 columns (token, user name, user uid), and a fourth with groups if wanted`)
    users.set(token, { name, uid, groups: (groups ?? '').split(',').map((g) => g.trim()).filter(Boolean) })
  })
  return users
}
function columns(line: string): string[] {
  const out: string[] = []
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) out.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
  return out
}

/** Authenticates what `parseTokenFile` read. A token it does not know may still be known to the next authenticator. */
export const tokenFileAuthenticator = (users: ReadonlyMap<string, User>): Authenticator => ({
  name: 'token-file',
  authenticate(request) {
    const token = bearerToken(request)
    return token === undefined ? undefined : users.get(token)
  },
})

/** Authenticates service account tokens; throws for any other bearer token, so it comes last among those that read one. */
export function serviceAccountAuthenticator(tokens: ServiceAccountTokens, objects: ObjectReader): Authenticator {
  const source = tokenSource(objects)
  return {
    name: 'service-account',
    authenticate(request) {
      const token = bearerToken(request)
      if (token === undefined) return undefined
      const found = tokens.verify(token, source)
      if (!found) throw new Error('the bearer token is not valid')
      return found.user
    },
  }
}

/** What tokens are bound to, as the store has it now. */
export const tokenSource = (objects: ObjectReader): TokenSource => ({
  serviceAccount: (namespace, name) => objects.get(serviceAccount, name, namespace)?.metadata,
  secret: (namespace, name) => objects.get(secret, name, namespace)?.metadata,
  node: (name) => objects.get(node, name)?.metadata,
  pod(namespace, name) {
    const found = objects.get(pod, name, namespace)
    return found && { uid: found.metadata.uid, ...(found.metadata.deletionTimestamp && { deletionTimestamp: found.metadata.deletionTimestamp }), ...(found.spec.nodeName && { nodeName: found.spec.nodeName }) }
  },
})
