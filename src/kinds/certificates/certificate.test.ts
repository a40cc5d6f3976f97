// Certificates that openssl made are read; those that are written by hand with one thing wrong are told of in Go's words.
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { authority, issued, publicKey } from '../../../tests/facts/certificates.ts'
import { certificate, certificates } from './certificate.ts'

const bytesOf = (text: string): Buffer => Buffer.from(text.replace(/-----.*-----/g, ''), 'base64')

test('a certificate says from when to when it is good, for which key, for whom, and whether it may sign', () => {
  assert.deepEqual(certificate(bytesOf(issued)), { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2026, 0, 1, 12), publicKey: Buffer.from(publicKey, 'base64'), isAuthority: false, dnsNames: ['a.example'] })
  assert.partialDeepStrictEqual(certificate(bytesOf(authority)), { isAuthority: true, notBefore: Date.UTC(2026, 10, 29, 7, 0, 16), notAfter: Date.UTC(2109, 0, 18, 7, 0, 16), dnsNames: [] })
  assert.equal(certificates(Buffer.concat([bytesOf(authority), bytesOf(issued)])).length, 2)
  assert.throws(() => certificate(Buffer.concat([bytesOf(authority), bytesOf(issued)])), { message: 'x509: trailing data' })
})

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer<ArrayBuffer> => {
  const content = Buffer.concat(parts), { length } = content
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255]), content])
}
const hex = (text: string) => Buffer.from(text, 'hex'), der = (key: KeyObject) => Buffer.from(key.export({ type: 'spki', format: 'der' }))
const text = (tag: number, value: string) => tlv(tag, Buffer.from(value, 'latin1')), name = (value: Buffer) => tlv(0x30, tlv(0x31, tlv(0x30, hex('0603550403'), value)))
const algorithm = tlv(0x30, hex('06082a8648ce3d040302')), ec = der(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)
const between = (from: Buffer, to: Buffer) => tlv(0x30, from, to), good = between(text(0x17, '260101000000Z'), text(0x18, '20510101000000Z'))
const parts = { version: hex('a003020102'), serial: hex('020101'), algorithm, issuer: name(text(0x0c, 'ca')), validity: good, subject: name(text(0x13, 'x')), key: ec, extensions: Buffer.alloc(0) }
const made = (given: Partial<typeof parts> = {}, { outer = algorithm, signature = hex('03020001') } = {}): Buffer => tlv(0x30, tlv(0x30, ...Object.values({ ...parts, ...given })), outer, signature)
const extended = (...all: Buffer[]) => made({ extensions: tlv(0xa3, tlv(0x30, ...all)) }), extension = (id: string, value: Buffer, critical = false) => tlv(0x30, tlv(6, hex(id)), ...(critical ? [hex('0101ff')] : []), tlv(4, value))
const names = (...all: Buffer[]) => extended(extension('551d11', tlv(0x30, ...all))), nobody = Buffer.alloc(0)
const constrained = (...all: Buffer[]) => extended(extension('551d1e', tlv(0x30, tlv(0xa0, ...all.map((one) => tlv(0x30, one))))))
const rsa = (parameters: Buffer, key: Buffer) => made({ key: tlv(0x30, tlv(0x30, hex('06092a864886f70d010101'), parameters), tlv(3, hex('00'), key)) })

for (const [what, given] of [
  ['of a curve', made()], ['of RSA', made({ key: der(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey) })], ['of Ed25519', made({ key: der(generateKeyPairSync('ed25519').publicKey) })], ['of DSA', made({ key: der(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey) })],
  ['of P-224', made({ key: der(generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey) })], ['of P-521', made({ key: der(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey) })], ['of a key that nobody knows', made({ key: tlv(0x30, tlv(0x30, hex('06012a')), hex('030100')) })],
  ['of old', made({ version: nobody, extensions: nobody })], ['of a time in another zone', made({ validity: between(text(0x17, '491231235959+0130'), text(0x18, '20510101000000Z')) })],
  ['with names', names(text(0x81, 'a@b'), text(0x82, '*.a'), text(0x86, 'https://a.b:1/c'), tlv(0x87, hex('7f000001')), tlv(0xa0, hex('0500')))],
  ['with extensions that nobody knows', extended(extension('2a', hex('ff'), true))], ['with constraints', constrained(text(0x82, '.a'), tlv(0x87, hex('0a000000ff000000')), text(0x81, 'a@b.c'), text(0x86, '.b'))],
] as const) test(`a certificate ${what} is one`, () => { certificate(given) })

