// Bearer tokens: where they stand in a request, and who is asked about them.
import type { ApiRequest, User } from '#machinery'
import { firstOf, type Answer, type Asked, type Authenticator, type TokenAuthenticator } from './authn.ts'
import { fromBase64Url } from './base64url.ts'

/** Begins the subprotocol that is a token. */
export const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.'
const spaceWarning = 'the provided Authorization header contains extra space before the bearer token, and is ignored'

/** The token of an Authorization header; undefined when there is none. Spaces count: "Bearer  x" has an empty token. */
export function bearerToken(header: string | undefined, asked: Pick<Asked, 'warn'> = {}): string | undefined {
  if (header === undefined) return undefined
  const text = header.trim(), space = text.indexOf(' ')
  if (space < 0 || text.slice(0, space).toLowerCase() !== 'bearer') return undefined
  const next = text.indexOf(' ', space + 1), token = next < 0 ? text.slice(space + 1) : text.slice(space + 1, next)
  if (token === '') asked.warn?.(spaceWarning)
  return token || undefined
}

/**
 * The token among a WebSocket's subprotocols: browsers cannot set headers (the WebSocket asks for another protocol too, which is then
 * spoken). Throws when it is not to be read.
 */
export function webSocketToken({ headers }: ApiRequest): string | undefined {
  const protocols = headers['sec-websocket-protocol']
  if (protocols === undefined || headers['upgrade']?.toLowerCase() !== 'websocket') return undefined
  const all = protocols.split(',').map((p) => p.trim()), encoded = all.filter((p) => p.startsWith(webSocketPrefix))
  if (encoded.length === 0) return undefined
  if (encoded.length > 1) throw new Error('multiple base64.bearer.authorization tokens specified')
  const bytes = fromBase64Url(encoded[0]!.slice(webSocketPrefix.length))
  if (!bytes) throw new Error('invalid base64.bearer.authorization token encoding')
  if (all.every((p) => p === '' || p.startsWith(webSocketPrefix))) throw new Error('missing additional subprotocol')
  try { return new TextDecoder('utf-8', { fatal: true }).decode(bytes) } catch { throw new Error('invalid base64.bearer.authorization token') }
}

/** Whoever the token of a request is; throws when nobody knows the token. */
export function bearerAuthenticator(tokens: readonly TokenAuthenticator[]): Authenticator {
  return {
    name: 'bearer',
    authenticate(request, asked) {
      const token = bearerToken(request.headers['authorization'], asked) ?? webSocketToken(request)
      if (token === undefined) return undefined
      const found = firstOf(tokens, (each) => each.authenticateToken(token, asked))
      return found instanceof Promise ? found.then(known) : known(found)
    },
  }
}

function known(found: Answer): Answer {
  if (!found) throw new Error('invalid bearer token')
  return found
}

/**
 * Users by token, from lines of `token,user,uid,"group1,group2"` (RFC 4180 quoting). Throws an Error that names the line when it has fewer than three columns.
 */
export function parseTokenFile(csv: string, fileName: string): Map<string, User> {
  const users = new Map<string, User>()
  csv.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const [token, name, uid, groups] = columns(line)
    if (!token || !name || uid === undefined)
      throw new Error(`${fileName}:${i + 1}: a token file has at least 3 columns (token, user name, user uid), and a fourth with groups if wanted`)
    users.set(token, { name, uid, groups: (groups ?? '').split(',').map((g) => g.trim()).filter(Boolean) })
  })
  return users
}
function columns(line: string): string[] {
  const out: string[] = []
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) out.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
  return out
}

/** Authenticates what `parseTokenFile` read. */
export const tokenFileAuthenticator = (users: ReadonlyMap<string, User>): TokenAuthenticator => ({
  name: 'token-file',
  authenticateToken(token) {
    const user = users.get(token)
    return user && { user }
  },
})
