// Certificates for tests: an authority and what it signs, in memory.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
export interface Pair { readonly certificate: string; readonly key: string }

export async function testAuthority(): Promise<{ readonly certificate: string; issue(name: string, usage: 'client' | 'server'): Promise<Pair> }> {
  x509.cryptoProvider.set(webcrypto as never)
  const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const own = await makeKeys()
  const root = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=test', keys: own as never, signingAlgorithm: algorithm, ...life, extensions: [new x509.BasicConstraintsExtension(true, undefined, true)] })
  return {
    certificate: root.toString('pem'),
    async issue(name, usage) {
      const keys = await makeKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${name}`, issuer: root.subject, publicKey: keys.publicKey as never, signingKey: own.privateKey as never, signingAlgorithm: algorithm, ...life,
        extensions: [new x509.ExtendedKeyUsageExtension([usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth]), new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])] })
      const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
      return { certificate: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` }
    },
  }
}
