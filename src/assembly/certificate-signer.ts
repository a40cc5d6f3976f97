// The cluster's authority as a signer of requests.
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import type { CertificateSigner } from '#controllers'
import type { Certificate } from './pki.ts'

/** Signs requests with `authority` (PEM; a key of RSA or P-256/384/521). Dates are the machine's, not the cluster's: others check them. */
export const certificateSigner = (authority: Certificate): CertificateSigner => ({
  async sign(base64, usages, { from, to }) {
    const { x509 } = await tools(), request = parse(x509, base64), ca = new x509.X509Certificate(authority.certificate), now = Date.now()
    if (!(await request.verify())) throw new Error('unable to verify certificate request signature: the signature is not of the key that the request holds')
    if (ca.notAfter.getTime() <= now) throw new Error(`the signer has expired: NotAfter=${ca.notAfter.toISOString()}`)
    const alternatives = alternativesOf(x509, request)
    const flags = usages.reduce((all, usage) => all | (keyUsages[usage] ?? 0), 0), purposes = Object.entries(purposesByUsage).filter(([usage]) => usages.includes(usage)).map(([, id]) => id)
    const { key, algorithm } = await signingKey(authority.key)
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(), subject: request.subjectName.toJSON(), issuer: ca.subject, publicKey: request.publicKey, signingKey: key, signingAlgorithm: algorithm,
      notBefore: new Date(now + from), notAfter: new Date(Math.min(now + to, ca.notAfter.getTime())),
      extensions: [...(flags ? [new x509.KeyUsagesExtension(flags, true)] : []), ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension([...new Set(purposes)])] : []),
        new x509.BasicConstraintsExtension(false, undefined, true), await x509.AuthorityKeyIdentifierExtension.create(ca), ...(alternatives ? [alternatives] : [])],
    })
    const pem = certificate.toString('pem')
    return Buffer.from(pem.endsWith('\n') ? pem : `${pem}\n`).toString('base64')
  },
  isOver: (base64) => Date.parse(new X509Certificate(Buffer.from(base64, 'base64')).validTo) < Date.now(),
})

/** RFC 5280 4.2.1.3. */
const keyUsages: Readonly<Record<string, number>> = {
  'signing': 1, 'digital signature': 1, 'content commitment': 2, 'key encipherment': 4, 'data encipherment': 8, 'key agreement': 16, 'cert sign': 32, 'crl sign': 64, 'encipher only': 128, 'decipher only': 256,
}
/** RFC 5280 4.2.1.12, in the order in which they are written. */
const purposesByUsage: Readonly<Record<string, string>> = {
  'any': '2.5.29.37.0', 'server auth': '1.3.6.1.5.5.7.3.1', 'client auth': '1.3.6.1.5.5.7.3.2', 'code signing': '1.3.6.1.5.5.7.3.3', 'email protection': '1.3.6.1.5.5.7.3.4', 's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5', 'ipsec tunnel': '1.3.6.1.5.5.7.3.6', 'ipsec user': '1.3.6.1.5.5.7.3.7', 'timestamping': '1.3.6.1.5.5.7.3.8', 'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3', 'netscape sgc': '2.16.840.1.113730.4.1',
}

type X509 = Awaited<ReturnType<typeof tools>>['x509']
function parse(x509: X509, base64: string) {
  const pem = /-----BEGIN CERTIFICATE REQUEST-----[^-]*-----END CERTIFICATE REQUEST-----/.exec(Buffer.from(base64, 'base64').toString('latin1'))
  if (!pem) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  return new x509.Pkcs10CertificateRequest(pem[0])
}

const subjectAlternativeName = '2.5.29.17'
const alternativesOf = (x509: X509, request: InstanceType<X509['Pkcs10CertificateRequest']>) =>
  request.getExtensions(subjectAlternativeName).find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)

async function signingKey(pem: string) {
  const key = createPrivateKey(pem), curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (key.asymmetricKeyType !== 'rsa' && !curve) throw new Error('certificates can be signed with keys of RSA, P-256, P-384 and P-521 only')
  const hash = curve === 'P-384' ? 'SHA-384' : curve === 'P-521' ? 'SHA-512' : 'SHA-256'
  const algorithm = curve ? { name: 'ECDSA', namedCurve: curve, hash } : { name: 'RSASSA-PKCS1-v1_5', hash }
  return { key: await webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), algorithm, false, ['sign']), algorithm }
}
/** Positive, and never of a leading zero byte. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x01
  return bytes.toString('hex')
}

/** The X.509 library is large and only needed when something is to be read or signed. */
async function tools() {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto as never)
  return { x509 }
}
