// Whether who asks for a pod's certificate holds its key.
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { signingRequest, whyBadlySigned, type PodCertificateRequest } from '#kinds'
import { verifySignature } from './verify-signature.ts'

const keyOf = (der: Uint8Array): KeyObject => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })

/** The request is signed by its key; or the pod's UID is, where the key is given by itself. */
export function provesKey({ stubPKCS10Request: stub, pkixPublicKey: key = '', proofOfPossession: proof = '', podUID }: PodCertificateRequest['spec']): boolean {
  try {
    if (stub) return whyBadlySigned(signingRequest(Buffer.from(stub, 'base64')), verifySignature) === undefined
    const known = keyOf(Buffer.from(key, 'base64')), signature = Buffer.from(proof, 'base64'), data = Buffer.from(podUID)
    switch (known.asymmetricKeyType) {
      case 'ed25519': return verify(null, data, known, signature)
      case 'ec': return verify('sha256', data, known, signature)
      default: return verify('sha256', data, { key: known, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
    }
  } catch { return false }
}
