// RFC 4648 section 5, without padding.
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map([...letters].map((c, i) => [c, i]))

export function toBase64Url(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0), left = bytes.length - i
    out += letters[n >> 18]! + letters[(n >> 12) & 63]! + (left > 1 ? letters[(n >> 6) & 63]! : '') + (left > 2 ? letters[n & 63]! : '')
  }
  return out
}
/** undefined when a character is not of the alphabet. */
export function fromBase64Url(s: string): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(Math.floor((s.length * 3) / 4))
  let bits = 0, held = 0, at = 0
  for (const c of s) {
    const v = values.get(c)
    if (v === undefined) return undefined
    held = ((held << 6) | v) & 0xffffff
    bits += 6
    if (bits >= 8) { bits -= 8; out[at++] = (held >> bits) & 0xff }
  }
  return out
}
