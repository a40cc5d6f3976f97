// needs: kubectl
// minutes: 1
// An extension server on a socket of its own behind the whole binary, and the documents that kubectl reads: discovery, explain, top.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Pki } from '../../src/assembly/pki.ts'
import { ExtensionServer } from '../../src/testing/index.ts'
import { Terminal, until } from './terminal.ts'

const cluster = `extension-${process.pid}`, version = 'v1beta1.metrics.k8s.io'
// Endpoints may not be loopback addresses.
const address = Object.values(networkInterfaces()).flat().find((a) => a?.family === 'IPv4' && !a.internal)?.address
let dir = '', terminal: Terminal, extension: ExtensionServer

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-extension-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir })
  const started = await terminal.proa('up', '--name', cluster, '--runtime', 'simulated', '--detach')
  assert.equal(started.code, 0, started.err)
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  await extension?.stop()
  rmSync(dir, { recursive: true, force: true })
})

async function apply(...items: object[]): Promise<void> {
  const { code, err } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  assert.equal(code, 0, err)
}
const raw = (path: string, as: readonly string[] = []) => terminal.kubectl('get', '--raw', path, ...as)

test('an extension server is found, asked as the user, and asks back who may', { skip: address === undefined && 'no address but loopback' }, async () => {
  const pki = new Pki(join(dir, 'pki')), authority = await pki.authority('ca', 'metrics authority')
  const serving = await pki.leaf('metrics', authority, { commonName: 'metrics', dnsNames: ['metrics.kube-system.svc'] }, ['server'])
  const settings = JSON.parse(await terminal.k('get', 'configmap', '-n', 'kube-system', 'extension-apiserver-authentication', '-o', 'jsonpath={.data}')) as Record<string, string>
  assert.equal(settings['requestheader-client-ca-file'], readFileSync(join(dir, 'data', cluster, 'pki', 'front-proxy-ca.crt'), 'utf8'))
  extension = await ExtensionServer.start({ ...serving, clientCa: settings['requestheader-client-ca-file']!, host: '0.0.0.0',
    async authorize({ user, groups, url }) {
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, groups, resourceAttributes: { group: 'metrics.k8s.io', resource: 'nodes', verb: 'list' } } }
      const { out } = await terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', ['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'], { input: JSON.stringify(review) })
      if (out !== 'true') throw new Error(`${user} may not ${url}`)
    } })
  await apply(
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'metrics', namespace: 'kube-system' }, spec: { ports: [{ name: 'https', port: 443, targetPort: extension.port }] } },
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'metrics-1', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'metrics' } }, addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ name: 'https', port: extension.port, protocol: 'TCP' }] },
    { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: version }, spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, caBundle: Buffer.from(authority.certificate).toString('base64'), service: { name: 'metrics', namespace: 'kube-system' } } })
  await terminal.k('wait', '--for=condition=Available', `apiservice/${version}`, '--timeout=30s')
  const services = await terminal.k('get', 'apiservices')
  assert.match(services, /^v1beta1\.metrics\.k8s\.io +kube-system\/metrics +True/m)
  assert.match(services, /^v1\.apps +Local +True/m)
  await until('metrics.k8s.io is discovered', () => terminal.k('api-versions'), (text) => text.includes('metrics.k8s.io/v1beta1'), 20)
  assert.match(await terminal.k('api-resources', '--api-group=metrics.k8s.io'), /^nodes +metrics\.k8s\.io\/v1beta1 +false +NodeMetrics$/m)
  assert.match(await terminal.k('get', 'nodes.metrics.k8s.io', '-o', 'name'), /node-1/)
  const top = await terminal.kubectl('top', 'nodes')
  assert.doesNotMatch(top.err, /Metrics API not available/)
  const refused = await raw('/apis/metrics.k8s.io/v1beta1/nodes', ['--as=nobody'])
  assert.match(refused.err, /forbidden/i)
  await terminal.k('create', 'clusterrolebinding', 'jane', '--clusterrole=cluster-admin', '--user=jane')
  assert.match((await raw('/apis/metrics.k8s.io/v1beta1/nodes', ['--as=jane'])).out, /NodeMetricsList/)
  assert.equal(extension.asked.at(-1)!.user, 'jane')

  await terminal.k('delete', 'endpointslice', '-n', 'kube-system', 'metrics-1')
  await until('unavailable', () => terminal.k('get', 'apiservices', version), (text) => /False \(\w+\)/.test(text), 20)
  assert.match((await raw('/apis/metrics.k8s.io/v1beta1/nodes')).err, /ServiceUnavailable|unable to handle the request/)
  await terminal.k('delete', 'apiservice', version)
  await until('gone', () => terminal.k('api-versions'), (text) => !text.includes('metrics.k8s.io'), 20)
})

test('every kind can be explained', async () => {
  const lines = (await terminal.k('api-resources', '--no-headers')).trim().split('\n').map((line) => line.split(/ +/))
  assert.ok(lines.length > 60, `${lines.length}`)
  const silent: string[] = []
  for (const line of lines) if (/<no description>|<empty>/.test(await terminal.k('explain', line[0]!, `--api-version=${line.at(-3)}`))) silent.push(line.join(' '))
  assert.deepEqual(silent, [])
  assert.match(await terminal.k('explain', 'pods', '--recursive'), /^ {6}volumeMounts\t<\[\]VolumeMount>/m)
  assert.match(await terminal.k('explain', 'deployments.spec.strategy', '--api-version=apps/v1', '--output=plaintext-openapiv2'), /rollingUpdate/)
})
