// Who pods are, how certificates are asked for, and who may ask what others may.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPki } from '#assembly'
import { conformance, discovered, type Body } from './stage.ts'
import { nodeRequest as request } from '../facts/certificates.ts'

const core = (namespace: string, resource: string) => `/api/v1/namespaces/${namespace}/${resource}`

conformance('[sig-auth] Certificates API [Privileged:ClusterAdmin]', {}, (behaviour) => {
  behaviour('should support CSR API operations', async (stage) => {
    const all = '/apis/certificates.k8s.io/v1/certificatesigningrequests', signerName = 'example.com/e2e', ours = `${all}?fieldSelector=${encodeURIComponent(`spec.signerName=${signerName}`)}`
    await discovered(stage, 'certificates.k8s.io', 'v1', ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'])
    const given = { metadata: { generateName: 'e2e-example-csr-' }, spec: { request, signerName, expirationSeconds: 3600, usages: ['digital signature', 'key encipherment', 'server auth'] } }
    await stage.make(all, given)
    await stage.make(all, given)
    const made = await stage.make(all, given), one = `${all}/${made['metadata'].name}`
    assert.equal((await stage.get(one))['metadata'].uid, made['metadata'].uid)
    const list = await stage.get(ours)
    assert.equal(list['items'].length, 3)
    const watch = await stage.watch(`${all}?fieldSelector=metadata.name%3D${made['metadata'].name}&resourceVersion=${list['metadata'].resourceVersion}`)
    const patched = await stage.merge(one, { metadata: { annotations: { patched: 'true' } } })
    await stage.put(one, { ...patched, metadata: { ...patched['metadata'], annotations: { patched: 'true', updated: 'true' } } })
    await watch.see(2)
    assert.deepEqual(watch.events.map((e) => e.object['metadata'].annotations), [{ patched: 'true' }, { patched: 'true', updated: 'true' }])
    watch.stop()

    const approval = await stage.get(`${one}/approval`)
    assert.deepEqual([approval['kind'], approval['metadata'].uid], ['CertificateSigningRequest', made['metadata'].uid])
    const types = (object: Body) => object['status'].conditions.map((c: Body) => c['type'])
    const approving = await stage.merge(`${one}/approval`, { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] } })
    assert.deepEqual([types(approving), approving['metadata'].annotations.patchedapproval], [['ApprovalPatch'], 'true'])
    const approved = await stage.put(`${one}/approval`, { ...approving, status: { ...approving['status'], conditions: [...approving['status'].conditions, { type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }] } })
    assert.deepEqual(types(approved), ['ApprovalPatch', 'Approved'])
    assert.ok(approved['status'].conditions.every((c: Body) => c['lastUpdateTime'] && c['lastTransitionTime']), 'conditions are dated')

    assert.equal((await stage.get(`${one}/status`))['metadata'].uid, made['metadata'].uid)
    const certificate = Buffer.from(await someCertificate()).toString('base64')
    const issued = await stage.merge(`${one}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } })
    assert.deepEqual([issued['status'].certificate, issued['metadata'].annotations.patchedstatus], [certificate, 'true'])
    const updated = await stage.put(`${one}/status`, { ...issued, status: { ...issued['status'], conditions: [...issued['status'].conditions, { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }] } })
    assert.deepEqual(types(updated), ['ApprovalPatch', 'Approved', 'StatusUpdate'])

    await stage.refused(422, /updates may not remove a condition of type "Approved"/, `PUT ${one}/status`, { ...updated, status: { ...updated['status'], conditions: [] } })
    await stage.remove(one)
    assert.equal((await stage.ask(`GET ${one}`)).status, 404)
    assert.equal((await stage.items(ours)).length, 2)
    await stage.ok(`DELETE ${ours}`)
    assert.deepEqual(await stage.items(ours), [])
  })
})
/** PEM; nobody believes it. */
async function someCertificate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-csr-')), { certificate } = await (await createPki(folder)).authority('ca', 'e2e.example.com')
  rmSync(folder, { recursive: true })
  return certificate
}

conformance('[sig-auth] ServiceAccounts', { nodes: 1 }, (behaviour) => {
  behaviour('should run through the lifecycle of a ServiceAccount', async (stage, namespace) => {
    const accounts = core(namespace, 'serviceaccounts'), labelled = 'labelSelector=test-serviceaccount-static%3Dtrue'
    const watch = await stage.watch(`/api/v1/serviceaccounts?${labelled}`)
    await stage.make(accounts, { metadata: { name: 'testserviceaccount', labels: { 'test-serviceaccount-static': 'true' } } })
    assert.deepEqual(await watch.see(1), ['ADDED testserviceaccount'])
    await stage.ok(`PATCH ${accounts}/testserviceaccount`, { automountServiceAccountToken: false }, { 'content-type': 'application/strategic-merge-patch+json' })
    const found = await stage.items(`/api/v1/serviceaccounts?${labelled}`)
    assert.deepEqual(found.map((a) => [a['metadata'].name, a['metadata'].namespace, a['automountServiceAccountToken']]), [['testserviceaccount', namespace, false]])
    await stage.ok(`DELETE ${accounts}?${labelled}`)
    assert.deepEqual(await watch.see(3), ['ADDED testserviceaccount', 'MODIFIED testserviceaccount', 'DELETED testserviceaccount'])
    watch.stop()
  })
  behaviour('should update a ServiceAccount', async (stage, namespace) => {
    const accounts = core(namespace, 'serviceaccounts'), made = await stage.make(accounts, { metadata: { name: 'e2e-sa' } })
    const updated = await stage.put(`${accounts}/e2e-sa`, { ...made, automountServiceAccountToken: true })
    assert.equal(updated['automountServiceAccountToken'], true)
  })
  behaviour('should create a serviceAccountToken and ensure a successful TokenReview', async (stage, namespace) => {
    const accounts = core(namespace, 'serviceaccounts'), account = await stage.make(accounts, { metadata: { name: 'e2e-sa' } })
    const { status: { token } } = await stage.make(`${accounts}/e2e-sa/token`, {})
    assert.match(token, /^[^.]+\.[^.]+\.[^.]+$/)
    const { status } = await stage.make('/apis/authentication.k8s.io/v1/tokenreviews', { metadata: { name: token.slice(0, 5).toLowerCase() }, spec: { token } })
    assert.deepEqual([status.authenticated, status.error, status.user.username, status.user.uid], [true, undefined, `system:serviceaccount:${namespace}:e2e-sa`, account['metadata'].uid])
  })
  behaviour('should guarantee kube-root-ca.crt exist in any namespace', async (stage, namespace) => {
    const path = `${core(namespace, 'configmaps')}/kube-root-ca.crt`, there = (body: Body, status: number) => status === 200 && Object.keys(body['data'] ?? {}).join() === 'ca.crt' && body['data']['ca.crt'] === 'certificate'
    await stage.until(path, there)
    await stage.remove(path)
    await stage.until(path, there)
    await stage.put(path, { ...await stage.get(path), data: { '': undefined, 'ca.crt': 'modified', extra: 'x' } })
    await stage.until(path, there)
  })
  behaviour('should allow opting out of API token automount', async (stage, namespace) => {
    const accounts = core(namespace, 'serviceaccounts'), pods = core(namespace, 'pods')
    await stage.until(`${accounts}/default`, (_, status) => status === 200)
    await stage.make(accounts, { metadata: { name: 'mount' }, automountServiceAccountToken: true })
    await stage.make(accounts, { metadata: { name: 'nomount' }, automountServiceAccountToken: false })
    const mounted = '/var/run/secrets/kubernetes.io/serviceaccount'
    for (const [serviceAccountName, automountServiceAccountToken, mounts] of [
      ['default', undefined, true], ['mount', undefined, true], ['nomount', undefined, false],
      ['default', true, true], ['mount', true, true], ['nomount', true, true],
      ['default', false, false], ['mount', false, false], ['nomount', false, false],
    ] as const) {
      const { spec } = await stage.make(pods, { metadata: { generateName: 'pod-service-account-' }, spec: { containers: [{ name: 'token-test', image: 'pause' }], serviceAccountName, ...(automountServiceAccountToken !== undefined && { automountServiceAccountToken }) } })
      const volumes = (spec.containers[0].volumeMounts ?? []).filter((m: Body) => m['mountPath'] === mounted)
      assert.equal(volumes.length, mounts ? 1 : 0, `${serviceAccountName} ${automountServiceAccountToken}`)
      const volume = spec.volumes?.find((v: Body) => v['name'] === volumes[0]?.name)
      if (mounts) assert.deepEqual(volume.projected.sources.map((s: Body) => Object.keys(s)[0]), ['serviceAccountToken', 'configMap', 'downwardAPI'])
    }
  })
})

conformance('[sig-auth] SubjectReview', { controllers: ['clusterrole-aggregation', 'serviceaccount'] }, (behaviour) => {
  behaviour('should support SubjectReview API operations', async (stage, namespace) => {
    await stage.make(core(namespace, 'serviceaccounts'), { metadata: { name: 'e2e' } })
    const user = `system:serviceaccount:${namespace}:e2e`, groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`], resourceAttributes = { namespace, verb: 'get', resource: 'configmaps', version: 'v1' }
    /** What a review says is what the user meets. */
    const agree = async (allowed: boolean) => {
      for (const [path, kind] of [['/apis/authorization.k8s.io/v1/subjectaccessreviews', 'SubjectAccessReview'], [`/apis/authorization.k8s.io/v1/namespaces/${namespace}/localsubjectaccessreviews`, 'LocalSubjectAccessReview']] as const) {
        const { status } = await stage.make(path, { apiVersion: 'authorization.k8s.io/v1', kind, ...(kind.startsWith('Local') && { metadata: { namespace } }), spec: { user, groups, resourceAttributes } })
        assert.deepEqual([status.allowed, status.denied], [allowed, undefined])
      }
      // Whose groups a service account has need not be said.
      const met = await stage.ask(`GET ${core(namespace, 'configmaps')}/none`, undefined, { 'impersonate-user': user })
      assert.equal(met.status, allowed ? 404 : 403)
    }
    await agree(false)
    await stage.make(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, { metadata: { name: 'e2e' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'e2e', namespace }] })
    await stage.cluster.settle()
    await agree(true)
  })
})
