import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { configMap, loadSwitchedOff, persistentVolume, persistentVolumeClaim, pod, secret, type ClusterTrustBundle, type Pod } from '#kinds'
import { silent, type Kind, type New } from '#machinery'
import { rest, TestCluster } from '#testing'
import { SetUpError } from '../../pods/environment.ts'
import { createVolumes, withoutMounts } from './index.ts'
import { authority } from '../../../../tests/facts/certificates.ts'

/** Volumes of node-1, which asks the real server as that node may. */
async function start(t: TestContext, plane: NonNullable<Parameters<typeof TestCluster.start>[0]>['plane'] = {}) {
  const cluster = await TestCluster.start({ nodes: 1, scheduler: false, plane }), root = mkdtempSync(join(tmpdir(), 'volumes-')), podsDir = join(root, 'pods')
  await cluster.settle()
  const client = cluster.clientAs({ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] })
  const volumes = createVolumes({ client, nodeName: 'node-1', clock: cluster.clock, log: silent, podsDir, hostIPs: ['192.0.2.10'], allocatable: { cpu: '4', memory: '8Gi' }, mounter: withoutMounts })
  const changed: string[] = []
  volumes.onChange((uid) => { changed.push(uid) })
  t.after(async () => {
    volumes.stop()
    await cluster.stop()
    rmSync(root, { recursive: true })
  })
  return {
    cluster, volumes, changed, root, podsDir,
    pod: (spec: Partial<New<Pod>['spec']>, metadata: Partial<New<Pod>['metadata']> = {}) => cluster.client.create(pod, {
      metadata: { name: 'web', namespace: 'default', ...metadata },
      spec: { nodeName: 'node-1', automountServiceAccountToken: false, ...spec, containers: (spec?.containers ?? [{}]).map((c) => ({ name: 'c', image: 'i', ...c })) },
    } as New<Pod>),
    configMap: (name: string, data: Record<string, string>) => cluster.client.create(configMap, { metadata: { name, namespace: 'default' }, data }),
    /** Where the container's mounts lie, by path in the container. */
    async paths(of: Pod, env?: ReadonlyMap<string, string>) {
      return Object.fromEntries((await volumes.mounts(of, of.spec.containers[0]!, env)).map(({ containerPath, ...mount }) => [containerPath, mount]))
    },
  }
}
const refused = (reason: string, message: string | RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof SetUpError, String(error))
  assert.equal(error.reason, reason)
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  return true
}
const mountsOf = (...names: string[]) => [{ name: 'c', volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })) }]

test('a ConfigMap that is not there is waited for, and its volume follows each change', async (t) => {
  const k = await start(t), p = await k.pod({ volumes: [{ name: 'conf', configMap: { name: 'settings' } }], containers: mountsOf('conf') as never })
  await assert.rejects(k.volumes.setUp(p), refused('FailedMount', 'MountVolume.SetUp failed for volume "conf" : configmap "settings" not found'))
  const made = await k.configMap('settings', { color: 'red' })
  await rest()
  assert.deepEqual(k.changed, [p.metadata.uid])
  await k.volumes.setUp(p)
  const { hostPath, readonly } = (await k.paths(p))['/conf']!
  assert.deepEqual([readonly, readFileSync(join(hostPath, 'color'), 'utf8')], [true, 'red'])
  await k.cluster.client.update(configMap, { ...made, data: { color: 'blue' } })
  await rest()
  assert.equal(k.changed.length, 2)
  await k.volumes.setUp(p)
  assert.equal(readFileSync(join(hostPath, 'color'), 'utf8'), 'blue')
})

