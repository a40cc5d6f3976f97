// Bytes to base64 and back, without Node's Buffer.

const letters = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const padding = 0x3d // '='
const values = new Uint8Array(128)
letters.forEach((letter, value) => { values[letter] = value })
const decoder = new TextDecoder()

/** Standard base64 with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  let at = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i]!, b = bytes[i + 1] ?? 0, c = bytes[i + 2] ?? 0
    out[at++] = letters[a >> 2]!
    out[at++] = letters[(a & 3) << 4 | b >> 4]!
    out[at++] = i + 1 < bytes.length ? letters[(b & 15) << 2 | c >> 6]! : padding
    out[at++] = i + 2 < bytes.length ? letters[c & 63]! : padding
  }
  return decoder.decode(out)
}

/** The bytes of canonical base64 (see canonicalBase64). */
export function base64ToBytes(text: string): Uint8Array {
  const filled = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  const out = new Uint8Array(Math.floor(filled * 3 / 4))
  let at = 0, bits = 0, held = 0
  for (let i = 0; i < filled; i++) {
    held = held << 6 | values[text.charCodeAt(i) & 127]!
    bits += 6
    if (bits >= 8) { bits -= 8; out[at++] = held >> bits & 255 }
  }
  return out
}
