// Signatures of asymmetric keys. Pure rooms say what is to be checked; who has cryptography checks it.

export interface SignatureToCheck {
  /** SubjectPublicKeyInfo in DER. */
  readonly key: Uint8Array
  /** undefined: the algorithm has its own. */
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
  /** Of RSA: PSS, with a salt as long as the hash. */
  readonly pss: boolean
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}
/** Whether the signature is the key's. What cannot be checked at all is not. */
export type VerifySignature = (given: SignatureToCheck) => boolean
