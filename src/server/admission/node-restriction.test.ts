import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '#machinery'
import { start, type Answer } from '../contract-kit.ts'
import { authorizerUnion, NodeAuthorizer, privilegedGroup, type TokenSigner } from '../index.ts'
import { loadSwitchedOff } from '#kinds'
import { mightyRequest, nodeRequest, stubRequest } from '../../../tests/facts/certificates.ts'
import { nodeRestriction } from './node-restriction.ts'

const root: User = { name: 'root', groups: ['system:masters'] }
const agent = (name: string): User => ({ name: `system:node:${name}`, groups: ['system:nodes'] })
const said = ({ status, body }: Answer): string => (status < 400 ? 'ok' : `${status} ${body.message}`)
const pod = (name: string, nodeName: string, spec: object = {}) => ({ metadata: { name }, spec: { ...(nodeName && { nodeName }), serviceAccountName: 'web', containers: [{ name: 'c', image: 'i' }], ...spec } })
const pods = '/api/v1/namespaces/n/pods'

const signer: TokenSigner = { audiences: ['vault', 'other'], maxSeconds: 0, extend: false, sign: async () => ({ token: 't', id: 'i' }) }

async function cluster() {
  const server = await start({ authorizer: (objects) => authorizerUnion([privilegedGroup, new NodeAuthorizer(objects)]), admission: ({ authorizer }) => [nodeRestriction(authorizer)], tokens: signer })
  const as = (user: User) => async (line: string, body?: unknown, headers: Record<string, string> = {}) => said(await server.ask(line, body, headers, user))
  const admin = (line: string, body?: unknown) => server.ask(line, body, {}, root)
  await admin('POST /api/v1/nodes', { metadata: { name: 'n1' } })
  await admin('POST /api/v1/nodes', { metadata: { name: 'n2' } })
  return { ...server, admin, as, n1: as(agent('n1')) }
}

test('an agent writes its own node but for taints, owners and labels of others', async () => {
  const { n1 } = await cluster(), patch = (labels: object, more: object = {}) => n1('PATCH /api/v1/nodes/n1', { metadata: { labels, ...more } })
  assert.equal(await n1('PATCH /api/v1/nodes/n2/status', { status: {} }), '403 nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"')
  assert.equal(await patch({ 'kubernetes.io/os': 'linux', mine: 'x', 'node.kubernetes.io/any': 'y', 'kubelet.kubernetes.io/any': 'y' }), 'ok')
  assert.equal(await patch({ 'node-restriction.kubernetes.io/a': 'x', 'kubernetes.io/b': 'x', 'x.k8s.io/c': 'x' }), '403 nodes "n1" is forbidden: is not allowed to modify labels: kubernetes.io/b, node-restriction.kubernetes.io/a, x.k8s.io/c')
  assert.equal(await n1('PATCH /api/v1/nodes/n1', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }), '403 nodes "n1" is forbidden: node "n1" is not allowed to modify taints')
  assert.equal(await patch({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n2', uid: 'u' }] }), '403 nodes "n1" is forbidden: node "n1" is not allowed to modify ownerReferences')
  assert.equal(await n1('POST /api/v1/nodes', { metadata: { name: 'n1', labels: { 'kubernetes.io/x': 'y' } } }), '403 nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: kubernetes.io/x')
  assert.match(await n1('GET /api/v1/nodes/n2'), /node 'n1' cannot read 'n2', only its own Node object$/)
  assert.match(await n1('GET /api/v1/nodes'), /node 'n1' cannot read all nodes, only its own Node object$/)
  assert.match(await n1('DELETE /api/v1/nodes/n1'), /^403 .*cannot delete resource "nodes" in API group "" at the cluster scope$/)
})

test('an agent sees, reports, evicts and deletes its own pods, and makes mirrors alone', async () => {
  const { n1, admin } = await cluster()
  for (const [name, node] of [['mine', 'n1'], ['other', 'n2']] as const) await admin(`POST ${pods}`, pod(name, node))
  assert.equal(await n1(`GET ${pods}/mine`), 'ok')
  assert.match(await n1(`GET ${pods}/other`), /no relationship found between node 'n1' and this object$/)
  assert.equal(await n1('GET /api/v1/pods?fieldSelector=spec.nodeName%3Dn1'), 'ok')
  assert.match(await n1('GET /api/v1/pods'), /can only list\/watch pods with spec.nodeName field selector$/)
  assert.match(await n1('GET /api/v1/pods?fieldSelector=spec.nodeName%3Dn2'), /can only list\/watch pods with spec.nodeName field selector$/)
  assert.equal(await n1(`PATCH ${pods}/mine/status`, { status: { phase: 'Running' } }), 'ok')
  assert.equal(await n1(`PATCH ${pods}/mine/status`, { metadata: { labels: { a: 'b' } }, status: { phase: 'Running' } }), '403 pods "mine" is forbidden: node "n1" cannot update labels through pod status')
  assert.equal(await n1(`PATCH ${pods}/other/status`, { status: { phase: 'Running' } }), '403 pods "other" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself')
  assert.equal(await n1(`POST ${pods}/other/eviction`, { metadata: { name: 'other' } }), '403 pods "other" is forbidden: node n1 can only evict pods with spec.nodeName set to itself')
  assert.equal(await n1(`DELETE ${pods}/other`), '403 pods "other" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself')
  assert.equal(await n1(`POST ${pods}`, pod('new', 'n1')), '403 pods "new" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods')
  assert.equal(await n1(`DELETE ${pods}/mine?gracePeriodSeconds=0`), 'ok')
})

test('a mirror pod belongs to its node and opens nothing to it', async () => {
  const { n1, admin } = await cluster(), { body: { metadata: { uid } } } = await admin('GET /api/v1/nodes/n1')
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid, controller: true }
  const mirror = (spec: object = {}, owners: readonly object[] = [owner]) => ({ metadata: { name: 'm', annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: owners }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec } })
  const table: readonly (readonly [object, string])[] = [
    [mirror({ nodeName: 'n2' }), 'node "n1" can only create pods with spec.nodeName set to itself'],
    [mirror({}, []), 'node "n1" can only create pods with an owner reference set to itself'],
    [mirror({}, [owner, { ...owner, uid: 'x', controller: false }]), 'node "n1" can only create pods with a single owner reference set to itself'],
    [mirror({}, [{ ...owner, controller: false }]), 'node "n1" can only create pods with a controller owner reference set to itself'],
    [mirror({}, [{ ...owner, blockOwnerDeletion: true }]), 'node "n1" must not set blockOwnerDeletion on an owner reference'],
    [mirror({}, [{ ...owner, uid: 'x' }]), `node n1 UID mismatch: expected x got ${uid}`],
    [mirror({ serviceAccountName: 'a' }), 'node "n1" can not create pods that reference a service account'],
    [mirror({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }), 'node "n1" can not create pods that reference secrets'],
    [mirror({ containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: 'm' } }] }] }), 'node "n1" can not create pods that reference configmaps'],
    [mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 's' } }] }), 'node "n1" can not create pods that reference persistentvolumeclaims'],
    [mirror({ resourceClaims: [{ name: 'r', resourceClaimName: 'x' }] }), 'node "n1" can not create pods that reference resourceclaims'],
  ]
  for (const [body, why] of table) assert.equal(await n1(`POST ${pods}`, body), `403 pods "m" is forbidden: ${why}`)
  assert.equal(await n1(`POST ${pods}`, mirror()), 'ok')
})

