import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** The one client that may ask: the API server. */
const apiServerName = 'kube-apiserver-kubelet-client'

/** 401 without a certificate of our authority, 403 when it is another's; undefined when the request may go on. */
export function refusal(request: IncomingMessage): 401 | 403 | undefined {
  const socket = request.socket as TLSSocket
  if (!socket.authorized) return 401
  return socket.getPeerCertificate().subject?.CN === apiServerName ? undefined : 403
}
export const refusalText = (status: 401 | 403): string => (status === 401 ? 'Unauthorized' : 'Forbidden')

export interface Asked { readonly room: string; readonly rest: readonly string[]; readonly query: URLSearchParams }
/** The path in parts, decoded; undefined when it cannot be read. */
export function asked(request: IncomingMessage): Asked | undefined {
  try {
    const { pathname, searchParams } = new URL(`https://agent${request.url ?? '/'}`)
    const [room = '', ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent)
    return { room, rest, query: searchParams }
  } catch { return undefined }
}
