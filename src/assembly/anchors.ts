// Authorities in PEM texts, as authentication looks at them.
import { X509Certificate } from 'node:crypto'

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** All certificates of a PEM text. Throws when one is damaged, or there are none. */
export function certificatesOf(pem: string, fileName: string): X509Certificate[] {
  const found = [...pem.matchAll(block)].map(([text]) => new X509Certificate(text))
  if (found.length === 0) throw new Error(`${fileName}: data does not contain any valid certificates`)
  return found
}
/** SHA-256 fingerprints, lower-case hex. */
export const fingerprintsOf = (pem: string, fileName: string): ReadonlySet<string> =>
  new Set(certificatesOf(pem, fileName).map((c) => c.fingerprint256.replaceAll(':', '').toLowerCase()))