test('what pods refer to is open to their node, over claims and volumes, and closed again when they go', async () => {
  const { n1, as, admin } = await cluster()
  for (const name of ['pulled', 'env', 'mounted', 'node', 'controller', 'strange']) await admin('POST /api/v1/namespaces/n/secrets', { metadata: { name } })
  await admin('POST /api/v1/namespaces/n/configmaps', { metadata: { name: 'map' } })
  await admin('POST /api/v1/namespaces/n/persistentvolumeclaims', { metadata: { name: 'claim' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
  await admin('POST /api/v1/persistentvolumes', { metadata: { name: 'volume' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], claimRef: { namespace: 'n', name: 'claim' },
    csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { namespace: 'n', name: 'node' }, controllerPublishSecretRef: { namespace: 'n', name: 'controller' } } } })
  await admin(`POST ${pods}`, pod('p', 'n1', { imagePullSecrets: [{ name: 'pulled' }], containers: [{ name: 'c', image: 'i', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }] }],
    volumes: [{ name: 'a', projected: { sources: [{ secret: { name: 'mounted' } }, { configMap: { name: 'map' } }] } }, { name: 'b', persistentVolumeClaim: { claimName: 'claim' } }] }))
  const open = ['secrets/pulled', 'secrets/env', 'secrets/mounted', 'secrets/node', 'configmaps/map', 'persistentvolumeclaims/claim'].map((path) => `GET /api/v1/namespaces/n/${path}`).concat('GET /api/v1/persistentvolumes/volume', 'GET /api/v1/namespaces/n/secrets?fieldSelector=metadata.name%3Denv')
  for (const line of open) {
    assert.equal(await n1(line), 'ok', line)
    assert.match(await as(agent('n2'))(line), /no relationship found between node 'n2' and this object$/, line)
  }
  assert.match(await n1('GET /api/v1/namespaces/n/secrets/controller'), /no relationship found/)
  assert.match(await n1('GET /api/v1/namespaces/n/secrets/strange'), /no relationship found/)
  assert.match(await n1('GET /api/v1/namespaces/n/secrets'), /No Object name found$/)
  assert.match(await n1('GET /api/v1/secrets?fieldSelector=metadata.name%3Denv'), /can only read namespaced object of this type$/)
  assert.match(await n1('GET /api/v1/persistentvolumes'), /can only get individual resources of this type$/)
  assert.match(await n1('DELETE /api/v1/namespaces/n/secrets/env'), /can only read resources of this type$/)
  await admin(`DELETE ${pods}/p?gracePeriodSeconds=0`)
  for (const line of open) assert.match(await n1(line), /no relationship found/, line)
})

