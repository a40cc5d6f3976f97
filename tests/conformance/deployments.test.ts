// Deployments and ReplicaSets: so many pods of a template, and the way from one template to the next.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'
import { apps, controllerOf, core, goesAsCollection, hasStatus, image, pods, ready, scales, strategic, template, workload } from './workloads.ts'

const labels = { app: 'web' }
const deployments = (namespace: string, name = 'web') => `${apps(namespace, 'deployments')}/${name}`
const revision = (of: Body) => of['metadata'].annotations?.['deployment.kubernetes.io/revision']
const sets = (stage: Stage, namespace: string) => stage.items(apps(namespace, 'replicasets'))
const deploy = (stage: Stage, namespace: string, spec: object = {}, image?: string, name = 'web') => stage.make(apps(namespace, 'deployments'), workload(name, labels, spec, image))
const complete = (stage: Stage, path: string) => stage.until(path, ({ metadata, spec, status }) => status?.observedGeneration >= metadata.generation && status.updatedReplicas === spec.replicas && status.replicas === spec.replicas && status.availableReplicas === spec.replicas)
const replicaSet = (spec: object = {}, name = 'web', of: Readonly<Record<string, string>> = labels) => workload(name, of, spec)

conformance('[sig-apps] Deployment', { nodes: 2 }, (behaviour) => {
  behaviour('RollingUpdateDeployment should delete old pods and create new ones', async (stage, namespace) => {
    await stage.make(apps(namespace, 'replicasets'), { ...replicaSet({ replicas: 1 }, 'adopted'), metadata: { name: 'adopted', labels, annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } } })
    await ready(stage, namespace, 1)
    await deploy(stage, namespace, { replicas: 1 }, 'agnhost:2')
    const done = await complete(stage, deployments(namespace)), all = await sets(stage, namespace)
    assert.equal(revision(done), '3546343826724305833')
    const old = all.find((rs) => rs['metadata'].name === 'adopted')!
    assert.deepEqual([all.length, old['spec'].replicas, controllerOf(old)?.['uid']], [2, 0, done['metadata'].uid])
  })
  behaviour('RecreateDeployment should delete old pods and create new ones', async (stage, namespace) => {
    await deploy(stage, namespace, { replicas: 1, strategy: { type: 'Recreate' } })
    await complete(stage, deployments(namespace))
    const watch = await stage.watch(core(namespace, 'pods'))
    await image(stage, deployments(namespace), 'agnhost:2')
    await complete(stage, deployments(namespace))
    const last = watch.events.findIndex((e) => e.type === 'DELETED'), firstNew = watch.events.findIndex((e) => e.object['spec'].containers[0].image === 'agnhost:2')
    assert.ok(last >= 0 && last < firstNew, 'new pods come when the old ones are gone')
    watch.stop()
  })
  behaviour('deployment should delete old replica sets', async (stage, namespace) => {
    await stage.make(apps(namespace, 'replicasets'), replicaSet({ replicas: 1 }, 'old'))
    await ready(stage, namespace, 1)
    await deploy(stage, namespace, { replicas: 1, revisionHistoryLimit: 0 }, 'agnhost:2')
    await complete(stage, deployments(namespace))
    await stage.until(apps(namespace, 'replicasets'), ({ items }) => items.length === 1 && items[0].metadata.name !== 'old')
  })
  behaviour('deployment should support rollover', async (stage, namespace) => {
    await stage.make(apps(namespace, 'replicasets'), replicaSet({ replicas: 1 }, 'rollover-controller'))
    await ready(stage, namespace, 1)
    await deploy(stage, namespace, { replicas: 1, minReadySeconds: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }, 'no-such-image')
    await stage.until(apps(namespace, 'replicasets'), ({ items }) => items.length === 2)
    await image(stage, deployments(namespace), 'agnhost:2')
    await complete(stage, deployments(namespace))
    const all = await sets(stage, namespace)
    assert.deepEqual(all.filter((rs) => rs['spec'].replicas > 0).map((rs) => rs['spec'].template.spec.containers[0].image), ['agnhost:2'])
    assert.equal(all.length, 3)
  })
  behaviour('deployment should support proportional scaling', async (stage, namespace) => {
    await deploy(stage, namespace, { replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } })
    await complete(stage, deployments(namespace))
    // The second revision never becomes ready.
    await stage.ok(`PATCH ${deployments(namespace)}`, { spec: { template: { metadata: { annotations: { 'testing/broken': 'true' } }, spec: { containers: [{ name: 'main', image: '404' }] } } } }, strategic)
    const sizes = async () => (await sets(stage, namespace)).toSorted((a, b) => Number(revision(a)) - Number(revision(b))).map((rs) => rs['spec'].replicas)
    await stage.until(deployments(namespace), ({ status }) => status.updatedReplicas === 5 && status.availableReplicas === 8)
    assert.deepEqual(await sizes(), [8, 5])
    await stage.merge(deployments(namespace), { spec: { replicas: 30 } })
    await stage.cluster.settle()
    assert.deepEqual(await sizes(), [20, 13])
  })
  behaviour('Deployment should have a working scale subresource', async (stage, namespace) => {
    await deploy(stage, namespace, { replicas: 1 })
    await complete(stage, deployments(namespace))
    await scales(stage, deployments(namespace))
  })
  behaviour('should run the lifecycle of a Deployment', async (stage, namespace) => {
    const all = `/apis/apps/v1/deployments?labelSelector=test-deployment-static%3Dtrue`, at = deployments(namespace, 'test-deployment')
    const watch = await stage.watch(`${apps(namespace, 'deployments')}?labelSelector=test-deployment-static%3Dtrue`)
    await stage.make(apps(namespace, 'deployments'), workload('test-deployment', { 'test-deployment-static': 'true' }, { replicas: 2 }))
    await complete(stage, at)
    await stage.ok(`PATCH ${at}`, { metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 1, template: { spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'pause:3' }] } } } }, strategic)
    await complete(stage, at)
    assert.deepEqual((await stage.items(all)).map((d) => d['metadata'].labels['test-deployment']), ['patched'])
    const status = await stage.ok(`PATCH ${at}/status`, { metadata: { labels: { 'test-deployment': 'patched-status' } }, status: { readyReplicas: 0, availableReplicas: 0 } }, strategic)
    assert.deepEqual([status['metadata'].labels['test-deployment'], status['status'].readyReplicas], ['patched', undefined], 'its labels are not its status')
    await stage.until(at, (d) => d['status'].readyReplicas === 1)
    const updated = await stage.get(at)
    await stage.put(at, { ...updated, metadata: { ...updated['metadata'], labels: { ...updated['metadata'].labels, 'test-deployment': 'updated' } }, spec: { ...updated['spec'], replicas: 2 } })
    await complete(stage, at)
    await stage.ok(`DELETE ${all.replace('/apis/apps/v1/deployments', apps(namespace, 'deployments'))}`)
    await stage.gone(at)
    assert.deepEqual([watch.seen()[0], watch.seen().at(-1)], ['ADDED test-deployment', 'DELETED test-deployment'])
    watch.stop()
  })
  behaviour('should validate Deployment Status endpoints', async (stage, namespace) => {
    await deploy(stage, namespace, { replicas: 1 })
    await complete(stage, deployments(namespace))
    await hasStatus(stage, apps(namespace, 'deployments'), 'web')
  })
})

