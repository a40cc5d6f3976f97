// What v1.36 has switched off, switched on.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { switchedOff } from '#kinds'
import { loadProtobuf } from '#machinery'
import { admissionPlugins, podCertificateSigning } from './index.ts'
import { start, type Ask, type Body } from './contract-kit.ts'
import { authority, issued, publicKey, shortKeyRequest, stubRequest } from '../../tests/facts/certificates.ts'

const gates = new Set(Object.values(switchedOff).flatMap((resources) => Object.values(resources)).filter((gate) => gate !== ''))
const everything = (features: ReadonlySet<string> = gates) => start({ runtimeConfig: { 'api/all': 'true' }, features, admission: (parts) => [podCertificateSigning(parts.authorizer), ...admissionPlugins(parts)] })
const tables = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }
let ask: Ask
before(async () => {
  await loadProtobuf();
  ({ ask } = await everything())
  assert.equal((await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })).status, 201)
})

test('nothing of it is there unless it is asked for, and what it needs is switched on too', async () => {
  const plain = await start(), gated = await everything(new Set())
  for (const [groupVersion, resources] of Object.entries(switchedOff)) {
    const text = groupVersion.startsWith('internal.') || groupVersion.startsWith('storagemigration.') ? '404 page not found\n' : undefined
    for (const [resource, gate] of Object.entries(resources)) {
      const answer = await plain.ask(`GET /apis/${groupVersion}/${resource}`)
      assert.equal(answer.status, 404, resource)
      if (text) assert.equal(answer.text, text)
      else assert.equal(answer.body.message, 'the server could not find the requested resource')
      assert.equal((await gated.ask(`GET /apis/${groupVersion}/${resource}`)).status, gate ? 404 : 200, `${resource} without ${gate}`)
      assert.equal((await ask(`GET /apis/${groupVersion}/${resource}`)).status, 200, resource)
    }
  }
  const names = (groups: { name: string }[]) => groups.map((g) => g.name)
  const all = names((await ask('GET /apis')).body.groups), usual = names((await plain.ask('GET /apis')).body.groups)
  assert.deepEqual(all.filter((name) => !usual.includes(name)), ['internal.apiserver.k8s.io', 'storagemigration.k8s.io'])
  for (const { name, preferredVersion } of (await ask('GET /apis')).body.groups as { name: string; preferredVersion: { version: string } }[])
    assert.equal(preferredVersion.version, { 'internal.apiserver.k8s.io': 'v1alpha1', 'storagemigration.k8s.io': 'v1beta1', autoscaling: 'v2' }[name] ?? 'v1', name)
})
test('one resource of a version may be served without the others', async () => {
  const { ask } = await start({ runtimeConfig: { 'coordination.k8s.io/v1alpha2/leasecandidates': 'true', 'resource.k8s.io/v1beta1': 'true', 'resource.k8s.io/v1beta1/resourceslices': 'false' } })
  assert.deepEqual((await ask('GET /apis/coordination.k8s.io')).body.versions.map((v: Body) => v.version), ['v1', 'v1alpha2'])
  assert.deepEqual((await ask('GET /apis/resource.k8s.io/v1beta1')).body.resources.map((r: Body) => r.name), ['deviceclasses', 'resourceclaims', 'resourceclaims/status', 'resourceclaimtemplates'])
})
test('what is served by default may be switched off, as a version or one resource of it', async () => {
  const { ask } = await start({ runtimeConfig: { 'batch/v1': 'false', 'apps/v1/daemonsets': 'false' } }), groups = (await ask('GET /apis')).body.groups.map((g: Body) => g.name)
  assert.deepEqual([groups.includes('batch'), groups.includes('apps')], [false, true])
  for (const [path, status] of [['batch/v1', 404], ['batch/v1/jobs', 404], ['apps/v1/daemonsets', 404], ['apps/v1/deployments', 200]] as const) assert.equal((await ask(`GET /apis/${path}`)).status, status, path)
  assert.ok(!(await ask('GET /apis/apps/v1')).body.resources.some((r: Body) => r.name.startsWith('daemonsets')))
})