test('tokens are for accounts of pods of the node, leases and CSI nodes for the node itself', async () => {
  const { n1, admin } = await cluster()
  await admin('POST /api/v1/namespaces/n/serviceaccounts', { metadata: { name: 'web' } })
  const { body: { metadata: { uid } } } = await admin(`POST ${pods}`, pod('p', 'n1', { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } }] }))
  const token = (boundObjectRef: object | undefined, audiences: readonly string[] = ['vault']) => n1('POST /api/v1/namespaces/n/serviceaccounts/web/token', { spec: { audiences, ...(boundObjectRef && { boundObjectRef }) } }), bound = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid }
  assert.equal(await token(bound), 'ok')
  const refused: readonly (readonly [object | undefined, readonly string[], string])[] = [
    [undefined, ['vault'], 'node requested token not bound to a pod'], [{ ...bound, uid: '' }, ['vault'], 'node requested token with a pod binding without a uid'], [{ ...bound, uid: 'x' }, ['vault'], 'the UID in the bound object reference (x) does not match the UID in record. The object might have been deleted and then recreated'],
    [bound, ['vault', 'other'], 'node may only request 0 or 1 audiences'], [bound, ['other'], 'audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience']]
  for (const [ref, audiences, why] of refused) assert.equal(await token(ref, audiences), `403 serviceaccounts "web" is forbidden: ${why}`)
  assert.match(await n1('POST /api/v1/namespaces/n/serviceaccounts/other/token', { spec: {} }), /no relationship found/)
  const leases = '/apis/coordination.k8s.io/v1/namespaces', lease = (name: string) => ({ metadata: { name } })
  assert.equal(await n1(`POST ${leases}/kube-node-lease/leases`, lease('n1')), 'ok')
  assert.equal(await n1(`POST ${leases}/kube-node-lease/leases`, lease('n2')), '403 leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node')
  assert.match(await n1(`POST ${leases}/n/leases`, lease('n1')), /can only access leases in the "kube-node-lease" system namespace$/)
  assert.match(await n1(`GET ${leases}/kube-node-lease/leases`), /can only get, create, update, patch, or delete a node lease$/)
  assert.equal(await n1('POST /apis/storage.k8s.io/v1/csinodes', { metadata: { name: 'n2' }, spec: { drivers: [] } }), '403 csinodes.storage.k8s.io "n2" is forbidden: can only access CSINode with the same name as the requesting node')
  assert.match(await n1('GET /apis/storage.k8s.io/v1/csinodes/n2'), /can only access CSINode with the same name as the requesting node$/)
})

