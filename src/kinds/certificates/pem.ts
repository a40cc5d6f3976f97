// Blocks of PEM (RFC 7468), as Go's encoding/pem finds them: what stands around them does not matter, and what is no base64 is no block.
import { fromBase64 } from '#machinery'

export interface PemBlock { readonly type: string; readonly hasHeaders: boolean; readonly bytes: Uint8Array }
const block = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n([^]*?)-----END \1-----/g, header = /^[^\n:]*:.*(?:\n|$)/gm

/** The blocks of a text that is given in base64. */
export const pemBlocks = (base64: string): PemBlock[] => pemBlocksOf(atob(base64))

/** The blocks of a text. */
export function pemBlocksOf(given: string): PemBlock[] {
  return [...given.matchAll(block)].flatMap(([, type = '', text = '']) => {
    const body = text.replace(header, '').replace(/\s/g, '')
    return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(body) ? [{ type, hasHeaders: text.includes(':'), bytes: fromBase64(body) }] : []
  })
}
