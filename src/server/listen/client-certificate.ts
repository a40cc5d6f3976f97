// Who is at the other end of a connection: its address, what its certificate says, and what TLS found out about that; read once for each connection.
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { ClientCertificate } from '#machinery'

/** The element of a subject that is a user's uid. */
const uidElement = '1.3.6.1.4.1.57683.2'
const longestChain = 10
type Subject = Readonly<Record<string, string | string[] | undefined>>
/** `certificate`: the one that it showed, if any. */
export interface Client { readonly certificate: ClientCertificate | undefined; readonly remote: string | undefined }
const seen = new WeakMap<object, Client>()

/** The client of a connection (a session, or the socket itself). */
export function clientOf(connection: object, socketOf: () => TLSSocket): Client {
  let client = seen.get(connection)
  if (!client) {
    const socket = socketOf()
    client = { certificate: read(socket), remote: socket.remoteAddress }
    seen.set(connection, client)
  }
  return client
}

function read(socket: TLSSocket): ClientCertificate | undefined {
  const leaf = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null
  if (!leaf?.subject || !leaf.fingerprint256) return undefined
  const links = chainOf(leaf as DetailedPeerCertificate)
  const { CN, O, [uidElement]: uid } = leaf.subject as unknown as Subject // allowed: Node's type names six elements of a subject
  return {
    commonName: list(CN).at(-1) ?? '', organizations: list(O), uids: list(uid), fingerprint: fingerprint(leaf as DetailedPeerCertificate), chain: links.map(fingerprint),
    notBefore: Math.max(...links.map((c) => Date.parse(c.valid_from))), notAfter: Math.min(...links.map((c) => Date.parse(c.valid_to))),
    ...(!socket.authorized && { problem: `x509: ${String(socket.authorizationError)}` }),
  }
}

function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const links: DetailedPeerCertificate[] = []
  for (let at: DetailedPeerCertificate | undefined = leaf; at && !links.includes(at) && links.length < longestChain; at = at.issuerCertificate) links.push(at)
  return links
}
const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : typeof value === 'string' ? [value] : value)
const fingerprint = ({ fingerprint256 }: DetailedPeerCertificate): string => fingerprint256.replaceAll(':', '').toLowerCase()
