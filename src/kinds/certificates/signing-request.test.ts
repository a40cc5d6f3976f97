// Rules of certificate signing requests: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { isDNS1123Label, type VerifySignature } from '#machinery'
import { created, problems, problemsOfChange } from '../as-written.ts'
import { authority, issued, mightyRequest, nodeRequest as request, nodeRequestWithHost, stubRequest } from '../../../tests/facts/certificates.ts'
import { certificateSigningRequest as kind } from './certificatesigningrequest.ts'
import { signingRequestIn } from './signing-request.ts'

const pem = (type: string, body: string) => btoa(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`)
const bytesOf = (text: string): Uint8Array => Buffer.from(text.replace(/-----.*-----/g, ''), 'base64')
const body = (spec: object = {}) => ({ spec: { request, signerName: 'example.com/s', usages: ['client auth'], ...spec } })

for (const [name, spec, ...expected] of [
  ['a request', {}],
  ['of no form', { request: 'LS0=' }, 'spec.request: Invalid value: "LS0=": PEM block type must be CERTIFICATE REQUEST'],
  ['behind another block', { request: btoa(`${authority}${atob(request)}`) }, `spec.request: Invalid value: "${btoa(`${authority}${atob(request)}`)}": PEM block type must be CERTIFICATE REQUEST`],
  ['that ends early', { request: pem('CERTIFICATE REQUEST', btoa('\x30\x10\x30')) }, `spec.request: Invalid value: "${pem('CERTIFICATE REQUEST', btoa('\x30\x10\x30'))}": asn1: syntax error: data truncated`],
  ['of a signer of old', { signerName: 'kubernetes.io/legacy-unknown' }, 'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version'],
  ['of a signer with two bad labels', { signerName: 'A.B.example/x' }, `spec.signerName: Invalid value: "A.B.example": validating label "A": ${isDNS1123Label('A')[0]}`],
  ['for a use twice', { usages: ['any', 'any'] }, 'spec.usages[1]: Duplicate value: "any"'],
] as [string, object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body(spec)), expected))

const condition = (type: string, more: object = {}) => ({ type, status: 'True', ...more }), dated = { lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' }
for (const [name, subresource, before, now, ...expected] of [
  ['an approval', 'approval', {}, { conditions: [condition('Approved')] }],
  ['both decisions', 'approval', {}, { conditions: [condition('Approved'), condition('Denied')] }, 'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
  ['an approval that is taken back', 'approval', { conditions: [condition('Approved')] }, {}, 'status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
  ['an approval by status', 'status', {}, { conditions: [condition('Approved')] }, 'status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  ['an approval that another status keeps', 'status', { conditions: [condition('Approved', { reason: 'A', ...dated })] }, { conditions: [condition('Failed'), condition('Approved', { reason: 'B' })] }],
  ['a certificate', 'status', {}, { certificate: btoa(authority) }],
  ['two in one block', 'status', {}, { certificate: pem('CERTIFICATE', btoa(String.fromCharCode(...bytesOf(authority), ...bytesOf(issued)))) }],
  ['a certificate of nothing', 'status', {}, { certificate: pem('CERTIFICATE', btoa('\x30\x00')) }, 'status.certificate: Invalid value: "<certificate data>": x509: malformed tbs certificate'],
  ['an empty block', 'status', {}, { certificate: pem('CERTIFICATE', '') }, 'status.certificate: Invalid value: "<certificate data>": found CERTIFICATE PEM block containing 0 certificates'],
  ['headers', 'status', {}, { certificate: btoa(authority.replace('-----\n', '-----\nA: b\n\n')) }, 'status.certificate: Invalid value: "<certificate data>": no PEM block headers are permitted'],
  ['no certificate', 'status', {}, { certificate: btoa('x') }, 'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
  ['a key', 'status', {}, { certificate: pem('PRIVATE KEY', 'AA==') }, 'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"'],
  ['another certificate', 'status', { certificate: btoa(authority) }, { certificate: btoa(issued) },
    'status.certificate: Forbidden: updates may not modify existing certificate content'],
] as [string, string, object, object, ...string[]][]) test(`status: ${name}`, () => {
  const old = created(kind, body()), object = structuredClone(old)
  old.status = structuredClone(before)
  object.status = structuredClone(now)
  kind.rules.prepareUpdate!(object, old, subresource, Date.UTC(2026, 0, 2))
  assert.deepEqual(kind.rules.validate!(object, old, subresource).map((e) => `${e.field}: ${e.message}`), expected)
})
test('conditions are dated: when they were written, and since when they are so', () => {
  const old = created(kind, body()), now = structuredClone(old)
  old.status = { conditions: [condition('Failed', dated)] }
  now.status = { conditions: [condition('Failed'), condition('Approved')] }
  kind.rules.prepareUpdate!(now, old, 'approval', Date.UTC(2026, 0, 2))
  assert.deepEqual(now.status.conditions.map((c: { lastUpdateTime: string; lastTransitionTime: string }) => [c.lastUpdateTime, c.lastTransitionTime]),
    [['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'], ['2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z']])
})
test('nothing of a request changes but its status', () => assert.deepEqual(problemsOfChange(kind, body(), (o) => { o.spec.usages = [] }), []))

test('what a request asks for is read, or what is wrong with it said', () => {
  const of = (text: string) => { const { commonName, organizations, alternatives, key } = signingRequestIn(text); return [commonName, organizations, alternatives?.dns, key] }, key = { type: 'ECDSA', curve: 'P-256' }
  assert.deepEqual(of(request), ['system:node:n1', ['system:nodes'], undefined, key])
  assert.deepEqual(of(nodeRequestWithHost), ['system:node:n1', ['system:nodes'], ['n1'], key])
  assert.deepEqual(of(mightyRequest), ['eve', ['system:masters'], undefined, key])
  assert.deepEqual(of(pem('CERTIFICATE REQUEST', stubRequest)), ['', [], undefined, key])
})
// Written by hand: a request of any key, signed by another or by nobody.
const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts), { length } = content
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255]), content])
}
const hex = (text: string): Buffer => Buffer.from(text, 'hex'), der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
const algorithms = { ecdsa: hex('06082a8648ce3d040302'), rsa: hex('06092a864886f70d01010b0500'), md5: hex('06092a864886f70d0101040500'), sha1: hex('06092a864886f70d0101050500'), ed25519: hex('06032b6570'),
  pss: hex('06092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120') }
const requestOf = (key: Buffer, algorithm: keyof typeof algorithms, signature: (data: Buffer) => Buffer, { subject = tlv(0x30), attributes = tlv(0xa0) } = {}): string => {
  const info = tlv(0x30, hex('020100'), subject, key, attributes)
  return pem('CERTIFICATE REQUEST', tlv(0x30, info, tlv(0x30, algorithms[algorithm]), tlv(3, hex('00'), signature(info))).toString('base64'))
}
const ec = generateKeyPairSync('ec', { namedCurve: 'P-521' }), rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }), short = generateKeyPairSync('rsa', { modulusLength: 768 }), ed = generateKeyPairSync('ed25519')
const pssKey = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const byNode: VerifySignature = ({ key, hash, pss, signed, signature }) => {
  const open = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
  return verify(hash ?? null, signed, pss ? { key: open, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : open, signature)
}
for (const [what, given, why] of [
  ['of a curve', requestOf(der(ec.publicKey), 'ecdsa', (data) => sign('sha256', data, ec.privateKey))],
  ['of a curve, by nobody', requestOf(der(ec.publicKey), 'ecdsa', () => Buffer.from('x')), 'x509: ECDSA verification failure'],
  ['of RSA', requestOf(der(rsa.publicKey), 'rsa', (data) => sign('sha256', data, rsa.privateKey))],
  ['of RSA, with an old hash', requestOf(der(rsa.publicKey), 'sha1', (data) => sign('sha1', data, rsa.privateKey))],
  ['of RSA, for something else', requestOf(der(rsa.publicKey), 'rsa', () => sign('sha256', Buffer.from('x'), rsa.privateKey)), 'crypto/rsa: verification error'],
  ['of RSA with salt', requestOf(der(rsa.publicKey), 'pss', (data) => sign('sha256', data, pssKey))],
  ['of RSA with salt, by nobody', requestOf(der(rsa.publicKey), 'pss', () => Buffer.from('x')), 'crypto/rsa: verification error'],
  ['of RSA, short', requestOf(der(short.publicKey), 'rsa', (data) => sign('sha256', data, short.privateKey)), 'crypto/rsa: 768-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)'],
  ['of RSA, with a broken hash', requestOf(der(rsa.publicKey), 'md5', (data) => sign('md5', data, rsa.privateKey)), 'x509: cannot verify signature: insecure algorithm MD5-RSA'],
  ['Ed25519', requestOf(der(ed.publicKey), 'ed25519', (data) => sign(null, data, ed.privateKey))],
  ['Ed25519, by nobody', requestOf(der(ed.publicKey), 'ed25519', () => Buffer.alloc(64)), 'x509: Ed25519 verification failure'],
  ['another sort', requestOf(der(ec.publicKey), 'rsa', () => Buffer.from('x')), 'x509: signature algorithm specifies an RSA public key, but have public key of type *ecdsa.PublicKey'],
  ['of a key that nobody knows', requestOf(tlv(0x30, tlv(0x30, hex('06012a')), hex('030100')), 'rsa', () => Buffer.from('x')), 'x509: cannot verify signature: algorithm unimplemented'],
  ['of no request', btoa('x')],
] as [string, string, string?][]) test(`a signature ${what}`, () => {
  const object = created(kind, body({ request: given }))
  assert.deepEqual(kind.rules.validateSigned!(object, byNode).map((e) => `${e.field}: ${e.message}`), why === undefined ? [] : [`spec.request: Invalid value: "${given}": ${why}`])
})

const notSigned = () => Buffer.from('x'), names = (...content: Buffer[]) => tlv(0xa0, tlv(0x30, hex('06092a864886f70d01090e'), tlv(0x31, tlv(0x30, ...content))))
const san = (...content: Buffer[]) => tlv(0x30, hex('0603551d11'), tlv(4, tlv(0x30, ...content)))
const structure = (tag: number, found: string, name: string, at: number) => `asn1: structure error: tags don't match (${tag} vs {${found}}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ${name} @${at}`
for (const [what, given, why] of [
  ['no sequence', pem('CERTIFICATE REQUEST', btoa('hello')), structure(16, 'class:1 tag:8 length:101 isCompound:true', 'certificateRequest', 2)],
  ['nothing', pem('CERTIFICATE REQUEST', ''), 'asn1: syntax error: sequence truncated'],
  ['half a length', pem('CERTIFICATE REQUEST', 'MIIB'), 'asn1: syntax error: truncated tag or length'],
  ['no number', pem('CERTIFICATE REQUEST', tlv(0x30, tlv(0x30, hex('0500'))).toString('base64')), structure(2, 'class:0 tag:5 length:0 isCompound:false', 'int', 2)],
  ['something behind it', pem('CERTIFICATE REQUEST', Buffer.concat([bytesOf(atob(request)), hex('0500')]).toString('base64')), 'asn1: syntax error: trailing data'],
  ['a name of no set', requestOf(der(ec.publicKey), 'ecdsa', notSigned, { subject: tlv(0x30, hex('0500')) }), 'asn1: structure error: sequence tag mismatch'],
  ['a name of other letters', requestOf(der(ec.publicKey), 'ecdsa', notSigned, { subject: tlv(0x30, tlv(0x31, tlv(0x30, hex('0603550403'), tlv(0x13, Buffer.from('a@b'))))) }), 'asn1: syntax error: PrintableString contains invalid character'],
  ['a point that is on no curve', requestOf(Buffer.from(der(ec.publicKey).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte))), 'ecdsa', notSigned), 'x509: failed to unmarshal elliptic curve point'],
  ['an address of three bytes', requestOf(der(ec.publicKey), 'ecdsa', notSigned, { attributes: names(san(tlv(0x87, hex('010203')))) }), 'x509: cannot parse IP address of length 3'],
  ['names twice', requestOf(der(ec.publicKey), 'ecdsa', notSigned, { attributes: names(san(tlv(0x82, Buffer.from('a'))), san()) }), 'x509: certificate request contains duplicate requested extensions'],
] as [string, string, string][]) test(`a request with ${what}`, () => assert.throws(() => signingRequestIn(given), { message: why }))
