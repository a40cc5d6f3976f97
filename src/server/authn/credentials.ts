// What a client shows to this server is for this server: it goes no further, to no pod, node or extension server.
import { webSocketPrefix } from './bearer.ts'

/** Headers with credentials, or with claims about who somebody is. */
export const isCredential = (name: string): boolean => name === 'authorization' || name.startsWith('impersonate-') || name === 'x-remote-user' || name === 'x-remote-group' ||
  name === 'x-remote-uid' || name.startsWith('x-remote-extra-')

/** A header's value as others may see it: a WebSocket's subprotocols without the token among them. */
export const withoutCredentials = (name: string, value: string): string =>
  (name === 'sec-websocket-protocol' && value.includes(webSocketPrefix) ? value.split(',').map((p) => p.trim()).filter((p) => !p.startsWith(webSocketPrefix)).join(', ') : value)
