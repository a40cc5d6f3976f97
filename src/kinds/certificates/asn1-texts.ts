// Texts as ASN.1 has them, with what Go has against them. A language that says the same in six ways needs a reader for each.

/** Universal tags of texts. */
export const texts = { utf8: 0x0c, numeric: 0x12, printable: 0x13, t61: 0x14, ia5: 0x16, bmp: 0x1e } as const
export type TextTag = (typeof texts)[keyof typeof texts]
export const isTextTag = (tag: number): tag is TextTag => Object.values<number>(texts).includes(tag)

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const forms: Readonly<Record<number, RegExp>> = { [texts.printable]: /^[a-zA-Z0-9'()+,\-./ :=?*&]*$/, [texts.numeric]: /^[0-9 ]*$/, [texts.ia5]: /^[\x00-\x7f]*$/ }

/** undefined where the bytes are no such text. */
export function textOf(tag: TextTag, bytes: Uint8Array): string | undefined {
  if (tag === texts.utf8) {
    try { return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) } catch { return undefined }
  }
  if (tag === texts.bmp) return bmp(bytes)
  const text = latin1(bytes)
  return forms[tag]?.test(text) === false ? undefined : text
}
/** Two bytes for each character of the basic plane; those that are none, or halves of others, are refused. */
function bmp(bytes: Uint8Array): string | undefined {
  if (bytes.length % 2 !== 0) return undefined
  const codes = Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!)
  if (codes.at(-1) === 0) codes.pop()
  return codes.some((code) => code >= 0xfffe || (code >= 0xfdd0 && code <= 0xfdef) || (code >= 0xd800 && code <= 0xdfff)) ? undefined : String.fromCharCode(...codes)
}
/** A text of ASCII alone. */
export const ia5 = (bytes: Uint8Array): string | undefined => textOf(texts.ia5, bytes)
