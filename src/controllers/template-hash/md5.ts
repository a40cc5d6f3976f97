// MD5 (RFC 1321): no protection against anybody, but the order that the reference gives to some lists.
const shifts = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]] as const
const constants = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) >>> 0)
const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

/** Lower case hexadecimal of the digest of the text in UTF-8. */
export function md5(text: string): string {
  const bytes = new TextEncoder().encode(text), padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6), view = new DataView(padded.buffer)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  view.setUint32(padded.length - 8, (bytes.length << 3) >>> 0, true)
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true)
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < padded.length; at += 64) {
    let [a, b, c, d] = state as [number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      const mixed = round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d)
      const word = [i, (5 * i + 1) & 15, (3 * i + 5) & 15, (7 * i) & 15][round]!
      const sum = (a + mixed + constants[i]! + view.getUint32(at + word * 4, true)) | 0
      a = d
      d = c
      c = b
      b = (b + rotated(sum, shifts[round]![i & 3]!)) | 0
    }
    for (const [i, value] of [a, b, c, d].entries()) state[i] = (state[i]! + value) | 0
  }
  const out = new DataView(new ArrayBuffer(16))
  for (const [i, value] of state.entries()) out.setUint32(i * 4, value, true)
  return [...new Uint8Array(out.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
