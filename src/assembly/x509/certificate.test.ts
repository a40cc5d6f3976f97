// What the cluster's certificates say, as others read it.
import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { makeCertificate, type CertificateTemplate } from './certificate.ts'
import { elements, identifier, integer, time } from './der.ts'

x509.cryptoProvider.set(webcrypto as never)
const valid = { notBefore: new Date('2030-01-02T03:04:05Z'), notAfter: new Date('2051-06-07T08:09:10Z') }
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const authorityOf = (keys: { publicKey: ReturnType<typeof createPublicKey>; privateKey: ReturnType<typeof createPrivateKey> }, names: Partial<CertificateTemplate> = {}) => ({ keys, certificate: new X509Certificate(makeCertificate({ commonName: 'kubernetes', isAuthority: true, dnsNames: ['kubernetes'], ...valid, ...names }, keys)) })

test('an authority vouches for itself, may sign, and says which key is its own', () => {
  const { certificate, keys } = authorityOf(pair()), read = new x509.X509Certificate(certificate.raw)
  assert.equal(certificate.ca, true)
  assert.ok(certificate.verify(keys.publicKey))
  assert.deepEqual([read.notBefore, read.notAfter], [valid.notBefore, valid.notAfter])
  assert.deepEqual([...read.extensions].map(({ type, critical }) => `${type} ${critical}`), ['2.5.29.19 true', '2.5.29.15 true', '2.5.29.14 false', '2.5.29.17 false'])
  assert.equal(read.getExtension(x509.KeyUsagesExtension)!.usages, x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature)
})

for (const [what, keys] of [['P-256', pair()], ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })], ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })]] as const) test(`a certificate signed with a key of ${what} is believed by who knows the authority`, () => {
  const authority = authorityOf(keys, { commonName: 'Käse, Brot + Wein', organizations: ['o'] }), own = pair()
  const leaf = new X509Certificate(makeCertificate({ commonName: 'system:node:a,b+c', organizations: ['system:nodes', 'x y'], dnsNames: ['localhost', 'a.example'], ips: ['127.0.0.1', '::1', '2001:db8::a:0:5', '::ffff:192.0.2.1'], usage: ['server', 'client'], ...valid }, own, { certificate: authority.certificate, key: keys.privateKey }))
  const read = new x509.X509Certificate(leaf.raw)
  assert.ok(leaf.verify(authority.certificate.publicKey) && leaf.checkIssued(authority.certificate) && leaf.checkPrivateKey(own.privateKey))
  assert.deepEqual([leaf.ca, leaf.issuer], [false, authority.certificate.subject])
  assert.deepEqual(leaf.subjectAltName, 'DNS:localhost, DNS:a.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:A:0:5, IP Address:0:0:0:0:0:FFFF:C000:201')
  assert.deepEqual([...read.extensions].map(({ type, critical }) => `${type} ${critical}`), ['2.5.29.19 true', '2.5.29.15 true', '2.5.29.37 false', '2.5.29.35 false', '2.5.29.17 false'])
  assert.equal(read.getExtension(x509.KeyUsagesExtension)!.usages, x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment)
  assert.deepEqual([...read.getExtension(x509.ExtendedKeyUsageExtension)!.usages], [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth])
  const point = new x509.PublicKey(keys.publicKey.export({ type: 'spki', format: 'der' }))
  const bits = elements(elements(new Uint8Array(point.rawData))[0]!.content)[1]!.content.subarray(1)
  assert.equal(read.getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId, createHash('sha1').update(bits).digest('hex'))
})

test('the key of an authority that somebody else made is called as that authority calls it', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }, keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']), own = pair()
  const foreign = async (...extensions: x509.Extension[]) => new X509Certificate((await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=theirs, O=somebody', keys, signingAlgorithm: algorithm, ...valid, extensions: [new x509.BasicConstraintsExtension(true, undefined, true), ...extensions] })).toString('pem'))
  const key = createPrivateKey({ key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)), format: 'der', type: 'pkcs8' })
  const called = (certificate: X509Certificate) => {
    const leaf = new X509Certificate(makeCertificate({ commonName: 'a', usage: ['client'], ...valid }, own, { certificate, key }))
    assert.ok(leaf.checkIssued(certificate) && leaf.verify(certificate.publicKey))
    return new x509.X509Certificate(leaf.raw).getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId
  }
  assert.equal(called(await foreign(new x509.SubjectKeyIdentifierExtension('0102a0'))), '0102a0')
  assert.match(called(await foreign())!, /^[0-9a-f]{40}$/)
})

test('numbers, identifiers and times are written as the rules want them', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  assert.equal(hex(integer(Buffer.from([0]))), '020100')
  assert.equal(hex(integer(Buffer.from([0, 0, 0x80]))), '02020080')
  assert.equal(hex(integer(Buffer.from([0, 0x7f]))), '02017f')
  assert.equal(hex(identifier('1.2.840.113549.1.1.11')), '06092a864886f70d01010b')
  assert.equal(Buffer.from(time(new Date('2049-12-31T23:59:59Z'))).subarray(2).toString(), '491231235959Z')
  assert.equal(Buffer.from(time(new Date('2050-01-01T00:00:00Z'))).subarray(2).toString(), '20500101000000Z')
  assert.throws(() => elements(Uint8Array.of(0x30, 5, 1)), RangeError)
})