for (const [why, given] of [
  ['malformed certificate', hex('3003')], ['malformed tbs certificate', hex('3000')], ['malformed version', made({ version: hex('a003020104') })], ['invalid version', made({ version: hex('a003020103') })],
  ['malformed serial number', made({ serial: hex('02020001') })], ['negative serial number', made({ serial: hex('0201ff') })], ['malformed signature algorithm identifier', made({ algorithm: hex('0500') })],
  ["inner and outer signature algorithm identifiers don't match", made({}, { outer: hex('30030601') })], ['malformed algorithm identifier', made({}, { outer: hex('0500') })], ['malformed OID', made({ algorithm: hex('30020600') }, { outer: hex('30020600') })],
  ['malformed issuer', made({ issuer: hex('0500') })], ['invalid RDNSequence', made({ issuer: hex('30020500') })], ['invalid RDNSequence: invalid attribute type', made({ subject: tlv(0x30, tlv(0x31, tlv(0x30, hex('0500')))) })],
  ['invalid RDNSequence: invalid attribute value: invalid PrintableString', made({ subject: name(text(0x13, 'a@b')) })], ['invalid RDNSequence: invalid attribute value: invalid UTF-8 string', made({ subject: name(text(0x0c, '\xff')) })],
  ['malformed validity', made({ validity: hex('0500') })], ['malformed UTCTime', made({ validity: between(text(0x17, '261301000000Z'), text(0x17, '271231000000Z')) })], ['malformed GeneralizedTime', made({ validity: between(text(0x17, '260101000000Z'), text(0x18, '205101010000Z')) })],
  ['unsupported time format', made({ validity: between(text(0x13, '260101000000Z'), text(0x17, '271231000000Z')) })], ['malformed spki', made({ key: hex('0500') })], ['malformed subjectPublicKey', made({ key: tlv(0x30, algorithm, hex('03020801')) })],
  ['failed to unmarshal elliptic curve point', made({ key: Buffer.from(ec.map((byte, i) => (i === ec.length - 1 ? byte ^ 1 : byte))) })], ['unsupported elliptic curve', made({ key: tlv(0x30, tlv(0x30, hex('06072a8648ce3d0201'), hex('06012a')), hex('030100')) })],
  ['RSA key missing NULL parameters', rsa(nobody, hex('3006020105020103'))], ['RSA modulus is not a positive number', rsa(hex('0500'), hex('3006020100020103'))], ['invalid RSA public exponent', rsa(hex('0500'), hex('3003020105'))],
  ['malformed extension', extended(hex('0500'))], ['malformed extension critical field', extended(tlv(0x30, hex('0603551d13'), hex('010101'), hex('0400')))], ['certificate contains duplicate extension with OID "1.2"', extended(extension('2a', nobody), extension('2a', nobody))],
  ['invalid basic constraints', extended(extension('551d13', hex('0500')))], ['invalid key usage', extended(extension('551d0f', hex('0500')))], ['invalid extended key usages', extended(extension('551d25', hex('30020500')))],
  ['subject key identifier incorrectly marked critical', extended(extension('551d0e', hex('0400'), true))], ['authority key identifier incorrectly marked critical', extended(extension('551d23', hex('3000'), true))], ['invalid certificate policies', extended(extension('551d20', hex('300a300306012a300306012a')))],
  ['SAN dNSName is malformed', names(text(0x82, '\xe9'))], ['cannot parse IP address of length 3', names(tlv(0x87, hex('010203')))], ['SAN iPAddress contains IPv4-mapped IPv6 address', names(tlv(0x87, hex('00000000000000000000ffff01020304')))],
  ['cannot parse URI "https://a..b/": invalid domain', names(text(0x86, 'https://a..b/'))], ['cannot parse URI "a b:c": parse "a b:c": first path segment in URL cannot contain colon', names(text(0x86, 'a b:c'))],
  ['empty name constraints extension', extended(extension('551d1e', hex('3000')))], ['IP constraint contained invalid mask ff00ff00', constrained(tlv(0x87, hex('0a000000ff00ff00')))], ['failed to parse dnsName constraint "a..b"', constrained(text(0x82, 'a..b'))],
  ['failed to parse URI constraint "1.2.3.4": cannot be IP address', constrained(text(0x86, '1.2.3.4'))], ['malformed signature', made({}, { signature: hex('0500') })],
] as const) test(`no certificate: ${why}`, () => assert.throws(() => certificate(given), { message: `x509: ${why}` }))
