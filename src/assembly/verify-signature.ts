// Signatures of others, checked by Node.
import { constants, createPublicKey, verify } from 'node:crypto'
import type { VerifySignature } from '#machinery'

export const verifySignature: VerifySignature = ({ key: der, hash, pss, signed, signature }) => {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    return verify(hash ?? null, signed, pss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key, signature)
  } catch { return false }
}
