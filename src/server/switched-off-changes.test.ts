// What v1.36 has switched off, switched on: how it may change, and who may change it.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { admissionPlugins, podCertificateSigning, type Authorizer } from './index.ts'
import { start, type Ask, type Body, type HandClock } from './contract-kit.ts'
import { authority, issued, publicKey, stubRequest } from '../../tests/facts/certificates.ts'

const gates = ['ClusterTrustBundle', 'PodCertificateRequest', 'GenericWorkload', 'DRAResourcePoolStatus']
let ask: Ask, clock: HandClock
const begin = async (more: readonly string[] = [], authorizer?: Authorizer) => {
  ({ ask, clock } = await start({ runtimeConfig: { 'api/all': 'true' }, features: new Set([...gates, ...more]), ...(authorizer && { authorizer: () => authorizer }), users: { mighty: { name: 'mighty', groups: [] }, weak: { name: 'weak', groups: [] } },
    admission: (parts) => [podCertificateSigning(parts.authorizer), ...admissionPlugins(parts)] }))
  await made('/api/v1/namespaces', { metadata: { name: 'n' } })
}
beforeEach(() => begin())
const mighty = { authorization: 'Bearer mighty' }, weak = { authorization: 'Bearer weak' }
const made = async (path: string, body: object): Promise<Body> => {
  const { status, body: object, text } = await ask(`POST ${path}`, body, mighty)
  assert.equal(status, 201, text)
  return object
}
const patched = async (path: string, patch: object, headers: Record<string, string> = mighty): Promise<Body> => (await ask(`PATCH ${path}`, patch, headers)).body
const at = 'certificates.k8s.io/v1beta1', requests = `/apis/${at}/namespaces/n/podcertificaterequests`, bundles = `/apis/${at}/clustertrustbundles`
const spec = { signerName: 'example.com/pods', podName: 'p', podUID: 'u1', serviceAccountName: 'default', serviceAccountUID: 'u2', nodeName: 'node-1', nodeUID: 'u3', stubPKCS10Request: stubRequest }
const condition = (type: string, status = 'True') => ({ type, status, reason: 'Because', message: 'so' })
const outcome = { certificateChain: issued, notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-01-01T12:00:00Z', beginRefreshAt: '2026-01-01T08:00:00Z', conditions: [condition('Issued')] }
const invalid = (why: string) => `PodCertificateRequest.certificates.k8s.io "x" is invalid: ${why}`

const issues: readonly (readonly [status: object, why: string | undefined, passMs?: number])[] = [
  [outcome, undefined],
  [{ conditions: [condition('Denied')] }, undefined],
  [{ ...outcome, conditions: [condition('Failed')] }, 'status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest'],
  [{ ...outcome, conditions: [] }, 'status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"'],
  [{ conditions: [condition('Else')] }, 'status.conditions.[0].type: Unsupported value: "Else": supported values: "Denied", "Failed", "Issued"'],
  [{ conditions: [condition('Issued', 'False')] }, 'status.conditions.[0].status: Unsupported value: "False": supported values: "True"'],
  [{ conditions: [condition('Issued'), condition('Denied')] }, 'status.conditions.[1].type: Invalid value: "Denied": There may be at most one condition with type "Issued", "Denied", or "Failed"'],
  [{ ...outcome, certificateChain: '' }, 'status.certificateChain: Invalid value: "": issued certificate chain must contain at least one certificate'],
  [{ ...outcome, certificateChain: authority }, `status.certificateChain: Invalid value: ${JSON.stringify(authority)}: leaf certificate was not issued to the requested public key`],
  [{ certificateChain: issued, conditions: [condition('Issued')] }, '[status.notBefore: Required value: must be present and consistent with the issued certificate, ' +
    'status.notAfter: Required value: must be present and consistent with the issued certificate, status.beginRefreshAt: Required value: must be present and in the range [notbefore+10min, notafter-10min]]'],
  [{ ...outcome, notBefore: '2026-01-01T00:01:00Z' }, 'status.notBefore: Invalid value: "2026-01-01T00:01:00Z": must be set to the NotBefore time encoded in the leaf certificate'],
  [outcome, 'status.notBefore: Invalid value: "2026-01-01T00:00:00Z": must be set to within 5 minutes of kube-apiserver\'s current time', 301_000],
  [{ ...outcome, notAfter: '2026-01-01T11:00:00Z' }, 'status.notAfter: Invalid value: "2026-01-01T11:00:00Z": must be set to the NotAfter time encoded in the leaf certificate'],
  [{ ...outcome, beginRefreshAt: '2026-01-01T00:09:00Z' }, 'status.beginRefreshAt: Invalid value: "2026-01-01T00:09:00Z": must be at least 10 minutes after status.notBefore'],
  [{ ...outcome, beginRefreshAt: '2026-01-01T11:55:00Z' }, 'status.beginRefreshAt: Invalid value: "2026-01-01T11:55:00Z": must be at least 10 minutes before status.notAfter'],
]
for (const [status, why, passMs = 0] of issues) test(`a pod's certificate: ${why ?? JSON.stringify(status).slice(0, 60)}`, async () => {
  await made(requests, { metadata: { name: 'x' }, spec })
  clock.pass(passMs)
  const { body, status: code } = await ask(`PATCH ${requests}/x/status`, { status }, mighty)
  if (why !== undefined) { assert.deepEqual([code, body.message], [422, invalid(why)]); return }
  assert.equal(code, 200)
  assert.equal(body.status.conditions[0].lastTransitionTime, '2026-01-01T00:00:00Z')
  assert.equal((await patched(`${requests}/x/status`, { status: { conditions: null, certificateChain: null } })).message, invalid('status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed'))
})
test('a certificate must not outlive what was asked for', async () => {
  await made(requests, { metadata: { name: 'x' }, spec: { ...spec, maxExpirationSeconds: 3600 } })
  assert.equal((await patched(`${requests}/x/status`, { status: outcome })).message, invalid('status.certificateChain: Invalid value: 43200000000000: leaf certificate lifetime must be <= spec.maxExpirationSeconds (3600)'))
})
test('nothing that is asked for may change', async () => {
  await made(requests, { metadata: { name: 'x' }, spec })
  assert.match((await patched(`${requests}/x`, { spec: { nodeName: 'other' } })).message, /^PodCertificateRequest.certificates.k8s.io "x" is invalid: spec: Invalid value: \{"SignerName":"example.com\/pods","PodName":"p".*\}: field is immutable$/)
  assert.deepEqual((await patched(`${requests}/x`, { metadata: { labels: { a: 'b' } } })).metadata.labels, { a: 'b' })
  assert.equal((await ask(`PUT ${requests}/x`, { apiVersion: at, kind: 'PodCertificateRequest', metadata: { name: 'x' }, spec }, mighty)).body.message, 'podcertificaterequests.certificates.k8s.io "x" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update')
})
test('requests are found by their signer, pod and node', async () => {
  await made(requests, { metadata: { name: 'x' }, spec })
  for (const [selector, count] of [['spec.signerName=example.com/pods,spec.nodeName=node-1,spec.podName=p', 1], ['spec.nodeName=other', 0]] as const)
    assert.equal((await ask(`GET ${requests}?fieldSelector=${selector}`, undefined, mighty)).body.items.length, count)
  await made(bundles, { metadata: { name: 'b' }, spec: { trustBundle: authority } })
  assert.equal((await ask(`GET ${bundles}?fieldSelector=spec.signerName=a.b/c`, undefined, mighty)).body.items.length, 0)
})

/** Everybody may do everything, but `weak` nothing with signers. */
const careful: Authorizer = { authorize: ({ user, resource }) => ({ verdict: user.name === 'weak' && resource?.resource === 'signers' ? 'none' : 'allow', reason: '' }) }
test('only who may attest for a signer writes its bundles; only who may sign for it says what became of a request', async () => {
  await begin([], careful)
  const signed = { metadata: { name: 'example.com:pods:a' }, spec: { signerName: 'example.com/pods', trustBundle: authority } }
  const refused = await ask(`POST ${bundles}`, signed, weak)
  assert.deepEqual([refused.status, refused.body.message], [403, 'clustertrustbundles.certificates.k8s.io "example.com:pods:a" is forbidden: user not permitted to attest for signerName "example.com/pods"'])
  await made(bundles, signed)
  assert.equal((await ask(`PATCH ${bundles}/example.com:pods:a`, { metadata: { finalizers: ['a.b/c'] } }, weak)).status, 200)
  assert.equal((await ask(`PATCH ${bundles}/example.com:pods:a`, { metadata: { labels: { a: 'b' } } }, weak)).status, 403)
  assert.equal((await ask(`POST ${bundles}`, { metadata: { name: 'b' }, spec: { trustBundle: authority } }, weak)).status, 201)
  await made(requests, { metadata: { name: 'x' }, spec })
  const denial = { status: { conditions: [condition('Denied')] } }
  assert.equal((await patched(`${requests}/x/status`, denial, weak)).message, invalid('spec.signerName: Forbidden: User "weak" is not permitted to "sign" for signer "example.com/pods"'))
  assert.equal((await patched(`${requests}/x/status`, denial)).status.conditions[0].type, 'Denied')
})
test('the signer of a bundle stays; what is not parsed anew need not be right', async () => {
  await made(bundles, { metadata: { name: 'b' }, spec: { trustBundle: authority } })
  assert.equal((await patched(`${bundles}/b`, { spec: { signerName: 'a.b/c' } })).message, 'ClusterTrustBundle.certificates.k8s.io "b" is invalid: [metadata.name: Invalid value: "b": ClusterTrustBundle for signerName a.b/c must be named with prefix a.b:c:, ' +
    'spec.signerName: Invalid value: "a.b/c": field is immutable]')
})

const groups = '/apis/scheduling.k8s.io/v1alpha2/namespaces/n'
const template = { name: 't', schedulingPolicy: { gang: { minCount: 2 } } }
test('a group of pods is made from what exists, stays as it is, and while it is protected', async () => {
  const reference = (workloadName: string, podGroupTemplateName = 't') => ({ workload: { workloadName, podGroupTemplateName } }), schedulingPolicy = { basic: {} }
  await made(`${groups}/workloads`, { metadata: { name: 'w' }, spec: { podGroupTemplates: [template] } })
  for (const [podGroupTemplateRef, why] of [[reference('none'), 'Workload "none" not found'], [reference('w', 'none'), 'PodGroupTemplate "none" not found in Workload "w"']] as const)
    assert.equal((await ask(`POST ${groups}/podgroups`, { metadata: { name: 'g' }, spec: { podGroupTemplateRef, schedulingPolicy } }, mighty)).body.message, `podgroups.scheduling.k8s.io "g" is forbidden: PodGroup rejected: ${why}`)
  const group = await made(`${groups}/podgroups`, { metadata: { name: 'g' }, spec: { podGroupTemplateRef: reference('w'), schedulingPolicy, priority: 7, schedulingConstraints: { topology: [{ key: 'rack' }] } } })
  assert.deepEqual([group.metadata.finalizers, group.spec], [['scheduling.k8s.io/podgroup-protection'], { podGroupTemplateRef: reference('w'), schedulingPolicy }])
  assert.equal((await patched(`${groups}/podgroups/g`, { spec: { schedulingPolicy: { basic: null, gang: { minCount: 1 } } } })).message, 'PodGroup.scheduling.k8s.io "g" is invalid: spec.schedulingPolicy: Invalid value: {"gang":{"minCount":1}}: field is immutable')
  assert.equal((await patched(`${groups}/workloads/w`, { spec: { podGroupTemplates: [] } })).message, 'Workload.scheduling.k8s.io "w" is invalid: spec.podGroupTemplates: Invalid value: []: field is immutable')
  const status = { conditions: [{ ...condition('PodGroupScheduled'), lastTransitionTime: '2026-01-01T00:00:00Z' }], resourceClaimStatuses: [{ name: 'c' }] }
  assert.deepEqual((await patched(`${groups}/podgroups/g/status`, { status })).status, { conditions: status.conditions })
})
test('what gates let in of a group is kept while they are on', async () => {
  await begin(['TopologyAwareWorkloadScheduling', 'DRAWorkloadResourceClaims', 'WorkloadAwarePreemption'])
  const more = { schedulingPolicy: { basic: {} }, schedulingConstraints: { topology: [{ key: 'rack' }] }, resourceClaims: [{ name: 'c', resourceClaimName: 'd' }], priorityClassName: 'high', priority: 7, disruptionMode: 'PodGroup' }
  assert.deepEqual((await made(`${groups}/podgroups`, { metadata: { name: 'g' }, spec: more })).spec, more)
  assert.equal((await made(`${groups}/podgroups`, { metadata: { name: 'h' }, spec: { schedulingPolicy: { basic: {} } } })).spec.disruptionMode, 'Pod')
  assert.equal((await ask(`POST ${groups}/podgroups`, { metadata: { name: 'i' }, spec: { ...more, disruptionMode: 'All', priority: 1_000_000_001, resourceClaims: [{ name: 'c' }], schedulingConstraints: { topology: [{ key: 'a' }, { key: 'b' }] } } }, mighty)).body.message,
    'PodGroup.scheduling.k8s.io "i" is invalid: [spec.schedulingConstraints.topology: Too many: 2: must have at most 1 items, spec.resourceClaims[0]: Invalid value: "": must specify one of: `resourceClaimName`, `resourceClaimTemplateName`, ' +
    'spec.disruptionMode: Unsupported value: "All": supported values: "Pod", "PodGroup", spec.priority: Invalid value: 1000000001: must be less than or equal to 1000000000]')
})

test('a rule that taints devices counts its changes, and its effect begins anew when it is another', async () => {
  const rules = '/apis/resource.k8s.io/v1alpha3/devicetaintrules'
  const { metadata } = await made(rules, { metadata: { name: 'r' }, spec: { taint: { key: 'k', effect: 'NoSchedule' } } })
  clock.pass(60_000)
  const changed = await patched(`${rules}/r`, { spec: { taint: { effect: 'NoExecute' } } })
  assert.deepEqual([metadata.generation, changed.metadata.generation, changed.spec.taint.timeAdded], [1, 2, '2026-01-01T00:01:00Z'])
  assert.deepEqual((await ask('GET /apis/resource.k8s.io/v1beta2/devicetaintrules/r', undefined, mighty)).body.spec, changed.spec)
})
test('a migration ends once, and only one way', async () => {
  const migrations = '/apis/storagemigration.k8s.io/v1beta1/storageversionmigrations', timed = (...args: Parameters<typeof condition>) => ({ ...condition(...args), lastTransitionTime: '2026-01-01T00:00:00Z' })
  await made(migrations, { metadata: { name: 'm' }, spec: { resource: { resource: 'pods' } } })
  assert.match((await patched(`${migrations}/m`, { spec: { resource: { resource: 'nodes' } } })).message, /: spec: Invalid value: \{"Resource":\{"Group":"","Resource":"nodes"\}\}: field is immutable$/)
  assert.match((await patched(`${migrations}/m/status`, { status: { resourceVersion: '01' } })).message, /status.resourceVersion: Invalid value: "01": resource version is not well formed: 01$/)
  assert.match((await patched(`${migrations}/m/status`, { status: { resourceVersion: '7', conditions: [timed('Succeeded'), timed('Running')] } })).message, /Running condition cannot be true when success condition is true$/)
  assert.equal((await patched(`${migrations}/m/status`, { status: { resourceVersion: '7', conditions: [timed('Succeeded')] } })).status.resourceVersion, '7')
  assert.match((await patched(`${migrations}/m/status`, { status: { resourceVersion: '8', conditions: [] } })).message, /\[status.resourceVersion: Invalid value: "8": field is immutable, status.conditions: Invalid value: (null|\[\]): Success condition cannot be set to false once it is true\]$/)
})
test('what API servers say of how they keep objects must agree with itself', async () => {
  const versions = '/apis/internal.apiserver.k8s.io/v1alpha1/storageversions'
  await made(versions, { metadata: { name: 'apps.deployments' }, spec: {} })
  const one = (apiServerID: string, encodingVersion: string) => ({ apiServerID, encodingVersion, decodableVersions: [encodingVersion] })
  const said = async (status: object) => (await patched(`${versions}/apps.deployments/status`, { status })).message
  assert.match(await said({ storageVersions: [one('a', 'apps/v1')] }), /: status.commonEncodingVersion: Invalid value: null: the common encoding version is apps\/v1$/)
  assert.match(await said({ storageVersions: [one('a', 'apps/v1'), one('b', 'apps/v2')], commonEncodingVersion: 'apps/v1' }), /should be nil if servers do not agree on the same encoding version/)
  assert.match(await said({ storageVersions: [{ ...one('a', 'apps/v1'), decodableVersions: ['V'] }], commonEncodingVersion: 'apps/v1' }), /decodableVersions\[0\]: Invalid value: "V": version part: a DNS-1035 label .*decodableVersions must include encodingVersion apps\/v1\]$/)
  const { status } = await patched(`${versions}/apps.deployments/status`, { status: { storageVersions: ['a', 'b', 'c', 'd'].map((id) => one(id, 'apps/v1')), commonEncodingVersion: 'apps/v1' } })
  assert.equal(status.storageVersions.length, 4)
  const { rows } = (await ask(`GET ${versions}`, undefined, { ...mighty, accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })).body
  assert.deepEqual(rows[0].cells.slice(1, 3), ['apps/v1', 'a=apps/v1,b=apps/v1,c=apps/v1 + 1 more...'])
})
test('a pool answers once', async () => {
  const path = '/apis/resource.k8s.io/v1alpha3/resourcepoolstatusrequests', pool = { driver: 'd.example', poolName: 'p', generation: 1 }
  await made(path, { metadata: { name: 'r' }, spec: { driver: 'd.example' } })
  assert.match((await patched(`${path}/r`, { spec: { limit: 7 } })).message, /: spec: Invalid value: \{"driver":"d.example","limit":7\}: field is immutable$/)
  assert.equal((await patched(`${path}/r/status`, { status: { poolCount: 1, pools: [pool] } })).status.poolCount, 1)
  assert.match((await patched(`${path}/r/status`, { status: { poolCount: 2 } })).message, /: status: Invalid value: .*: field is immutable$/)
})

