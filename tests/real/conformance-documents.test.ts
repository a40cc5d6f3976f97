// needs: kubectl
// minutes: 1
// Conformance: what definitions publish of themselves, as kubectl reads it (validation, explain, the OpenAPI document), and an extension
// server behind the aggregator.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPki } from '../../src/assembly/index.ts'
import { FlunderServer, type Flunder } from './flunder-server.ts'
import { Terminal, until } from './terminal.ts'

const cluster = `documents-${process.pid}`
let dir = '', terminal: Terminal
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'proa-documents-'))
  terminal = new Terminal(dir, { PROA_HOME: join(dir, 'data'), KUBECONFIG: join(dir, 'kubeconfig'), HOME: dir })
  const started = await terminal.proa('up', '--name', cluster, '--runtime', 'simulated', '--detach')
  assert.equal(started.code, 0, started.err)
})
after(async () => {
  await terminal.proa('down', '--name', cluster, '--delete-data')
  rmSync(dir, { recursive: true, force: true })
})
const behaviour = (part: string) => (name: string, play: () => Promise<void>, options: object = {}) => { test(`${part} ${name} [Conformance]`, options, play) }
const stdin = (verb: string, object: object, ...more: string[]) => terminal.type(process.env['PROA_KUBECTL'] ?? 'kubectl', [verb, '-f', '-', ...more], { input: JSON.stringify(object) })
async function given(verb: string, object: object): Promise<void> {
  const { code, err } = await stdin(verb, object)
  assert.equal(code, 0, err)
}
async function refused(verb: string, object: object, words: RegExp): Promise<void> {
  const { code, err } = await stdin(verb, object)
  assert.equal(code, 1)
  assert.match(err, words)
}
/** What explain shows; it is asked again until the new document is there. */
const explained = async (what: string, words: RegExp) => {
  const text = await until(`explain ${what}`, async () => (await terminal.kubectl('explain', what)).out, (out) => words.test(out), 20)
  assert.match(text, words)
}

const text = (description: string) => ({ type: 'string', description })
const bars = (properties: object, required: readonly string[] = []) => ({ type: 'array', items: { type: 'object', ...(required.length && { required }), properties } })
const foo = { description: 'Foo CRD for Testing', type: 'object', properties: {
  spec: { type: 'object', description: 'Specification of Foo', properties: { bars: { description: 'List of Bars and their specs.', ...bars({ name: text('Name of Bar.'), age: text('Age of Bar.'), bazs: { description: 'List of Bazs.', type: 'array', items: { type: 'string' } } }, ['name']) } } },
  status: { type: 'object', description: 'Status of Foo', properties: { bars: { description: 'List of Bars and their statuses.', ...bars({ name: text('Name of Bar.'), available: { type: 'boolean', description: 'Whether the Bar is installed.' }, quxType: { ...text('Indicates to external qux type.'), pattern: 'in-tree|out-of-tree' } }) } } },
} }
const waldo = { ...foo, description: 'Waldo CRD for Testing' }
const empty = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

