// How an extension server learns who is asking: headers beside the front-proxy certificate (kube-apiserver's authenticating proxy).
import type { User } from '#machinery'

/** The headers that say who the user is. */
export function identityHeaders({ name, uid, groups, extra = {} }: User): Record<string, string | readonly string[]> {
  return {
    'x-remote-user': name, ...(uid && { 'x-remote-uid': uid }), ...(groups.length > 0 && { 'x-remote-group': groups }),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`x-remote-extra-${escaped(key.toLowerCase())}`, values])),
  }
}
/** What is no token of RFC 7230 is percent-encoded, and the percent sign itself. */
const escaped = (key: string): string => [...new TextEncoder().encode(key)].map((byte) => {
  const character = String.fromCharCode(byte)
  return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}).join('')

/** Whether a header claims to say who the user is: only ours may. */
export const claimsIdentity = (name: string): boolean => name === 'x-remote-user' || name === 'x-remote-group' || name === 'x-remote-uid' || name.startsWith('x-remote-extra-')
