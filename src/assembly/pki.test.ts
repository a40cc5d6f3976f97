import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pki, serverNames } from './pki.ts'

test('certificates are made once, kept, and made anew when a name is missing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pki-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const pki = new Pki(folder)
  const ca = await pki.authority('ca', 'kubernetes')
  assert.deepEqual(await pki.authority('ca', 'kubernetes'), ca)
  const first = await pki.leaf('apiserver', ca, serverNames(['172.30.0.1'], '10.96.0.1', 'cluster.local'), ['server'])
  assert.deepEqual(await pki.leaf('apiserver', ca, serverNames(['172.30.0.1'], '10.96.0.1', 'cluster.local'), ['server']), first)
  const leaf = new X509Certificate(first.certificate)
  assert.ok(leaf.verify(new X509Certificate(ca.certificate).publicKey))
  assert.equal(leaf.checkIP('10.96.0.1'), '10.96.0.1')
  assert.equal(leaf.checkHost('kubernetes.default.svc.cluster.local'), 'kubernetes.default.svc.cluster.local')
  const second = await pki.leaf('apiserver', ca, serverNames(['host.example'], '10.96.0.1', 'cluster.local'), ['server'])
  assert.notEqual(second.certificate, first.certificate)
  assert.equal(statSync(join(folder, 'apiserver.key')).mode & 0o777, 0o600)
})

test('a user name keeps its colons, commas and groups', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pki-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const pki = new Pki(folder), ca = await pki.authority('ca', 'kubernetes')
  const { certificate } = await pki.leaf('n', ca, { commonName: 'system:node:a,b+c', organizations: ['system:nodes', 'x y'] }, ['client'])
  const subject = new X509Certificate(certificate).toLegacyObject().subject as { CN: string; O: string[] }
  assert.equal(subject.CN, 'system:node:a,b+c')
  assert.deepEqual(subject.O, ['system:nodes', 'x y'])
})

test('the service account key is RSA, and stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pki-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const made = await new Pki(folder).serviceAccountKey(), found = new Pki(folder).serviceAccountKey()
  assert.equal(made.asymmetricKeyType, 'rsa')
  assert.ok(made.equals(found as typeof made))
})
