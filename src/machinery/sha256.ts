// SHA-256 (FIPS 180-4) for names that are hashes, where nothing secret is at stake.
const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n))
/** The first 32 bits of the fractions of roots of the first primes. */
function fractions(count: number, root: number): number[] {
  const out: number[] = []
  for (let n = 2; out.length < count; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false
    if (isPrime) { const r = n ** (1 / root); out.push(((r - Math.floor(r)) * 2 ** 32) | 0) }
  }
  return out
}
const start = fractions(8, 2), constants = fractions(64, 3)

/** In hexadecimal, of the text's UTF-8. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text), blocks = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6), view = new DataView(blocks.buffer), state = [...start]
  blocks.set(bytes)
  blocks[bytes.length] = 0x80
  view.setUint32(blocks.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(blocks.length - 4, bytes.length << 3)
  const w = new Int32Array(64)
  for (let at = 0; at < blocks.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]!, b = w[i - 2]!
      w[i] = w[i - 16]! + (rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)) + w[i - 7]! + (rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10))
    }
    let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const one = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0
      const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0
    }
    for (const [i, x] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i]! + x) | 0
  }
  return state.map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('')
}
