// One HTTP request to another server and its answer, both as they flow: how the API server stands between a client and a pod, a node's
// agent or an extension server.
import type { ApiRequest, ByteSource, PeerTrust } from '#machinery'
import { isCredential, withoutCredentials } from '../authn/credentials.ts'

export type Headers = Readonly<Record<string, string | readonly string[]>>

export interface BackendRequest {
  readonly method: ApiRequest['method']
  readonly scheme: 'http' | 'https'
  /** Where to connect. */
  readonly host: string
  readonly port: number
  /** With the query. */
  readonly path: string
  /** Lower-case names; host among them. */
  readonly headers: Headers
  readonly body?: Uint8Array | ByteSource
  /** Of https: whom to believe; 'kubelet': as with node agents. */
  readonly trust: 'kubelet' | PeerTrust
  /** The answer's head must have come by then; absent: whenever it comes. */
  readonly timeoutMs?: number
  /** Calls back when nobody waits for the answer any more. */
  readonly onGone?: (run: () => void) => void
}
export interface BackendAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Headers
  readonly open: ByteSource
}
/** Rejects with an Error in the words of Go's dialer when nobody answers (see Outbound). */
export type BackendConnector = (request: BackendRequest) => Promise<BackendAnswer>

/** What speaks of one connection only (RFC 9110, section 7.6.1), and HTTP/2's own. */
const ofOneConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'])

/** A client's headers as the server behind us gets them: without what is for us or for the connection alone; the client's address is noted. */
export function forwardedHeaders({ headers, remote }: Pick<ApiRequest, 'headers' | 'remote'>): Record<string, string> {
  const out: Record<string, string> = {}
  const named = new Set((headers['connection'] ?? '').toLowerCase().split(',').map((name) => name.trim()))
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || ofOneConnection.has(name) || named.has(name) || isCredential(name)) continue
    out[name] = withoutCredentials(name, value)
  }
  const host = headers['host'] ?? headers[':authority']
  if (host !== undefined) out['host'] = host
  const client = remote?.replace(/^::ffff:/, '')
  if (client) out['x-forwarded-for'] = out['x-forwarded-for'] ? `${out['x-forwarded-for']}, ${client}` : client
  return out
}

/** An answer's headers as the client gets them. */
export const answeredHeaders = (headers: Headers): Record<string, string | readonly string[]> => Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneConnection.has(name)))

/** The request's body, however it came. */
export function bodyOf({ body, stream }: Pick<ApiRequest, 'body' | 'stream'>): Uint8Array | ByteSource | undefined {
  if (stream) return stream
  if (body === undefined) return undefined
  return 'object' in body ? new TextEncoder().encode(JSON.stringify(body.object)) : body
}

/** Whether the client wants to leave HTTP behind. */
export const wantsUpgrade = ({ headers }: Pick<ApiRequest, 'headers'>): boolean => headers['upgrade'] !== undefined

const proxySubresource = /^\/api\/v1\/(?:namespaces\/[^/]+\/(?:pods|services)|nodes)\/[^/]+\/proxy(?:[/?]|$)/
/** Whether a request is a subresource `proxy`: its body is not ours to read, and its answer may take its time. */
export const isPassedOn = (path: string): boolean => path.includes('/proxy') && proxySubresource.test(path)
