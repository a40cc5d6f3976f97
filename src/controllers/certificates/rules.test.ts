import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CertificateSigningRequest } from '#kinds'
import { nodeRequestWithHost } from '../../../tests/facts/certificates.ts'
import { refusal, removalTime, requestedCertificate, signers, validity } from './rules.ts'

const node = { commonName: 'system:node:a', organizations: ['system:nodes'], dnsNames: [], addresses: [], emails: [], uris: [] }
const serving = ['digital signature', 'key encipherment', 'server auth'], client = ['digital signature', 'key encipherment', 'client auth']
for (const [what, signer, asked, usages, expected] of [
  ['a node serves under its name', signers.kubeletServing, { ...node, dnsNames: ['a'] }, serving],
  ['a key that cannot encipher need not', signers.kubeletServing, { ...node, addresses: ['10.0.0.1'] }, ['server auth', 'digital signature']],
  ['whoever is no node serves nothing', signers.kubeletServing, { ...node, organizations: ['system:nodes', 'x'], dnsNames: ['a'] }, serving, 'subject organization is not system:nodes'],
  ['serving needs a name', signers.kubeletServing, node, serving, 'DNS or IP subjectAltName is required'],
  ['serving takes no mail', signers.kubeletServing, { ...node, dnsNames: ['a'], emails: ['a@b'], uris: ['x:y'] }, serving, 'Email subjectAltNames are not allowed'],
  ['serving takes no links', signers.kubeletServing, { ...node, dnsNames: ['a'], uris: ['x:y'] }, serving, 'URI subjectAltNames are not allowed'],
  ['usages before the name', signers.kubeletServing, { ...node, commonName: 'a', dnsNames: ['a'] }, client, 'usages did not match [digital signature key encipherment server auth]'],
  ['the name last', signers.kubeletServing, { ...node, commonName: 'a', dnsNames: ['a'] }, serving, 'subject common name does not begin with system:node:'],
  ['a node is a client', signers.kubeletClient, node, client],
  ['a client needs no names', signers.kubeletClient, { ...node, dnsNames: ['a'], addresses: ['1.1.1.1'] }, client, 'DNS subjectAltNames are not allowed'],
  ['nor addresses', signers.kubeletClient, { ...node, addresses: ['1.1.1.1'] }, client, 'IP subjectAltNames are not allowed'],
  ['the name before usages', signers.kubeletClient, { ...node, commonName: 'a' }, serving, 'subject common name does not begin with system:node:'],
  ['usages of a client', signers.kubeletClient, node, [...client, 'server auth'], 'usages did not match [client auth digital signature key encipherment]'],
  ['anybody is a client', signers.client, { ...node, commonName: 'jane', organizations: [] }, ['client auth']],
  ['but not a server', signers.client, node, ['client auth', 'server auth'], 'invalid usage for client certificate: server auth'],
  ['a client says so', signers.client, node, ['digital signature'], 'missing required usage for client certificate: client auth'],
  ['the old signer takes anything', signers.legacyUnknown, { ...node, emails: ['a@b'] }, ['cert sign']],
] as [string, string, typeof node, string[], string?][]) test(`what is signed: ${what}`, () => { assert.equal(refusal(signer, asked, usages), expected) })

const minute = 60_000, hour = 60 * minute, year = 8760 * hour
for (const [asked, from, to] of [[undefined, -5 * minute, year - 5 * minute], [600, -5 * minute, 10 * minute], [60, -5 * minute, 10 * minute], [8 * 3600, -5 * minute, 8 * hour - 5 * minute], [1e9, -5 * minute, year - 5 * minute]] as const)
  test(`a certificate for ${asked ?? 'no'} seconds`, () => { assert.deepEqual(validity(asked, year), { from, to }) })

const request = (conditions: object[], certificate?: string) => ({ metadata: { name: 'a', creationTimestamp: '2030-01-01T00:00:00Z' }, status: { conditions, ...(certificate && { certificate }) } }) as unknown as CertificateSigningRequest // allowed: what is read of it
const start = Date.UTC(2030, 0, 1), at = '2030-01-01T02:00:00Z'
for (const [what, given, expected] of [
  ['nobody has decided', request([]), start + 24 * hour], ['approved, not signed', request([{ type: 'Approved', status: 'True', lastUpdateTime: at }]), Infinity],
  ['signed', request([{ type: 'Approved', status: 'True', lastUpdateTime: at }], 'x'), start + 3 * hour], ['denied', request([{ type: 'Denied', status: 'True', lastUpdateTime: at }]), start + 3 * hour],
  ['failed', request([{ type: 'Approved', status: 'True', lastUpdateTime: at }, { type: 'Failed', status: 'True', lastUpdateTime: at }]), start + 3 * hour],
] as const) test(`a request goes: ${what}`, () => { assert.equal(removalTime(given, Date.parse), expected) })
test('a request is read', () => {
  assert.deepEqual(requestedCertificate(nodeRequestWithHost), { commonName: 'system:node:n1', organizations: ['system:nodes'], dnsNames: ['n1'], addresses: [], emails: [], uris: [] })
  assert.throws(() => requestedCertificate('eA=='), { message: 'PEM block type must be CERTIFICATE REQUEST' })
})
