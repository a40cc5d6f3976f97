import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created } from '../as-written.ts'
import { secret } from '../core/secret.ts'
import { whyNoPair } from './key-pair.ts'

const der = (tag: number, ...content: (number | number[])[]): number[] => { const bytes = content.flat(); return [tag, ...(bytes.length < 128 ? [bytes.length] : [0x81, bytes.length]), ...bytes] }
const seq = (...content: number[][]) => der(0x30, ...content), int = (...bytes: number[]) => der(0x02, bytes)
const rsa = der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), ec = der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), ed = der(0x06, [0x2b, 0x65, 0x70]), dsa = der(0x06, [0x2a, 0x03])
/** Of a certificate only what is looked at, at its place. */
const certificate = (algorithm: number[], open: number[]) => seq(seq(der(0xa0, int(2)), int(7), seq(), seq(), seq(), seq(), seq(seq(algorithm), der(0x03, 0, open))), seq(), der(0x03, 0))
const pem = (type: string, bytes: number[]) => `-----BEGIN ${type}-----\n${btoa(String.fromCharCode(...bytes))}\n-----END ${type}-----\n`
const rsaCertificate = pem('CERTIFICATE', certificate(rsa, seq(int(5, 6), int(3)))), ecCertificate = pem('CERTIFICATE', certificate(ec, [4, 1, 2]))
const pkcs1 = (n: number) => seq(int(0), int(5, n), int(3), int(1)), sec1 = (open: number[]) => seq(int(1), der(0x04, 9), der(0xa1, der(0x03, 0, open)))
const pkcs8 = (algorithm: number[], key: number[]) => pem('PRIVATE KEY', seq(int(0), seq(algorithm), der(0x04, key)))

for (const [name, certificates, key, why] of [
  ['nothing', '', '', 'tls: failed to find any PEM data in certificate input'],
  ['a key for a certificate', pem('RSA PRIVATE KEY', pkcs1(6)), '', 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'],
  ['other things for a certificate', pem('X', []) + pem('Y', []), '', 'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [X Y]'],
  ['no key', rsaCertificate, 'x', 'tls: failed to find any PEM data in key input'],
  ['a certificate for a key', rsaCertificate, rsaCertificate, 'tls: found a certificate rather than a key in the PEM for the private key'],
  ['parameters for a key', rsaCertificate, pem('EC PARAMETERS', []), 'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [EC PARAMETERS]'],
  ['half a certificate', pem('CERTIFICATE', [0x30, 9]), pem('RSA PRIVATE KEY', pkcs1(6)), 'x509: malformed certificate'],
  ['half a key', rsaCertificate, pem('PRIVATE KEY', [1]), 'tls: failed to parse private key'],
  ['a key of another sort', rsaCertificate, pem('EC PRIVATE KEY', sec1([4, 1, 2])), 'tls: private key type does not match public key type'],
  ['a sort that TLS does not use', pem('CERTIFICATE', certificate(dsa, [1])), pem('RSA PRIVATE KEY', pkcs1(6)), 'tls: unknown public key algorithm'],
  ['another key', rsaCertificate, pem('RSA PRIVATE KEY', pkcs1(7)), 'tls: private key does not match public key'],
  ['another key of a curve', ecCertificate, pem('EC PRIVATE KEY', sec1([4, 1, 3])), 'tls: private key does not match public key'],
  ['its key', `note\n${rsaCertificate}${ecCertificate}`, pem('RSA PRIVATE KEY', pkcs1(6)), undefined],
  ['its key in PKCS #8', rsaCertificate, pkcs8(rsa, pkcs1(6)), undefined],
  ['its key of a curve, behind its parameters', ecCertificate, pem('EC PARAMETERS', [5, 0]) + pkcs8(ec, sec1([4, 1, 2])), undefined],
  ['a key that does not hold its public part', pem('CERTIFICATE', certificate(ed, [1])), pkcs8(ed, der(0x04, 9)), undefined],
] as const) test(`a certificate and ${name}`, () => assert.equal(whyNoPair(btoa(certificates), btoa(key)), why))

test('a secret for TLS whose parts do not belong together is taken, with a warning', () => {
  const warned = (type: string) => secret.rules.warnings!(created(secret, { type, stringData: { 'tls.crt': rsaCertificate, 'tls.key': pem('RSA PRIVATE KEY', pkcs1(7)) } }))
  assert.deepEqual(warned('kubernetes.io/tls'), ['tls: private key does not match public key'])
  assert.deepEqual(warned('Opaque'), [])
})