const uids = { podUID: 'u1', serviceAccountUID: 'u2', nodeUID: 'u3' }
const certificateRequest = { signerName: 'example.com/pods', podName: 'p', serviceAccountName: 'default', nodeName: 'node-1', ...uids, stubPKCS10Request: stubRequest }
const candidate = { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' }
const bundle = { trustBundle: authority }
const template = { name: 't', schedulingPolicy: { gang: { minCount: 2 } } }

interface Case { readonly path: string; readonly kind: string; readonly name?: string; readonly spec: object; readonly stored: object; readonly cells: readonly unknown[]; readonly columns: readonly string[]; readonly warns?: string }
const now = '2026-01-01T00:00:00Z'
const kinds: readonly Case[] = [
  { path: 'certificates.k8s.io/v1beta1/clustertrustbundles', kind: 'ClusterTrustBundle', name: 'example.com:pods:a', spec: { ...bundle, signerName: 'example.com/pods' }, stored: { ...bundle, signerName: 'example.com/pods' },
    columns: ['Name', 'SignerName'], cells: ['example.com:pods:a', 'example.com/pods'], warns: 'certificates.k8s.io/v1beta1 ClusterTrustBundle is deprecated in v1.36+, unavailable in v1.39+' },
  { path: 'certificates.k8s.io/v1alpha1/clustertrustbundles', kind: 'ClusterTrustBundle', name: 'b', spec: bundle, stored: bundle, columns: ['Name', 'SignerName'], cells: ['b', '<none>'],
    warns: 'certificates.k8s.io/v1alpha1 ClusterTrustBundle is deprecated in v1.34+, unavailable in v1.37+' },
  { path: 'certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', kind: 'PodCertificateRequest', spec: certificateRequest, stored: { ...certificateRequest, maxExpirationSeconds: 86_400 },
    columns: ['Name', 'PodName', 'ServiceAccountName', 'NodeName', 'SignerName', 'State'], cells: ['x', 'p', 'default', 'node-1', 'example.com/pods', 'Pending'] },
  { path: 'coordination.k8s.io/v1beta1/namespaces/n/leasecandidates', kind: 'LeaseCandidate', spec: candidate, stored: candidate,
    columns: ['Name', 'LeaseName', 'BinaryVersion', 'EmulationVersion', 'Age'], cells: ['x', 'l', '1.36.0', '1.35.0', '0s'], warns: 'coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+' },
  { path: 'coordination.k8s.io/v1alpha2/namespaces/n/leasecandidates', kind: 'LeaseCandidate', name: 'y', spec: candidate, stored: candidate, columns: ['Name', 'LeaseName', 'BinaryVersion', 'EmulationVersion', 'Age'], cells: ['y', 'l', '1.36.0', '1.35.0', '0s'],
    warns: 'coordination.k8s.io/v1alpha2 LeaseCandidate is deprecated in v1.35+' },
  { path: 'internal.apiserver.k8s.io/v1alpha1/storageversions', kind: 'StorageVersion', name: 'apps.deployments', spec: {}, stored: {}, columns: ['Name', 'CommonEncodingVersion', 'StorageVersions', 'Age'], cells: ['apps.deployments', '<unset>', '<unset>', '0s'] },
  { path: 'resource.k8s.io/v1alpha3/devicetaintrules', kind: 'DeviceTaintRule', spec: { deviceSelector: { driver: 'd.example' }, taint: { key: 'k', effect: 'NoExecute' } },
    stored: { deviceSelector: { driver: 'd.example' }, taint: { key: 'k', effect: 'NoExecute', timeAdded: now } }, columns: ['Name', 'Age'], cells: ['x', '0s'], warns: 'resource.k8s.io/v1alpha3 DeviceTaintRule is deprecated in v1.36+' },
  { path: 'resource.k8s.io/v1beta2/devicetaintrules', kind: 'DeviceTaintRule', name: 'y', spec: { taint: { key: 'k', effect: 'None' } }, stored: { taint: { key: 'k', effect: 'None', timeAdded: now } }, columns: ['Name', 'Age'], cells: ['y', '0s'] },
  { path: 'resource.k8s.io/v1alpha3/resourcepoolstatusrequests', kind: 'ResourcePoolStatusRequest', spec: { driver: 'd.example' }, stored: { driver: 'd.example', limit: 100 }, columns: ['Name', 'Age'], cells: ['x', '0s'] },
  { path: 'scheduling.k8s.io/v1alpha2/namespaces/n/workloads', kind: 'Workload', spec: { podGroupTemplates: [template] }, stored: { podGroupTemplates: [template] }, columns: ['Name', 'Age'], cells: ['x', '0s'] },
  { path: 'scheduling.k8s.io/v1alpha2/namespaces/n/podgroups', kind: 'PodGroup', spec: { podGroupTemplateRef: { workload: { workloadName: 'x', podGroupTemplateName: 't' } }, schedulingPolicy: { basic: {} } },
    stored: { podGroupTemplateRef: { workload: { workloadName: 'x', podGroupTemplateName: 't' } }, schedulingPolicy: { basic: {} } }, columns: ['Name', 'Age'], cells: ['x', '0s'] },
  { path: 'storagemigration.k8s.io/v1beta1/storageversionmigrations', kind: 'StorageVersionMigration', spec: { resource: { group: 'apps', resource: 'deployments' } }, stored: { resource: { group: 'apps', resource: 'deployments' } },
    columns: ['Name', 'Resource'], cells: ['x', 'deployments.apps'] },
  { path: 'networking.k8s.io/v1beta1/ipaddresses', kind: 'IPAddress', name: '10.0.0.1', spec: { parentRef: { resource: 'services', name: 's', namespace: 'n' } }, stored: { parentRef: { resource: 'services', name: 's', namespace: 'n' } },
    columns: ['Name', 'ParentRef'], cells: ['10.0.0.1', 'services/n/s', '0s'], warns: 'networking.k8s.io/v1beta1 IPAddress is deprecated in v1.34+, unavailable in v1.37+; use networking.k8s.io/v1 IPAddress' },
]
for (const { path, kind, name = 'x', spec, stored, columns, cells, warns } of kinds) test(`a ${kind} of ${path} is made, read in a table and as a message, and deleted`, async () => {
  const apiVersion = path.split('/').slice(0, 2).join('/')
  const { status, body, text, headers } = await ask(`POST /apis/${path}`, { apiVersion, kind, metadata: { name }, spec })
  assert.equal(status, 201, text)
  assert.deepEqual([body.apiVersion, body.kind, body.spec, headers.warning], [apiVersion, kind, stored, warns && [`299 - "${warns}"`]])
  const table = (await ask(`GET /apis/${path}/${name}`, undefined, tables)).body
  assert.deepEqual([table.columnDefinitions.map((c: Body) => c.name), table.rows[0].cells], [columns, cells])
  const message = await ask(`GET /apis/${path}/${name}`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
  assert.deepEqual([message.status, message.headers['content-type']], [200, 'application/vnd.kubernetes.protobuf'])
  const group = path.split('/')[0]!
  assert.ok(JSON.stringify((await ask(`GET /openapi/v3/apis/${apiVersion}`)).body.components.schemas).includes(`"kind":"${kind}"`), group)
  if (kind !== 'PodGroup' && kind !== 'Workload') assert.equal((await ask(`DELETE /apis/${path}/${name}`)).status, 200)
})

type Refusal = readonly [path: string, object: object, message: string]
const refusals: readonly Refusal[] = [
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x' }, spec: { trustBundle: '' } }, 'ClusterTrustBundle.certificates.k8s.io "x" is invalid: spec.trustBundle: Invalid value: "<value omitted>": at least one trust anchor must be provided'],
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x:y' }, spec: bundle }, 'ClusterTrustBundle.certificates.k8s.io "x:y" is invalid: metadata.name: Invalid value: "x:y": ClusterTrustBundle without signer name must not have ":" in its name'],
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x' }, spec: { ...bundle, signerName: 'a.b/c' } },
    'ClusterTrustBundle.certificates.k8s.io "x" is invalid: metadata.name: Invalid value: "x": ClusterTrustBundle for signerName a.b/c must be named with prefix a.b:c:'],
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x' }, spec: { trustBundle: `${authority}\n${authority}` } }, 'ClusterTrustBundle.certificates.k8s.io "x" is invalid: spec.trustBundle: Invalid value: "<value omitted>": duplicate trust anchor (indices [0 1])'],
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x' }, spec: { trustBundle: issued } }, 'ClusterTrustBundle.certificates.k8s.io "x" is invalid: spec.trustBundle: Invalid value: "<value omitted>": entry 0 does not have the CA bit set'],
  ['certificates.k8s.io/v1beta1/clustertrustbundles', { metadata: { name: 'x' }, spec: { trustBundle: authority.replaceAll('CERTIFICATE', 'PUBLIC KEY') } },
    'ClusterTrustBundle.certificates.k8s.io "x" is invalid: spec.trustBundle: Invalid value: "<value omitted>": entry 0 has bad block type: PUBLIC KEY'],
  ['certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', { metadata: { name: 'y' }, spec: { ...certificateRequest, maxExpirationSeconds: 60 } },
    'PodCertificateRequest.certificates.k8s.io "y" is invalid: spec.maxExpirationSeconds: Invalid value: 60: must be in the range [3600, 7862400]'],
  ['certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', { metadata: { name: 'y' }, spec: { ...certificateRequest, signerName: 'kubernetes.io/x', maxExpirationSeconds: 90_000 } },
    'PodCertificateRequest.certificates.k8s.io "y" is invalid: spec.maxExpirationSeconds: Invalid value: 90000: must be in the range [3600, 86400]'],
  ['certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', { metadata: { name: 'y' }, spec: { ...certificateRequest, nodeUID: '', stubPKCS10Request: shortKeyRequest } },
    'PodCertificateRequest.certificates.k8s.io "y" is invalid: [spec.nodeUID: Invalid value: "": must not be empty, spec.stubPKCS10Request: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096]'],
  ['certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', { metadata: { name: 'y' }, spec: { ...certificateRequest, stubPKCS10Request: '', pkixPublicKey: publicKey, unverifiedUserAnnotations: { 'Foo': 'bar' } } },
    'PodCertificateRequest.certificates.k8s.io "y" is invalid: [spec.unverifiedUserAnnotations: Invalid value: "foo": must be a domain-prefixed key (such as "acme.io/foo"), ' +
    'spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set]'],
  ['coordination.k8s.io/v1beta1/namespaces/n/leasecandidates', { metadata: { name: 'z' }, spec: { binaryVersion: '1.2', emulationVersion: '1.3.0-x', strategy: 'Else' } },
    'LeaseCandidate.coordination.k8s.io "z" is invalid: [spec.leaseName: Required value, spec.binaryVersion: Invalid value: "1.2": must be a valid semantic version, ' +
    'spec.binaryVersion: Invalid value: "1.2": must be greater than or equal to `emulationVersion`, spec.strategy.strategy: Unsupported value: "Else": supported values: "OldestEmulationVersion"]'],
  ['coordination.k8s.io/v1beta1/namespaces/n/leasecandidates', { metadata: { name: 'z' }, spec: { leaseName: 'l', binaryVersion: '1.2.0-rc.1', emulationVersion: '1.2.0', strategy: 'OldestEmulationVersion' } },
    'LeaseCandidate.coordination.k8s.io "z" is invalid: spec.binaryVersion: Invalid value: "1.2.0-rc.1": must be greater than or equal to `emulationVersion`'],
  ['coordination.k8s.io/v1beta1/namespaces/n/leasecandidates', { metadata: { name: 'z' }, spec: { leaseName: 'l', binaryVersion: '1.2.0', strategy: 'OldestEmulationVersion' } },
    'LeaseCandidate.coordination.k8s.io "z" is invalid: spec.emulationVersion: Required value: must be specified when `strategy` is \'OldestEmulationVersion\''],
  ['internal.apiserver.k8s.io/v1alpha1/storageversions', { metadata: { name: 'x' }, spec: {} }, 'StorageVersion.internal.apiserver.k8s.io "x" is invalid: metadata.name: Invalid value: "x": name must be in the form of <group>.<resource>'],
  ['resource.k8s.io/v1alpha3/devicetaintrules', { metadata: { name: 'z' }, spec: { deviceSelector: { device: 'A' }, taint: { key: 'k', effect: 'Else' } } },
    'DeviceTaintRule.resource.k8s.io "z" is invalid: [spec.deviceSelector.device: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character ' +
    '(e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\'), spec.taint.effect: Unsupported value: "Else": supported values: "NoExecute", "NoSchedule", "None"]'],
  ['resource.k8s.io/v1alpha3/resourcepoolstatusrequests', { metadata: { name: 'z' }, spec: { driver: '', limit: 1001 } },
    'ResourcePoolStatusRequest.resource.k8s.io "z" is invalid: [spec.driver: Required value, spec.limit: Invalid value: 1001: must be less than or equal to 1000]'],
  ['scheduling.k8s.io/v1alpha2/namespaces/n/workloads', { metadata: { name: 'z' }, spec: { podGroupTemplates: [] } }, 'Workload.scheduling.k8s.io "z" is invalid: spec.podGroupTemplates: Required value'],
  ['scheduling.k8s.io/v1alpha2/namespaces/n/workloads', { metadata: { name: 'z' }, spec: { controllerRef: { kind: '', name: 'a/b' }, podGroupTemplates: [{ name: 't', schedulingPolicy: {} }, { name: 't', schedulingPolicy: { basic: {}, gang: { minCount: 0 } } }] } },
    'Workload.scheduling.k8s.io "z" is invalid: [spec.controllerRef.kind: Required value, spec.controllerRef.name: Invalid value: "a/b": may not contain \'/\', ' +
    'spec.podGroupTemplates[1]: Duplicate value: {"name":"t","schedulingPolicy":{"basic":{},"gang":{"minCount":0}}}, spec.podGroupTemplates[0].schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`, ' +
    'spec.podGroupTemplates[1].schedulingPolicy: Invalid value: "{`basic`, `gang`}": must specify exactly one of: `basic`, `gang`, spec.podGroupTemplates[1].schedulingPolicy.gang.minCount: Required value]'],
  ['storagemigration.k8s.io/v1beta1/storageversionmigrations', { metadata: { name: 'z' }, spec: { resource: { group: 'a_b', resource: '' } } },
    'StorageVersionMigration.storagemigration.k8s.io "z" is invalid: [spec.resource.resource: Required value: resource is required to be set, spec.resource.group: Invalid value: "a_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric ' +
    'characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')]'],
]
for (const [path, object, message] of refusals) test(`refused: ${message}`, async () => {
  const { status, body } = await ask(`POST /apis/${path}`, object)
  assert.deepEqual([status, body.message], [422, message])
})
test('who asks for a certificate holds its key', async () => {
  const asked: unknown[] = [], { ask } = await start({ runtimeConfig: { 'api/all': 'true' }, features: gates, admission: (parts) => [podCertificateSigning(parts.authorizer, (spec) => { asked.push(spec.podUID); return false })] })
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  const { status, body } = await ask('POST /apis/certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests', { metadata: { name: 'x' }, spec: certificateRequest })
  assert.deepEqual([status, body.message, asked], [422, 'PodCertificateRequest.certificates.k8s.io "x" is invalid: spec.stubPKCS10Request: Invalid value: could not verify proof-of-possession signature', ['u1']])
})
test('a pod names a trust bundle, or a signer', async () => {
  const { ask } = await everything(new Set(['ClusterTrustBundle', 'ClusterTrustBundleProjection'])), plain = await start(), at = 'spec.volumes[0].projected.sources[0].clusterTrustBundle'
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  await ask('POST /api/v1/namespaces/n/serviceaccounts', { metadata: { name: 'default' } })
  const post = (clusterTrustBundle: object, to = ask) => to('POST /api/v1/namespaces/n/pods', { metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle }] } }] } })
  for (const [given, why] of [
    [{ name: 'a', path: 'p' }, ''], [{ name: 'example.com:pods:a', path: 'p' }, ''], [{ signerName: 'example.com/pods', labelSelector: {}, path: 'p' }, ''],
    [{ name: 'a', signerName: 'example.com/pods', path: 'p' }, `${at}: Invalid value: only one of name and signerName may be used`], [{ path: 'p' }, `${at}: Required value: either name or signerName must be specified`],
    [{ name: '', path: 'p' }, `${at}.name: Required value: must be a valid object name`], [{ name: 'a:b', path: 'p' }, `${at}.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name`],
    [{ name: 'a', labelSelector: {}, path: 'p' }, `${at}.labelSelector: Invalid value: labelSelector must be unset if name is specified`], [{ signerName: '', path: 'p' }, `${at}.signerName: Required value: must be a valid signer name`],
    [{ name: 'a', path: '../p' }, `${at}.path: Invalid value: "../p": must not contain '..'`], [{ name: 'a', path: '' }, `${at}.path: Required value`],
  ] as const) {
    const { status, body } = await post(given)
    if (why) assert.ok(body.message.endsWith(why), body.message)
    else assert.deepEqual([status, body.spec?.volumes[0].projected.sources[0].clusterTrustBundle], [201, given], body.message)
  }
  await plain.ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  assert.deepEqual((await post({ name: 'a', path: 'p' }, plain.ask)).body.spec.volumes[0].projected.sources, [{}])
})