conformance('[sig-apps] ReplicaSet', { nodes: 2 }, (behaviour) => {
  const path = (namespace: string) => apps(namespace, 'replicasets')
  behaviour('should serve a basic image on each replica with a public image', async (stage, namespace) => {
    await stage.make(path(namespace), replicaSet({ replicas: 2 }))
    await ready(stage, namespace, 2)
    assert.equal(new Set((await pods(stage, namespace)).map((p) => p['status'].podIP)).size, 2)
  })
  behaviour('should adopt matching pods on creation and release no longer matching pods', async (stage, namespace) => {
    const orphan = `${core(namespace, 'pods')}/pod-adoption-release`
    await stage.make(core(namespace, 'pods'), { metadata: { name: 'pod-adoption-release', labels: { name: 'pod-adoption-release' } }, spec: template({}).spec })
    const rs = await stage.make(path(namespace), replicaSet({ replicas: 1 }, 'pod-adoption-release', { name: 'pod-adoption-release' }))
    await stage.until(orphan, (p) => controllerOf(p)?.['uid'] === rs['metadata'].uid)
    assert.equal((await pods(stage, namespace)).length, 1)
    await stage.merge(orphan, { metadata: { labels: { name: 'not-matching-name' } } })
    await stage.until(orphan, (p) => controllerOf(p) === undefined)
    await stage.until(core(namespace, 'pods'), ({ items }) => items.length === 2)
  })
  behaviour('Replicaset should have a working scale subresource', async (stage, namespace) => {
    await stage.make(path(namespace), replicaSet({ replicas: 1 }))
    await ready(stage, namespace, 1)
    await scales(stage, `${path(namespace)}/web`)
  })
  behaviour('Replace and Patch tests', async (stage, namespace) => {
    await stage.make(path(namespace), replicaSet({ replicas: 1 }))
    await ready(stage, namespace, 1)
    await stage.merge(`${path(namespace)}/web/scale`, { spec: { replicas: 2 } })
    await ready(stage, namespace, 2)
    const patched = await stage.ok(`PATCH ${path(namespace)}/web`, { metadata: { labels: { 'test-rs': 'patched' } }, spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'pause:3' }] } } } }, strategic)
    assert.deepEqual([patched['metadata'].labels['test-rs'], patched['spec'].template.spec.containers[0].image], ['patched', 'pause:3'])
    await stage.until(`${path(namespace)}/web`, ({ status }) => status.readyReplicas === 3)
  })
  behaviour('should list and delete a collection of ReplicaSets', async (stage, namespace) => {
    await stage.make(path(namespace), replicaSet({ replicas: 3 }, 'test-rs', { name: 'sample-pod', pod: 'httpd' }))
    await ready(stage, namespace, 3)
    await goesAsCollection(stage, path(namespace), '/apis/apps/v1/replicasets', 'name=sample-pod,pod=httpd', 1)
  })
  behaviour('should validate Replicaset Status endpoints', async (stage, namespace) => {
    await stage.make(path(namespace), replicaSet({ replicas: 1 }))
    await ready(stage, namespace, 1)
    await hasStatus(stage, path(namespace), 'web')
  })
})