test('slices are the node\'s own, certificates are asked for in its name, of claims it writes the status', async () => {
  const { n1, admin } = await cluster(), slices = '/apis/resource.k8s.io/v1/resourceslices'
  const slice = (name: string, nodeName: string) => ({ metadata: { name }, spec: { driver: 'd', nodeName, pool: { name: 'p', resourceSliceCount: 1, generation: 1 } } })
  assert.equal(await n1(`POST ${slices}`, slice('a', 'n1')), 'ok')
  assert.equal(await n1(`POST ${slices}`, slice('b', 'n2')), '403 resourceslices.resource.k8s.io "b" is forbidden: can only create ResourceSlice with the same NodeName as the requesting node')
  await admin(`POST ${slices}`, slice('c', 'n2'))
  assert.match(await n1(`GET ${slices}/c`), /no relationship found/)
  assert.match(await n1(`GET ${slices}`), /can only list\/watch\/deletecollection resourceslices with nodeName field selector$/)
  assert.equal(await n1(`GET ${slices}?fieldSelector=spec.nodeName%3Dn1`), 'ok')
  const csr = (request: string) => n1('POST /apis/certificates.k8s.io/v1/certificatesigningrequests', { metadata: { generateName: 'csr-' }, spec: { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'], request } })
  assert.equal(await csr(nodeRequest), 'ok')
  assert.equal(await csr(mightyRequest), '403 certificatesigningrequests.certificates.k8s.io "csr-" is forbidden: can only create a node CSR with CN=system:node:n1')
  await admin('POST /api/v1/namespaces/n/persistentvolumeclaims', { metadata: { name: 'claim' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
  await admin(`POST ${pods}`, pod('p', 'n1', { volumes: [{ name: 'b', persistentVolumeClaim: { claimName: 'claim' } }] }))
  const status = (body: object) => n1('PATCH /api/v1/namespaces/n/persistentvolumeclaims/claim/status', body)
  assert.equal(await status({ status: { capacity: { storage: '2Gi' } } }), 'ok')
  assert.match(await status({ status: { phase: 'Bound' } }), /node "n1" is not allowed to update fields other than status.quantity and status.conditions/)
  assert.match(await n1('PATCH /api/v1/namespaces/n/persistentvolumeclaims/claim', {}), /can only get individual resources of this type$/)
})

test('certificates of pods are asked for by the node that runs them, as they are now', async () => {
  const podCertificateRequest = (await loadSwitchedOff()).furtherKinds.find(({ kind }) => kind === 'PodCertificateRequest')!
  const server = await start({
    authorizer: (objects) => authorizerUnion([privilegedGroup, new NodeAuthorizer(objects, { podCertificateRequest, features: new Set(['ClusterTrustBundleProjection']) })]), admission: ({ authorizer }) => [nodeRestriction(authorizer)],
    runtimeConfig: { 'api/beta': 'true' }, features: new Set(['PodCertificateRequest', 'ClusterTrustBundle']),
  })
  const admin = async (line: string, body?: unknown) => (await server.ask(line, body, {}, root)).body.metadata?.uid as string, n1 = async (line: string, body?: unknown) => said(await server.ask(line, body, {}, agent('n1')))
  const requests = '/apis/certificates.k8s.io/v1beta1/namespaces/n/podcertificaterequests'
  await admin('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  const [nodeUID, , serviceAccountUID, podUID] = [await admin('POST /api/v1/nodes', { metadata: { name: 'n1' } }), await admin('POST /api/v1/nodes', { metadata: { name: 'n2' } }),
    await admin('POST /api/v1/namespaces/n/serviceaccounts', { metadata: { name: 'web' } }), await admin(`POST ${pods}`, pod('p', 'n1'))]
  const other = await admin(`POST ${pods}`, pod('other', 'n2'))
  const spec = { signerName: 'example.com/pods', podName: 'p', podUID, serviceAccountName: 'web', serviceAccountUID, nodeName: 'n1', nodeUID, stubPKCS10Request: stubRequest }
  for (const [name, change, why] of [
    ['fine', {}, ''], ['elsewhere', { nodeName: 'n2' }, 'PodCertificateRequest.Spec.NodeName="n2", which is not the requesting node "n1"'],
    ['old-node', { nodeUID: 'u' }, `PodCertificateRequest for pod "p" contains node UID ("u") which differs from the live node "${nodeUID}"`],
    ['no-pod', { podName: 'q' }, 'while retrieving pod "q" named in the PodCertificateRequest: pods "q" not found'],
    ['old-pod', { podUID: 'u' }, `PodCertificateRequest for pod "p" contains pod UID ("u") which differs from running pod "${podUID}"`],
    ['not-mine', { podName: 'other', podUID: other }, 'pod "other" is not running on node "n1" named in the PodCertificateRequest'],
    ['account', { serviceAccountName: 'x' }, 'PodCertificateRequest for pod "p" contains service account name ("x") that differs from running pod ("web")'],
    ['old-account', { serviceAccountUID: 'u' }, `PodCertificateRequest for pod "p" names service account UID ("u"), which differs from the live service account ("${serviceAccountUID}")`],
  ] as const) assert.equal(await n1(`POST ${requests}`, { metadata: { name }, spec: { ...spec, ...change } }), why ? `403 podcertificaterequests.certificates.k8s.io "${name}" is forbidden: ${why}` : 'ok', name)
  await admin(`POST ${requests}`, { metadata: { name: 'theirs' }, spec: { ...spec, nodeName: 'n2' } })
  for (const [line, why] of [
    [`GET ${requests}/fine`, undefined], [`GET ${requests}/theirs`, /no relationship found between node 'n1' and this object$/], [`GET ${requests}`, /can only list\/watch podcertificaterequests with nodeName field selector$/],
    [`GET ${requests}?fieldSelector=spec.nodeName%3Dn1`, undefined], [`DELETE ${requests}/fine`, /only the following verbs are allowed/], [`GET ${requests}/fine/status`, /cannot authorize PodCertificateRequest subresources$/],
    ['GET /apis/certificates.k8s.io/v1beta1/clustertrustbundles', undefined],
  ] as const) { const answer = await n1(line); if (why) assert.match(answer, why); else assert.equal(answer, 'ok', line) }
})
