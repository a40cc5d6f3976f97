import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { created } from '../as-written.ts'
import { secret } from '../core/secret.ts'
import { whyNoPair } from './key-pair.ts'

const der = (tag: number, ...content: (number | number[])[]): number[] => { const bytes = content.flat(); return [tag, ...(bytes.length < 128 ? [bytes.length] : bytes.length < 256 ? [0x81, bytes.length] : [0x82, bytes.length >> 8, bytes.length & 255]), ...bytes] }
const seq = (...content: number[][]) => der(0x30, ...content), time = der(0x17, [...Buffer.from('260101000000Z')]), signed = seq(der(0x06, 0x2a))
/** Of a certificate only what must be there. */
const certificate = (key: number[]) => seq(seq(der(0x02, 7), signed, seq(), seq(time, time), seq(), key), signed, der(0x03, 0))
const pem = (type: string, bytes: readonly number[]) => `-----BEGIN ${type}-----\n${btoa(String.fromCharCode(...bytes))}\n-----END ${type}-----\n`
const certified = (key: KeyObject) => pem('CERTIFICATE', certificate([...key.export({ type: 'spki', format: 'der' })]))
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 1024 }), ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const [one, other, curve, otherCurve, ed] = [rsa(), rsa(), ec(), ec(), generateKeyPairSync('ed25519')] as const
const text = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1') => key.export({ type, format: 'pem' }).toString()
const rsaCertificate = certified(one.publicKey), ecCertificate = certified(curve.publicKey), rsaKey = text(one.privateKey, 'pkcs1')

for (const [name, certificates, key, why] of [
  ['nothing', '', '', 'tls: failed to find any PEM data in certificate input'],
  ['a key for a certificate', rsaKey, '', 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'],
  ['other things for a certificate', pem('X', []) + pem('Y', []), '', 'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [X Y]'],
  ['no key', rsaCertificate, 'x', 'tls: failed to find any PEM data in key input'],
  ['a certificate for a key', rsaCertificate, rsaCertificate, 'tls: found a certificate rather than a key in the PEM for the private key'],
  ['parameters for a key', rsaCertificate, pem('EC PARAMETERS', []), 'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [EC PARAMETERS]'],
  ['half a certificate', pem('CERTIFICATE', [0x30, 9]), rsaKey, 'x509: malformed certificate'],
  ['half a key', rsaCertificate, pem('PRIVATE KEY', [1]), 'tls: failed to parse private key'],
  ['a key of another sort', rsaCertificate, text(curve.privateKey, 'sec1'), 'tls: private key type does not match public key type'],
  ['a sort that TLS does not use', pem('CERTIFICATE', certificate(seq(seq(der(0x06, [0x2a, 3])), der(0x03, 0, 1)))), rsaKey, 'tls: unknown public key algorithm'],
  ['another key', rsaCertificate, text(other.privateKey, 'pkcs1'), 'tls: private key does not match public key'],
  ['another key of a curve', ecCertificate, text(otherCurve.privateKey, 'sec1'), 'tls: private key does not match public key'],
  ['its key', `note\n${rsaCertificate}${ecCertificate}`, rsaKey, undefined],
  ['its key in PKCS #8', rsaCertificate, text(one.privateKey, 'pkcs8'), undefined],
  ['its key of a curve, behind its parameters', ecCertificate, pem('EC PARAMETERS', [5, 0]) + text(curve.privateKey, 'pkcs8'), undefined],
  ['a key that does not hold its public part', certified(ed.publicKey), text(ed.privateKey, 'pkcs8'), undefined],
] as const) test(`a certificate and ${name}`, () => assert.equal(whyNoPair(btoa(certificates), btoa(key)), why))

test('a secret for TLS whose parts do not belong together is taken, with a warning', () => {
  const warned = (type: string) => secret.rules.warnings!(created(secret, { type, stringData: { 'tls.crt': rsaCertificate, 'tls.key': text(other.privateKey, 'pkcs1') } }))
  assert.deepEqual(warned('kubernetes.io/tls'), ['tls: private key does not match public key'])
  assert.deepEqual(warned('Opaque'), [])
})
