import assert from 'node:assert/strict'
import { webcrypto, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Client } from '#client'
import { certificateSigningRequest, clusterRoleBinding, type CertificateSigningRequest } from '#kinds'
import { is, type New } from '#machinery'
import { TestCluster } from '#testing'
import { certificateSigner } from './certificate-signer.ts'
import { Pki } from './pki.ts'
import { verifySignature } from './verify-signature.ts'

const folder = mkdtempSync(join(tmpdir(), 'proa-signer-'))
after(() => rmSync(folder, { recursive: true }))
const authority = new Pki(folder).authority('ca', 'kubernetes')

type KeyAlgorithm = { name: 'ECDSA'; namedCurve: string } | { name: 'RSASSA-PKCS1-v1_5'; modulusLength: number; publicExponent: Uint8Array; hash: string }
async function requestPem(subject: string, algorithm: KeyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' }): Promise<string> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: { hash: 'SHA-256', ...algorithm } }, webcrypto as never)
  return Buffer.from(request.toString('pem')).toString('base64')
}
const made = (name: string, request: string, more: object) => ({ metadata: { name }, spec: { request, usages: ['digital signature', 'client auth'], signerName: 'kubernetes.io/kube-apiserver-client', ...more } }) as New<CertificateSigningRequest>
const decided = (request: CertificateSigningRequest) => ({ ...request, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', lastUpdateTime: '2030-01-01T00:00:00Z' }] } }) as CertificateSigningRequest
/** Keys are worked on beside the clock that is turned by hand: waits for the certificate itself. */
const signed = (client: Client, name: string): Promise<X509Certificate> => new Promise((resolve, reject) => {
  const stop = client.watch(certificateSigningRequest, { fieldSelector: `metadata.name=${name}` }, ({ object }) => {
    const { certificate } = (object as CertificateSigningRequest).status
    if (certificate) { stop(); resolve(new X509Certificate(Buffer.from(certificate, 'base64'))) }
  }, reject)
})
const controllers = ['certificatesigningrequest-approving', 'certificatesigningrequest-signing', 'certificatesigningrequest-cleaner']
const start = async () => TestCluster.start({ controllers, scheduler: false, signer: certificateSigner(await authority), plane: { verifySignature } })

test('an approved request is signed by the cluster, with what it asks for, and goes after an hour', async () => {
  await using cluster = await start()
  const { client } = cluster
  const request = await client.create(certificateSigningRequest, made('jane', await requestPem('CN=jane, O=dev, O=ops'), { expirationSeconds: 3600 }))
  await cluster.settle()
  assert.equal((await client.get(certificateSigningRequest, { name: 'jane' })).status.certificate, undefined)
  await client.update(certificateSigningRequest, decided(request), { subresource: 'approval' })
  const certificate = await signed(client, 'jane')
  assert.equal(certificate.subject, 'CN=jane\nO=dev\nO=ops')
  assert.ok(certificate.verify(new X509Certificate((await authority).certificate).publicKey))
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.equal(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom), 65 * 60_000)
  await cluster.settle()
  await cluster.clock.advance(3_700_000)
  await cluster.settle()
  await assert.rejects(client.get(certificateSigningRequest, { name: 'jane' }), (error) => is(error, 'NotFound'))
})

test('what a signer refuses has failed, and says why', async () => {
  await using cluster = await start()
  const { client } = cluster
  for (const [name, more] of [['server', { usages: ['server auth'] }], ['foreign', { signerName: 'example.com/own' }]] as const) {
    const request = await client.create(certificateSigningRequest, made(name, await requestPem('CN=jane'), more))
    await client.update(certificateSigningRequest, decided(request), { subresource: 'approval' })
  }
  await cluster.settle()
  const [server, foreign] = [await client.get(certificateSigningRequest, { name: 'server' }), await client.get(certificateSigningRequest, { name: 'foreign' })]
  const { type, reason, message } = server.status.conditions!.find((c) => c.type === 'Failed')!
  assert.deepEqual({ type, reason, message }, { type: 'Failed', reason: 'SignerValidationFailure', message: 'invalid usage for client certificate: server auth' })
  assert.deepEqual([foreign.status.conditions!.length, foreign.status.certificate], [1, undefined])
})

test('a new node has its first certificate when it may, also when it is allowed later', async () => {
  await using cluster = await start()
  const joining = cluster.clientAs({ name: 'system:bootstrap:abc123', groups: ['system:bootstrappers', 'system:authenticated'] })
  await cluster.client.create(clusterRoleBinding, { metadata: { name: 'join' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-bootstrapper' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:bootstrappers' }] })
  await joining.create(certificateSigningRequest, made('node', await requestPem('CN=system:node:n, O=system:nodes', { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }),
    { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'key encipherment', 'client auth'] }))
  await cluster.settle()
  assert.equal((await cluster.client.get(certificateSigningRequest, { name: 'node' })).status.conditions, undefined)
  await cluster.client.create(clusterRoleBinding, { metadata: { name: 'approve' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:bootstrappers' }] })
  await cluster.clock.advance(60_000)
  assert.equal((await signed(cluster.client, 'node')).subject, 'CN=system:node:n\nO=system:nodes')
  const { status } = await cluster.client.get(certificateSigningRequest, { name: 'node' })
  assert.equal(status.conditions?.[0]?.message, 'Auto approving kubelet client certificate after SubjectAccessReview.')
})

test('a request with another key\'s signature is not taken, and would not be signed', async () => {
  const der = Buffer.from(/-----BEGIN[^-]+-----([^-]+)-----END/.exec(Buffer.from(await requestPem('CN=jane'), 'base64').toString())![1]!, 'base64')
  const at = der.indexOf('jane')
  der[at] = 'J'.charCodeAt(0)
  const changed = Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64')
  await using cluster = await start()
  await assert.rejects(cluster.client.create(certificateSigningRequest, made('forged', changed, { usages: [] })), { message:
    `CertificateSigningRequest.certificates.k8s.io "forged" is invalid: [spec.request: Invalid value: "${changed}": x509: ECDSA verification failure, spec.usages: Required value]` })
  await assert.rejects(certificateSigner(await authority).sign(changed, ['client auth'], { from: 0, to: 1000 }), /^Error: unable to verify certificate request signature/)
  await assert.rejects(certificateSigner(await authority).sign('eA==', ['client auth'], { from: 0, to: 1000 }), /^Error: PEM block type must be CERTIFICATE REQUEST$/)
})