test('devices of v1beta1 stand in their requests; they are those of v1', async () => {
  const claims = (version: string) => `/apis/resource.k8s.io/${version}/namespaces/n/resourceclaims`, request = { name: 'r', deviceClassName: 'c' }
  const { spec } = await made(claims('v1beta1'), { metadata: { name: 'c' }, spec: { devices: { requests: [request] } } })
  assert.deepEqual(spec.devices.requests, [{ ...request, allocationMode: 'ExactCount', count: 1 }])
  for (const version of ['v1', 'v1beta2']) assert.deepEqual((await ask(`GET ${claims(version)}/c`, undefined, mighty)).body.spec.devices.requests, [{ name: 'r', exactly: { deviceClassName: 'c', allocationMode: 'ExactCount', count: 1 } }])
  const slices = (version: string) => `/apis/resource.k8s.io/${version}/resourceslices`, device = { allowMultipleAllocations: true, attributes: { a: { int: 1 } } }
  await made(slices('v1beta1'), { metadata: { name: 's' }, spec: { driver: 'd.example', allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'd', basic: device }] } })
  assert.deepEqual((await ask(`GET ${slices('v1')}/s`, undefined, mighty)).body.spec.devices, [{ name: 'd', ...device }])
  assert.deepEqual((await ask(`GET ${slices('v1beta1')}/s`, undefined, mighty)).body.spec.devices, [{ name: 'd', basic: device }])
})
test('a key by itself needs a proof beside it', async () => {
  const { stubPKCS10Request: _, ...old } = spec
  assert.equal((await ask(`POST ${requests}`, { metadata: { name: 'x' }, spec: { ...old, pkixPublicKey: publicKey, proofOfPossession: 'AAAA' } }, mighty)).status, 201)
})