test('secrets, items, modes, optional sources and the pod itself come together in a projected volume', async (t) => {
  const k = await start(t)
  await k.configMap('settings', { a: '1', b: '2' })
  await k.cluster.client.create(secret, { metadata: { name: 'keys', namespace: 'default' }, data: { key: Buffer.from([0, 255]).toString('base64') } })
  const p = await k.pod({
    volumes: [{ name: 'all', projected: { defaultMode: 0o440, sources: [
      { configMap: { name: 'settings', items: [{ key: 'a', path: 'deep/a', mode: 0o400 }] } }, { secret: { name: 'keys' } }, { configMap: { name: 'none', optional: true } },
      { downwardAPI: { items: [{ path: 'notes', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.annotations' } }, { path: 'mem', resourceFieldRef: { containerName: 'c', resource: 'limits.memory', divisor: '1Mi' } }] } },
    ] } }] as never, containers: mountsOf('all') as never,
  }, { annotations: { b: 'x"y', a: '1' } })
  await k.volumes.setUp(p)
  const { hostPath } = (await k.paths(p))['/all']!
  assert.equal(readFileSync(join(hostPath, 'deep/a'), 'utf8'), '1')
  assert.equal(statSync(join(hostPath, 'deep/a')).mode & 0o777, 0o400)
  assert.equal(statSync(join(hostPath, 'key')).mode & 0o777, 0o440)
  assert.deepEqual([...readFileSync(join(hostPath, 'key'))], [0, 255])
  assert.equal(readFileSync(join(hostPath, 'notes'), 'utf8'), 'a="1"\nb="x\\"y"')
  assert.equal(readFileSync(join(hostPath, 'mem'), 'utf8'), '8192')
  assert.deepEqual(readdirSync(hostPath).filter((name) => !name.startsWith('..')).sort(), ['deep', 'key', 'mem', 'notes'])
})

test('a token is bound to its pod, kept while fresh and renewed when four fifths of its life are over', async (t) => {
  const k = await start(t), p = await k.pod({ volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 600, audience: 'vault' } }] } }], containers: mountsOf('token') as never })
  await k.volumes.setUp(p)
  const file = join((await k.paths(p))['/token']!.hostPath, 'token'), first = readFileSync(file, 'utf8')
  const claims = JSON.parse(Buffer.from(first.split('.')[1]!, 'base64url').toString()) as { aud: string[]; 'kubernetes.io': { pod: { uid: string } } }
  assert.deepEqual([claims.aud, claims['kubernetes.io'].pod.uid], [['vault'], p.metadata.uid])
  await k.volumes.setUp(p)
  assert.equal(readFileSync(file, 'utf8'), first)
  await k.cluster.clock.advance('7m45s')
  assert.deepEqual(k.changed, [])
  await k.cluster.clock.advance('15s')
  assert.deepEqual(k.changed, [p.metadata.uid])
  await k.volumes.setUp(p)
  assert.notEqual(readFileSync(file, 'utf8'), first)
})

test('trust bundles are one file, by name or by signer, and follow changes', async (t) => {
  const k = await start(t, { runtimeConfig: { 'api/beta': 'true' }, features: new Set(['ClusterTrustBundle', 'ClusterTrustBundleProjection']) }), { client } = k.cluster
  const kind: Kind<ClusterTrustBundle> = (await loadSwitchedOff()).furtherKinds.find((one) => one.kind === 'ClusterTrustBundle')!
  const of = (source: object) => [{ name: 'trust', projected: { sources: [{ clusterTrustBundle: { path: 'ca.pem', ...source } }] } }] as never
  const [named, signed, any, none] = await Promise.all(([['named', { name: 'mine' }], ['signed', { signerName: 'example.com/pods', labelSelector: { matchLabels: { a: 'b' } } }], ['any', { signerName: 'example.com/pods', optional: true, labelSelector: {} }], ['none', { signerName: 'example.com/pods', optional: true }]] as const)
    .map(([name, source]) => k.pod({ volumes: of(source), containers: mountsOf('trust') as never }, { name }))) as [Pod, Pod, Pod, Pod]
  const read = async (p: Pod) => { await k.volumes.setUp(p); return readFileSync(join((await k.paths(p))['/trust']!.hostPath, 'ca.pem'), 'utf8') }
  await assert.rejects(k.volumes.setUp(named), refused('FailedMount', 'MountVolume.SetUp failed for volume "trust" : clustertrustbundle.certificates.k8s.io "mine" not found'))
  await assert.rejects(k.volumes.setUp(signed), refused('FailedMount', 'MountVolume.SetUp failed for volume "trust" : combination of signerName and labelSelector matched zero ClusterTrustBundles'))
  assert.deepEqual([await read(any), await read(none)], ['', ''])
  k.changed.length = 0
  await client.create(kind, { metadata: { name: 'mine' }, spec: { trustBundle: authority } })
  await client.create(kind, { metadata: { name: 'example.com:pods:a', labels: { a: 'b' } }, spec: { signerName: 'example.com/pods', trustBundle: authority } })
  await client.create(kind, { metadata: { name: 'example.com:pods:b' }, spec: { signerName: 'example.com/pods', trustBundle: authority } })
  await rest()
  assert.deepEqual(new Set(k.changed), new Set([named, signed, any, none].map(({ metadata }) => metadata.uid)))
  assert.deepEqual([await read(named), await read(signed), await read(any), await read(none)], [authority, authority, authority, ''])
})

