// Rules of certificate signing requests: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDNS1123Label } from '#machinery'
import { created, problems, problemsOfChange } from '../as-written.ts'
import { certificateSigningRequest as kind } from './certificatesigningrequest.ts'

// Made with openssl: a request of CN=x.
const request = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIck1JR1NBZ0VBTURBeEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekVYTUJVR0ExVUVBd3dPYzNsegpkR1Z0T201dlpHVTZiakV3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVFXaUhWbmJ4T1o5SE9hCkhzaE9NZ0c4bHJZY0FWNFRtWGhWcFJJSVJVbGF4U0k1MjJPU2kwRXk1TnhzZWoyTU5XMUtNWU9vaEJmaE5BNUsKVXlHVGdiMUdvQUF3Q2dZSUtvWkl6ajBFQXdJRFNBQXdSUUlnSFhJM0VpTURFd0VXVDlaOHM2VGp2Z3l1UUFXaQpNc2FXeWJpYUpDR3VxREFDSVFEV214cFkvQ1ZuMmttWlF0VzN0Ry9nLytwaE1OSnV3cHZ1bmx2VUUwYjlXdz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo='
const pem = (type: string, body: string) => btoa(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`)
const body = (spec: object = {}) => ({ spec: { request, signerName: 'example.com/s', usages: ['client auth'], ...spec } })

for (const [name, spec, ...expected] of [
  ['a request', {}],
  ['of no form', { request: 'LS0=' }, 'spec.request: Invalid value: "LS0=": PEM block type must be CERTIFICATE REQUEST'],
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
  ['a certificate', 'status', {}, { certificate: pem('CERTIFICATE', btoa('\x30\x00')) }],
  ['no certificate', 'status', {}, { certificate: btoa('x') }, 'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
  ['a key', 'status', {}, { certificate: pem('PRIVATE KEY', 'AA==') }, 'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"'],
  ['another certificate', 'status', { certificate: pem('CERTIFICATE', btoa('\x30\x00')) }, { certificate: pem('CERTIFICATE', btoa('\x30\x02\x05\x00')) },
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
