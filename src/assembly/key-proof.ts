// Whether who asks for a pod's certificate holds its key.
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { keyOfRequest, signatureOfRequest, type PodCertificateRequest } from '#kinds'

/** Hashes by the algorithm that a signing request says it is signed by. */
const hashes: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256', '1.2.840.10045.4.3.3': 'sha384', '1.2.840.10045.4.3.4': 'sha512', '1.2.840.113549.1.1.11': 'sha256', '1.2.840.113549.1.1.12': 'sha384', '1.2.840.113549.1.1.13': 'sha512', '1.3.101.112': null,
}
const keyOf = (der: Uint8Array): KeyObject => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })

/** The request is signed by its key; or the pod's UID is, where the key is given by itself. */
export function provesKey({ stubPKCS10Request: stub, pkixPublicKey: key = '', proofOfPossession: proof = '', podUID }: PodCertificateRequest['spec']): boolean {
  try {
    if (stub) {
      const der = Buffer.from(stub, 'base64'), { algorithm, signed, signature } = signatureOfRequest(der), hash = hashes[algorithm]
      return hash !== undefined && verify(hash, signed, keyOf(keyOfRequest(der)), signature)
    }
    const known = keyOf(Buffer.from(key, 'base64')), signature = Buffer.from(proof, 'base64'), data = Buffer.from(podUID)
    switch (known.asymmetricKeyType) {
      case 'ed25519': return verify(null, data, known, signature)
      case 'ec': return verify('sha256', data, known, signature)
      default: return verify('sha256', data, { key: known, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
    }
  } catch { return false }
}