interface Definition { readonly metadata: { readonly name: string }; readonly spec: { readonly group: string; readonly names: { readonly plural: string; readonly kind: string }; readonly versions: readonly { readonly name: string }[] } }
let made = 0
const definition = (group: string, schema: object, ...versions: readonly string[]) => {
  const plural = `e2e-docs${++made}s`, all = `${group}.example.com`
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${all}` }, spec: { group: all, scope: 'Namespaced', names: { plural, singular: `e2e-docs${made}`, kind: `E2eDocs${made}` },
    versions: versions.map((name, i) => ({ name, served: true, storage: i === 0, schema: { openAPIV3Schema: schema } })) } }
}
async function published(group: string, schema: object, ...versions: readonly string[]): Promise<Definition> {
  const one = definition(group, schema, ...versions)
  await given('create', one)
  await terminal.k('wait', '--for=condition=Established', `crd/${one.metadata.name}`, '--timeout=20s')
  return one
}
const withdrawn = (...all: readonly Definition[]) => Promise.all(all.map(({ metadata }) => terminal.k('delete', 'crd', metadata.name)))
/** The description of a kind in the document of its group version; undefined where there is none. */
async function documented({ spec: { group, names } }: Definition, version: string): Promise<string | undefined> {
  const { code, out } = await terminal.kubectl('get', '--raw', `/openapi/v3/apis/${group}/${version}`)
  if (code !== 0) return undefined
  const { components } = JSON.parse(out) as { components: { schemas: Record<string, { description?: string }> } }
  return Object.entries(components.schemas).find(([name]) => name.endsWith(`.${version}.${names.kind}`))?.[1].description
}
const has = async (one: Definition, version: string, description: string | undefined) => { await until(`${one.metadata.name} ${version}`, () => documented(one, version), (found) => found === description, 20) }
const meta = ({ spec: { group, names, versions } }: Definition, name: string) => ({ kind: names.kind, apiVersion: `${group}/${versions[0]!.name}`, metadata: { name } })
/** Created, deleted, applied and deleted. */
async function comesAndGoes(one: Definition, object: object): Promise<void> {
  for (const verb of ['create', 'apply']) {
    await given(verb, object)
    await terminal.k('delete', one.spec.names.plural, 'test-cr')
  }
}

const publish = behaviour('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin]')
publish('works for CRD with validation schema', async () => {
  const one = await published('foo', foo, 'v1'), { plural } = one.spec.names
  await comesAndGoes(one, { ...meta(one, 'test-cr'), spec: { bars: [{ name: 'test-bar' }] } })
  for (const verb of ['create', 'apply']) {
    await refused(verb, { ...meta(one, 'test-cr'), spec: { foo: true } }, /unknown field "spec\.foo"/)
    await refused(verb, { ...meta(one, 'test-cr'), spec: { bars: [{ age: '10' }] } }, /spec\.bars\[0\]\.name: Required value/)
  }
  await explained(plural, /DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo/s)
  await explained(`${plural}.metadata`, /DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>.*CreationTimestamp is a timestamp/s)
  await explained(`${plural}.spec`, /DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs/s)
  await explained(`${plural}.spec.bars`, /FIELD: bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s)
  const missing = await terminal.kubectl('explain', `${plural}.spec.bars2`)
  assert.deepEqual([missing.code, missing.err.trim()], [1, 'error: field "bars2" does not exist'])
  await withdrawn(one)
})
publish('works for CRD without validation schema', async () => {
  const one = await published('empty', empty, 'v1')
  await comesAndGoes(one, { ...meta(one, 'test-cr'), a: { b: [{ c: 'd' }] } })
  await explained(one.spec.names.plural, /DESCRIPTION:.*<empty>/s)
  await withdrawn(one)
})
publish('works for CRD preserving unknown fields at the schema root', async () => {
  const one = await published('unknown-at-root', { ...foo, description: 'preserve-unknown-properties at root for Testing', 'x-kubernetes-preserve-unknown-fields': true }, 'v1')
  await comesAndGoes(one, { ...meta(one, 'test-cr'), a: { b: [{ c: 'd' }] } })
  await explained(one.spec.names.plural, new RegExp(`KIND:.*${one.spec.names.kind}`, 's'))
  await withdrawn(one)
})
publish('works for CRD preserving unknown fields in an embedded object', async () => {
  const nested = { description: 'preserve-unknown-properties in nested field for Testing', type: 'object', properties: { spec: { ...empty, description: 'Specification of Waldo' }, status: { ...empty, description: 'Status of Waldo' } } }
  const one = await published('unknown-in-nested', nested, 'v1')
  await comesAndGoes(one, { ...meta(one, 'test-cr'), spec: { a: null, b: [{ c: 'd' }] } })
  await explained(one.spec.names.plural, /DESCRIPTION:.*preserve-unknown-properties in nested field for Testing/s)
  await withdrawn(one)
})
publish('works for multiple CRDs of different groups', async () => {
  const both = [await published('foo', foo, 'v1'), await published('waldo', waldo, 'v1beta1')] as const
  await has(both[1], 'v1beta1', waldo.description)
  await has(both[0], 'v1', foo.description)
  await withdrawn(...both)
})
publish('works for multiple CRDs of same group but different versions', async () => {
  const one = await published('multi-ver', foo, 'v2', 'v3')
  for (const version of ['v3', 'v2']) await has(one, version, foo.description)
  const both = [await published('common-group', foo, 'v4'), await published('common-group', waldo, 'v5')] as const
  await has(both[1], 'v5', waldo.description)
  await has(both[0], 'v4', foo.description)
  await withdrawn(one, ...both)
})
publish('works for multiple CRDs of same group and version but different kinds', async () => {
  const both = [await published('common-group', foo, 'v6'), await published('common-group', waldo, 'v6')] as const
  await has(both[1], 'v6', waldo.description)
  await has(both[0], 'v6', foo.description)
  await withdrawn(...both)
})
publish('updates the published spec when one version gets renamed', async () => {
  const one = await published('multi-ver', foo, 'v2', 'v3')
  await terminal.k('patch', 'crd', one.metadata.name, '--type=json', '-p', JSON.stringify([{ op: 'test', path: '/spec/versions/1/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/1/name', value: 'v4' }]))
  for (const [version, description] of [['v4', foo.description], ['v3', undefined], ['v2', foo.description]] as const) await has(one, version, description)
  await withdrawn(one)
})
publish('removes definition from spec when one version gets changed to not be served', async () => {
  const one = await published('multi-to-single-ver', foo, 'v5', 'v6alpha1')
  await has(one, 'v6alpha1', foo.description)
  await terminal.k('patch', 'crd', one.metadata.name, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec/versions/1/served', value: false }]))
  for (const [version, description] of [['v6alpha1', undefined], ['v5', foo.description]] as const) await has(one, version, description)
  await withdrawn(one)
})

// Endpoints may not be loopback addresses.
const address = Object.values(networkInterfaces()).flat().find((a) => a?.family === 'IPv4' && !a.internal)?.address
const aggregate = behaviour('[sig-api-machinery] Aggregator')
aggregate('Should be able to support the 1.17 Sample API Server using the current Aggregator [LinuxOnly]', async () => {
  const pki = await createPki(join(dir, 'pki')), authority = await pki.authority('ca', 'sample authority'), serving = await pki.leaf('sample', authority, { commonName: 'sample', dnsNames: ['sample-api.default.svc'] }, ['server'])
  const settings = JSON.parse(await terminal.k('get', 'configmap', '-n', 'kube-system', 'extension-apiserver-authentication', '-o', 'jsonpath={.data}')) as Record<string, string>
  const server = await FlunderServer.start({ ...serving, clientCa: settings['requestheader-client-ca-file']! })
  try {
    const name = 'v1alpha1.wardle.example.com', path = '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders', read = async <T = unknown>(raw: string) => JSON.parse(await terminal.k('get', '--raw', raw)) as T
    await given('create', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'sample-api' }, spec: { ports: [{ port: 7443, targetPort: server.port }] } })
    await given('create', { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'sample-api', labels: { 'kubernetes.io/service-name': 'sample-api' } }, addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ port: server.port, protocol: 'TCP' }] })
    await given('create', { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec: { service: { namespace: 'default', name: 'sample-api', port: 7443 }, group: 'wardle.example.com', version: 'v1alpha1', caBundle: Buffer.from(authority.certificate).toString('base64'), groupPriorityMinimum: 2000, versionPriority: 200 } })
    await terminal.k('wait', '--for=condition=Available', `apiservice/${name}`, '--timeout=30s')
    const flunder = { apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder', metadata: { name: 'rest-flunder', labels: { 'sample-label': 'true' } } }
    await until('flunders are discovered', () => terminal.k('api-resources', '--api-group=wardle.example.com', '-o', 'name'), (out) => out.includes('flunders.wardle.example.com'), 20)
    // The sample is validated as one of its own; no schema of it is published.
    const created = await stdin('create', flunder, '--validate=false')
    assert.equal(created.code, 0, created.err)
    assert.deepEqual((await read<{ items: Flunder[] }>(path)).items.map((f) => f.metadata.name), ['rest-flunder'])
    assert.match(await terminal.k('get', 'flunders'), /rest-flunder/)
    await terminal.k('delete', 'flunder', 'rest-flunder')
    assert.deepEqual((await read<{ items: Flunder[] }>(path)).items, [])

    await terminal.k('patch', 'apiservice', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: { conditions: [{ type: 'StatusPatched', status: 'True', reason: 'E2E', message: 'Set by e2e test', lastTransitionTime: '2030-01-01T00:00:00Z' }] } }))
    assert.match(await terminal.k('get', '--raw', `/apis/apiregistration.k8s.io/v1/apiservices/${name}/status`), /StatusPatched/)
    await terminal.k('patch', 'apiservice', name, '--type=merge', '-p', '{"metadata":{"labels":{"e2e":"aggregator"}}}')
    await terminal.k('delete', 'apiservice', '-l', 'e2e=aggregator')
    assert.notEqual((await terminal.kubectl('get', 'flunders')).code, 0)
  } finally { await server.stop() }
}, { skip: address === undefined && 'no address but loopback' })
