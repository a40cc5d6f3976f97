// The ciphers of encryption at rest, byte for byte as the reference stores them, so that its data can be read here and ours there.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'

/** `path` is the key in the store; where a cipher can, it binds a value to its place. */
export interface Cipher {
  seal(path: string, value: Uint8Array): Uint8Array
  /** Throws an Error in the reference's words. */
  open(path: string, data: Uint8Array): Uint8Array
}

const blockBytes = 16, nonceBytes = 12, tagBytes = 16, boxNonceBytes = 24, infoBytes = 32
const tooShort = () => new Error('the stored data was shorter than the required size')

/** AES-CBC with a random initialisation vector in front and PKCS#7 padding. */
export const aesCbc = (key: Uint8Array): Cipher => ({
  seal(_path, value) {
    const iv = randomBytes(blockBytes), cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv)
    return Buffer.concat([iv, cipher.update(value), cipher.final()])
  },
  open(_path, data) {
    if (data.length < blockBytes) throw tooShort()
    const rest = data.subarray(blockBytes)
    if (rest.length % blockBytes !== 0) throw new Error('the stored data is not a multiple of the block size')
    const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, data.subarray(0, blockBytes)).setAutoPadding(false)
    const plain = Buffer.concat([decipher.update(rest), decipher.final()]), padding = plain.at(-1) ?? 0
    if (padding === 0 || padding > plain.length) throw new Error('invalid PKCS7 data (empty or not padded)')
    if (!plain.subarray(-padding).every((b) => b === padding)) throw new Error('invalid padding on input')
    return plain.subarray(0, -padding)
  },
})

/** AES-GCM with a random nonce in front; the place in the store is authenticated with the value. */
export const aesGcm = (key: Uint8Array): Cipher => {
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  return {
    seal(path, value) {
      const nonce = randomBytes(nonceBytes), cipher = createCipheriv(name, key, nonce).setAAD(Buffer.from(path, 'latin1'))
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open(path, data) {
      if (data.length < nonceBytes) throw tooShort()
      const decipher = createDecipheriv(name, key, data.subarray(0, nonceBytes)).setAAD(Buffer.from(path, 'latin1'))
      try {
        decipher.setAuthTag(data.subarray(Math.max(nonceBytes, data.length - tagBytes)))
        return Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()])
      } catch (cause) { throw new Error('cipher: message authentication failed', { cause }) }
    },
  }
}

/** XSalsa20 and Poly1305 (NaCl's secretbox) with a random nonce in front. */
export const secretbox = (key: Uint8Array): Cipher => ({
  seal(_path, value) {
    const nonce = randomBytes(boxNonceBytes)
    return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(value)])
  },
  open(_path, data) {
    if (data.length < boxNonceBytes + tagBytes) throw tooShort()
    try { return xsalsa20poly1305(key, data.subarray(0,
      boxNonceBytes)).decrypt(data.subarray(boxNonceBytes)) } catch (cause) { throw new Error('output array was not large enough for encryption', { cause }) }
  },
})

/** AES-GCM with a key of its own for every value: derived from a seed (HKDF-Expand with SHA-256, RFC 5869) and random bytes, which stand in front. */
export const seededGcm = (seed: Uint8Array): Cipher => {
  const derived = (info: Uint8Array) => aesGcm(createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest())
  return {
    seal(path, value) {
      const info = randomBytes(infoBytes)
      return Buffer.concat([info, derived(info).seal(path, value)])
    },
    open(path, data) {
      if (data.length < infoBytes) throw tooShort()
      return derived(data.subarray(0, infoBytes)).open(path, data.subarray(infoBytes))
    },
  }
}
