import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, after, test } from 'node:test'
import { CertificatesInUse, parseNamed } from './certificates-in-use.ts'
import { issue, Pki, type Certificate } from './pki.ts'

let folder: string, own: { ca: Certificate; frontProxyCa: Certificate; serving: Certificate; proxyIdentity: Certificate }
const none = { clientCaFile: undefined, requestheaderClientCaFile: undefined, requestheaderAllowedNames: [], tlsCertFile: undefined, tlsPrivateKeyFile: undefined,
  tlsSniCertKey: [], proxyClientCertFile: undefined, proxyClientKeyFile: undefined }
const file = (name: string, text: string) => { const path = join(folder, name); writeFileSync(path, text); return path }
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  const pki = new Pki(folder), ca = await pki.authority('ca', 'ca'), frontProxyCa = await pki.authority('front', 'front')
  own = { ca, frontProxyCa, serving: await issue(ca, { commonName: 's' }, ['server']), proxyIdentity: await issue(frontProxyCa, { commonName: 'p' }, ['client']) }
})
after(() => { rmSync(folder, { recursive: true }) })

test('without files everything is the cluster\'s own', () => {
  const { serving, clientCa, frontProxyCa, proxyIdentity, clients, proxies } = new CertificatesInUse(none, own)
  assert.deepEqual([clientCa, frontProxyCa, serving.certificate, proxyIdentity.key],
    [own.ca.certificate, own.frontProxyCa.certificate, own.serving.certificate, own.proxyIdentity.key])
  assert.deepEqual([clients().size, proxies().size, serving.clientAuthority], [1, 1, own.ca.certificate + own.frontProxyCa.certificate])
})
test('files come beside the cluster\'s own authorities; whoever shows another certificate to extension servers no longer needs ours', async () => {
  const other = await new Pki(join(folder, 'other')).authority('ca', 'other'), identity = await issue(other, { commonName: 'x' }, ['client'])
  const clientCaFile = file('clients.pem', other.certificate.trimEnd()), requestheaderClientCaFile = file('proxies.pem', other.certificate), requestheaderAllowedNames = ['gate']
  const both = new CertificatesInUse({ ...none, clientCaFile, requestheaderClientCaFile, requestheaderAllowedNames }, own)
  assert.deepEqual([both.clients().size, both.proxies().size], [2, 2])
  const ours = new CertificatesInUse({ ...none, requestheaderClientCaFile, proxyClientCertFile: file('p.crt', identity.certificate),
    proxyClientKeyFile: file('p.key', identity.key) }, own)
  assert.deepEqual([ours.proxies().size, ours.proxyIdentity.certificate], [1, identity.certificate])
  assert.throws(() => new CertificatesInUse({ ...none, clientCaFile, requestheaderClientCaFile }, own),
    /contain overlapping certificates; --requestheader-allowed-names must be specified/)
  assert.throws(() => new CertificatesInUse({ ...none, clientCaFile: file('bad.pem', 'nonsense') }, own), /data does not contain any valid certificates/)
  assert.throws(() => new CertificatesInUse({ ...none, clientCaFile: join(folder, 'none') }, own), /ENOENT/)
})
for (const [text, expected] of [['a.crt,a.key', { certificate: 'a.crt', key: 'a.key', names: [] }],
  ['/x/a.crt, /x/a.key:*.foo.com,foo.com', { certificate: '/x/a.crt', key: '/x/a.key', names: ['*.foo.com', 'foo.com'] }], ['a.crt', undefined], ['a,b,c', undefined]] as const)
  test(`a named certificate ${text}`, () => { if (expected) assert.deepEqual(parseNamed(text), expected); else assert.throws(() => parseNamed(text), /--tls-sni-cert-key wants/) })
