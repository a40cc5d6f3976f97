// Bytes and base64.
import { CelError } from './compile.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3), left = bytes.length - i
    text += letters[a >> 2]! + letters[(a & 3) << 4 | b >> 4]! + (left > 1 ? letters[(b & 15) << 2 | c >> 6]! : '=') + (left > 2 ? letters[c & 63]! : '=')
  }
  return text
}

/** Throws CelError for what is not base64. */
export function decodeBase64(text: string): Uint8Array {
  const clean = text.replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean)) throw new CelError('illegal base64 data')
  const bytes: number[] = []
  for (let i = 0; i < clean.length; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => letters.indexOf(clean[i + k]!)) as [number, number, number, number]
    bytes.push(a << 2 | b >> 4)
    if (c >= 0) bytes.push((b & 15) << 4 | c >> 2)
    if (d >= 0) bytes.push((c & 3) << 6 | d)
  }
  return new Uint8Array(bytes)
}
