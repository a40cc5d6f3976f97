// Texts in quotes as Go writes them.

const short: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' }
const plain = /^[ !#-[\]-~]*$/
/** "text": with escapes for what cannot be printed (strconv.Quote, %q). */
export function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`
  let quoted = ''
  for (const c of text) {
    const code = c.codePointAt(0)!
    if (Object.hasOwn(short, c)) quoted += short[c]
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code >= 0x80 && (c !== ' ' && !/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(c))) quoted += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
    else quoted += c
  }
  return `"${quoted}"`
}

const inJson: Readonly<Record<string, string>> = { a: '\\u0007', v: '\\u000b' }
/** The text that `quote` has quoted. */
export const unquote = (quoted: string): string => JSON.parse(quoted.replace(/\\(?:x([0-9a-f]{2})|U([0-9a-f]{8})|(.))/g, (escape, byte?: string, point?: string, simple?: string) =>
  (byte ? `\\u00${byte}` : point ? String.fromCodePoint(parseInt(point, 16)) : inJson[simple ?? ''] ?? escape))) as string
/** The same as package time writes it: bytes that are no plain ASCII as \\xNN. */
export const timeQuote = (text: string): string =>
  `"${[...text].map((c) => (c === '"' || c === '\\' ? `\\${c}` : c >= ' ' && c < '\x80' ? c : [...new TextEncoder().encode(c)].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join(''))).join('')}"`

/** A JSON text as Go's encoder writes it: what could mean something in HTML or end a line of a script is escaped. */
export const goJson = (json: string): string => json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