test('an emptyDir is for everybody, keeps what is in it, and its parts cannot lead out of it', async (t) => {
  const k = await start(t), p = await k.pod({ volumes: [{ name: 'work', emptyDir: {} }], containers: [{ name: 'c', volumeMounts: [
    { name: 'work', mountPath: '/work', mountPropagation: 'HostToContainer' }, { name: 'work', mountPath: '/part', subPath: 'a/b', readOnly: true }, { name: 'work', mountPath: '/own', subPathExpr: 'of-$(POD)' }] }] as never })
  await k.volumes.setUp(p)
  const env = new Map([['POD', 'web']]), paths = await k.paths(p, env), dir = paths['/work']!.hostPath
  assert.equal(statSync(dir).mode & 0o777, 0o777)
  assert.deepEqual(paths, { '/work': { hostPath: dir, propagation: 'hostToContainer' }, '/part': { hostPath: join(dir, 'a/b'), readonly: true }, '/own': { hostPath: join(dir, 'of-web') } })
  await k.volumes.setUp(p)
  assert.ok(existsSync(join(dir, 'a/b')))
  await assert.rejects(k.paths(p, new Map()), refused('CreateContainerConfigError', 'missing value for "POD"'))
  await assert.rejects(k.paths(p, new Map([['POD', '/../../x']])), refused('CreateContainerConfigError', "unable to provision SubPath `of-/../../x`: must not contain '..'"))
  rmSync(join(dir, 'a'), { recursive: true })
  symlinkSync(k.root, join(dir, 'a'))
  await assert.rejects(k.paths(p, env), refused('CreateContainerConfigError', 'failed to prepare subPath for volumeMount "work" of container "c"'))
})

test('a claim leads to the hostPath of its volume once it is bound', async (t) => {
  const k = await start(t), { client } = k.cluster
  const claim = await client.create(persistentVolumeClaim, { metadata: { name: 'data', namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], volumeName: 'disk', storageClassName: '', resources: { requests: { storage: '1Gi' } } } })
  const p = await k.pod({ volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data', readOnly: true } }], containers: mountsOf('d') as never })
  await assert.rejects(k.volumes.setUp(p), refused('FailedMount', /error processing PVC default\/data: PVC is not bound$/))
  await client.create(persistentVolume, { metadata: { name: 'disk' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, storageClassName: '', hostPath: { path: join(k.root, 'disk'), type: 'DirectoryOrCreate' }, claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid } } })
  await k.cluster.settle()
  await k.volumes.setUp(p)
  assert.deepEqual(await k.paths(p), { '/d': { hostPath: join(k.root, 'disk'), readonly: true } })
})

test('a volume of a kind that this node does not have says so', async (t) => {
  const k = await start(t), p = await k.pod({ volumes: [{ name: 'far', nfs: { server: '192.0.2.9', path: '/' } }] })
  await assert.rejects(k.volumes.setUp(p), refused('FailedMount', /^volume "far": nfs volumes are not supported yet/))
})

test('tearing down leaves nothing, twice as well, and nobody hears of the pod again', async (t) => {
  const k = await start(t), made = await k.configMap('settings', { a: '1' })
  const p = await k.pod({ volumes: [{ name: 'conf', configMap: { name: 'settings' } }, { name: 'work', emptyDir: {} }, { name: 'all', projected: { sources: [{ configMap: { name: 'settings' } }] } }] as never })
  assert.deepEqual(await k.volumes.present(), [])
  await k.volumes.setUp(p)
  assert.deepEqual(await k.volumes.present(), [p.metadata.uid])
  assert.equal((await k.volumes.object('configmap', 'default', 'settings'))?.data?.['a'], '1')
  await k.volumes.tearDown(p.metadata.uid)
  await k.volumes.tearDown(p.metadata.uid)
  assert.deepEqual([await k.volumes.present(), existsSync(join(k.podsDir, p.metadata.uid))], [[], false])
  await k.cluster.client.update(configMap, { ...made, data: { a: '2' } })
  await rest()
  assert.deepEqual(k.changed, [])
  await assert.rejects(k.volumes.tearDown('../x'), /cannot be a file's name/)
})

test('an object that no pod of the node refers to is not shown to the node', async (t) => {
  const k = await start(t)
  await k.configMap('private', {})
  await assert.rejects(k.volumes.object('configmap', 'default', 'private'), /no relationship found between node 'node-1' and this object/)
})
