// Bytes as the API carries them: standard base64 with padding. Errors are Go's.

export class Base64Error extends Error { override readonly name = 'Base64Error' }

const clean = /^(?:[A-Za-z0-9+/]{4})*$/
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The text without line breaks and stray bits, as it comes out when the reference reads and writes it. Throws Base64Error. */
export function canonicalBase64(given: string): string {
  if (clean.test(given)) return given
  check(given)
  const text = given.replace(/[\r\n]/g, '')
  if (!text.endsWith('=')) return text
  const padding = text.endsWith('==') ? 2 : 1, last = text.length - padding - 1
  const kept = letters.indexOf(text[last]!) & (padding === 2 ? 0b110000 : 0b111100)
  return text.slice(0, last) + letters[kept] + '='.repeat(padding)
}

function check(text: string): void {
  const fail = (at: number): never => { throw new Base64Error(`illegal base64 data at input byte ${at}`) }
  let read = 0 // characters of the present group of four
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!
    if (c === '\n' || c === '\r') continue
    if (c === '=') {
      if (read < 2) fail(at)
      let next = at + 1
      const skip = () => { while (text[next] === '\n' || text[next] === '\r') next++ }
      skip()
      if (read === 2) {
        if (next >= text.length) fail(text.length)
        if (text[next] !== '=') fail(next - 1)
        next++
        skip()
      }
      if (next < text.length) fail(next)
      return
    }
    if (!letters.includes(c)) fail(at)
    read = (read + 1) % 4
  }
  if (read) fail(text.length - read)
}

/** The bytes of canonical base64. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
