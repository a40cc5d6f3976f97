// needs: kubectl
// minutes: 1
// Admission by others over real HTTPS, and by policies, as kubectl shows it: what is denied, changed and warned of, and a webhook that hangs,
// is gone, is somebody else's or answers nonsense.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { issue, Pki } from '../../src/assembly/pki.ts'
import { Terminal } from './terminal.ts'

interface Review { readonly request: { readonly uid: string; readonly object: { readonly metadata: { readonly name: string } } } }

const cluster = `hooks-${process.pid}`
let dir = '', ca = '', port = 0, terminal: Terminal, server: Server
const encode = (text: string) => Buffer.from(text).toString('base64')

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-hooks-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir })
  const authority = await new Pki(join(dir, 'pki')).authority('ca', 'authority')
  ca = authority.certificate
  const { certificate, key } = await issue(authority, { commonName: 'hooks', ips: ['127.0.0.1'] }, ['server'])
  server = createServer({ cert: certificate, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const { pathname } = new URL(request.url!, 'https://x')
      if (pathname === '/hang') return
      if (pathname === '/nonsense') { response.end('nonsense'); return }
      const { request: { uid, object } } = JSON.parse(Buffer.concat(chunks).toString()) as Review
      const verdict = pathname === '/mutate' ? { allowed: true, patchType: 'JSONPatch', patch: encode(JSON.stringify([{ op: 'add', path: '/data', value: { from: 'webhook' } }])), warnings: ['changed'] }
        : { allowed: object.metadata.name !== 'bad', status: { message: 'a bad name', code: 403 } }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...verdict } }))
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  port = (server.address() as AddressInfo).port
  const started = await terminal.proa('up', '--name', cluster, '--runtime', 'simulated', '--detach')
  assert.equal(started.code, 0, started.err)
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  server.close()
  server.closeAllConnections()
  rmSync(dir, { recursive: true, force: true })
})

async function apply(...objects: object[]): Promise<void> {
  const { code, err } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) })
  assert.equal(code, 0, err)
}
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }]
const configuration = (sort: 'Mutating' | 'Validating', name: string, more: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1', kind: `${sort}WebhookConfiguration`, metadata: { name },
  webhooks: [{ name: `${name}.example.com`, rules, sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 1, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } }, ...more }],
})
const at = (path: string, where = port, trust = ca) => ({ clientConfig: { url: `https://127.0.0.1:${where}${path}`, caBundle: encode(trust) } })
const create = (name: string) => terminal.kubectl('create', 'configmap', name)
const forget = (sort: 'mutating' | 'validating', name: string) => terminal.k('delete', `${sort}webhookconfiguration`, name)

test('webhooks change, warn and deny', async () => {
  await apply(configuration('Mutating', 'mutate', at('/mutate')), configuration('Validating', 'check', at('/check')))
  const good = await create('good')
  assert.deepEqual([good.code, good.err.trim()], [0, 'Warning: changed'])
  assert.equal(await terminal.k('get', 'configmap', 'good', '-o', 'jsonpath={.data.from}'), 'webhook')
  const bad = await create('bad')
  assert.deepEqual([bad.code, bad.err.replace('Warning: changed\n', '').trim()], [1, 'error: failed to create configmap: admission webhook "check.example.com" denied the request: a bad name'])
  await forget('mutating', 'mutate')
  await forget('validating', 'check')
})

for (const [what, more, expected] of [
  ['hangs', () => at('/hang'), /failed calling webhook "w\.example\.com": failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/hang\?timeout=1s": context deadline exceeded/],
  ['is gone', () => at('/', 1), /Post "https:\/\/127\.0\.0\.1:1\/\?timeout=1s": dial tcp 127\.0\.0\.1:1: connect: connection refused/],
  ['has a certificate of nobody known', () => ({ clientConfig: { url: `https://127.0.0.1:${port}/check` } }), /tls: failed to verify certificate: x509: certificate signed by unknown authority/],
  ['answers nonsense', () => at('/nonsense'), /failed to call webhook: couldn't get version\/kind; json parse error: invalid character 'o' in literal null \(expecting 'u'\)/],
] as const) test(`a webhook that ${what} stops what it was asked about, unless it is to be ignored`, async () => {
  await apply(configuration('Validating', 'w', more()))
  const { code, err } = await create('x')
  assert.equal(code, 1)
  assert.match(err, expected)
  await apply(configuration('Validating', 'w', { ...more(), failurePolicy: 'Ignore' }))
  assert.equal((await create('x')).code, 0)
  await terminal.k('delete', 'configmap', 'x')
  await forget('validating', 'w')
})

test('policies deny, warn and change, and are told what does not fit', async () => {
  const api = { apiVersion: 'admissionregistration.k8s.io/v1' }, matchConstraints = { resourceRules: rules }
  await apply(
    { ...api, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: { matchConstraints, validations: [{ expression: "object.metadata.name != 'bad'", messageExpression: "object.metadata.name + ' is no name'" }, { expression: "object.none == ''", message: 'x' }], failurePolicy: 'Ignore' } },
    { ...api, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'p' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    { ...api, kind: 'MutatingAdmissionPolicy', metadata: { name: 'm' }, spec: { matchConstraints, reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{data: {"from": "policy"}}' } }] } },
    { ...api, kind: 'MutatingAdmissionPolicyBinding', metadata: { name: 'm' }, spec: { policyName: 'm' } },
  )
  assert.match((await create('bad')).err, /configmaps "bad" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: bad is no name/)
  await terminal.k('create', 'configmap', 'fine')
  assert.equal(await terminal.k('get', 'configmap', 'fine', '-o', 'jsonpath={.data.from}'), 'policy')
  await terminal.k('wait', 'validatingadmissionpolicy/p', '--for=jsonpath={.status.observedGeneration}=1', '--timeout=20s')
  assert.match(await terminal.k('get', 'validatingadmissionpolicy', 'p', '-o', 'jsonpath={.status.typeChecking.expressionWarnings[0].warning}'), /^\/v1, Kind=ConfigMap: ERROR: <input>:1:7: undefined field 'none'/)
})
