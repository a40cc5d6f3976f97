// DaemonSets: a pod on every node that is meant, also as nodes change, and from one template to the next.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'
import { apps, controllerOf, core, goesAsCollection, hasStatus, image, pods, workload } from './workloads.ts'

const labels = { 'daemonset-name': 'daemon-set' }
const path = (namespace: string) => apps(namespace, 'daemonsets')
const one = (namespace: string) => `${path(namespace)}/daemon-set`
const make = (stage: Stage, namespace: string, spec: object = {}) => stage.make(path(namespace), workload('daemon-set', labels, spec))
const on = (stage: Stage, namespace: string, count: number) => stage.until(one(namespace), ({ status, metadata }) =>
  status.observedGeneration >= metadata.generation && status.desiredNumberScheduled === count && status.numberReady === count && status.currentNumberScheduled === count && (status.updatedNumberScheduled ?? 0) === count)
const label = (stage: Stage, node: string, color: string | null) => stage.merge(`/api/v1/nodes/${node}`, { metadata: { labels: { color } } })
const nodesOf = (all: Body[]) => all.map((p) => p['spec'].nodeName).sort()

conformance('[sig-apps] Daemon set [Serial]', { nodes: 3 }, (behaviour) => {
  behaviour('should run and stop simple daemon', async (stage, namespace) => {
    await make(stage, namespace)
    await on(stage, namespace, 3)
    const all = await pods(stage, namespace)
    assert.deepEqual(nodesOf(all), ['node-1', 'node-2', 'node-3'])
    await stage.remove(`${core(namespace, 'pods')}/${all[0]!['metadata'].name}`)
    await stage.gone(`${core(namespace, 'pods')}/${all[0]!['metadata'].name}`)
    await on(stage, namespace, 3)
  })
  behaviour('should run and stop complex daemon', async (stage, namespace) => {
    await stage.make(path(namespace), { ...workload('daemon-set', labels), spec: { ...workload('daemon-set', labels).spec, template: { metadata: { labels }, spec: { nodeSelector: { color: 'blue' }, containers: [{ name: 'main', image: 'httpd' }] } } } })
    await stage.cluster.settle()
    assert.deepEqual(await pods(stage, namespace), [])
    await label(stage, 'node-2', 'blue')
    await on(stage, namespace, 1)
    assert.deepEqual(nodesOf(await pods(stage, namespace)), ['node-2'])
    await label(stage, 'node-2', 'green')
    await stage.until(core(namespace, 'pods'), ({ items }) => items.length === 0)
    await stage.merge(one(namespace), { spec: { updateStrategy: { type: 'RollingUpdate' }, template: { spec: { nodeSelector: { color: 'green' } } } } })
    await on(stage, namespace, 1)
    await label(stage, 'node-2', null)
  })
  behaviour('should retry creating failed daemon pods', async (stage, namespace) => {
    await make(stage, namespace)
    await on(stage, namespace, 3)
    const [first] = await pods(stage, namespace), { name, uid } = first!['metadata']
    await stage.merge(`${core(namespace, 'pods')}/${name}/status`, { status: { phase: 'Failed' } })
    await stage.until(core(namespace, 'pods'), ({ items }) => items.length === 3 && items.every((p: Body) => p['metadata'].uid !== uid && p['status'].phase === 'Running'))
  })
  behaviour('should update pod when spec was updated and update strategy is RollingUpdate', async (stage, namespace) => {
    await make(stage, namespace, { updateStrategy: { type: 'RollingUpdate' } })
    await on(stage, namespace, 3)
    const revisions = apps(namespace, 'controllerrevisions')
    assert.deepEqual((await stage.items(revisions)).map((r) => [r['revision'], controllerOf(r)?.['name']]), [[1, 'daemon-set']])
    await image(stage, one(namespace), 'agnhost:2')
    await stage.until(core(namespace, 'pods'), ({ items }) => items.length === 3 && items.every((p: Body) => p['spec'].containers[0].image === 'agnhost:2'))
    await on(stage, namespace, 3)
    const now = await stage.items(revisions), newest = now.find((r) => r['revision'] === 2)!
    assert.equal(now.length, 2)
    for (const p of await pods(stage, namespace)) assert.equal(p['metadata'].labels['controller-revision-hash'], newest['metadata'].labels['controller-revision-hash'])
  })
  behaviour('should rollback without unnecessary restarts', async (stage, namespace) => {
    await make(stage, namespace, { updateStrategy: { type: 'RollingUpdate' } })
    await on(stage, namespace, 3)
    const before = (await pods(stage, namespace)).map((p) => p['metadata'].uid)
    // The new image never runs: the update does not get beyond one node.
    await stage.ok(`PATCH ${one(namespace)}`, { spec: { template: { metadata: { annotations: { 'testing/broken': 'true' } } } } })
    await stage.cluster.settle()
    const kept = (await pods(stage, namespace)).map((p) => p['metadata'].uid).filter((uid) => before.includes(uid))
    assert.equal(kept.length, 2)
    await stage.ok(`PATCH ${one(namespace)}`, { spec: { template: { metadata: { annotations: null } } } })
    await on(stage, namespace, 3)
    const after = (await pods(stage, namespace)).map((p) => p['metadata'].uid)
    assert.deepEqual(kept.filter((uid) => !after.includes(uid)), [], 'pods that were never updated are not restarted')
    assert.equal(Math.max(...(await stage.items(apps(namespace, 'controllerrevisions'))).map((r) => r['revision'])), 3)
  })
  behaviour('should list and delete a collection of DaemonSets', async (stage, namespace) => {
    await make(stage, namespace)
    await on(stage, namespace, 3)
    await goesAsCollection(stage, path(namespace), '/apis/apps/v1/daemonsets', 'daemonset-name=daemon-set', 1)
  })
  behaviour('should verify changes to a daemon set status', async (stage, namespace) => {
    await make(stage, namespace)
    await on(stage, namespace, 3)
    await hasStatus(stage, path(namespace), 'daemon-set')
  })
})

conformance('[sig-apps] ControllerRevision [Serial]', { nodes: 1 }, (behaviour) => {
  behaviour('should manage the lifecycle of a ControllerRevision', async (stage, namespace) => {
    await stage.make(apps(namespace, 'daemonsets'), workload('ds', labels))
    const path = apps(namespace, 'controllerrevisions'), first = (await stage.until(path, ({ items }) => items.length === 1))['items'][0]
    assert.deepEqual([controllerOf(first)?.['name'], first.revision, first.metadata.name], ['ds', 1, `ds-${first.metadata.labels['controller-revision-hash']}`])
    const patched = await stage.merge(`${path}/${first.metadata.name}`, { metadata: { labels: { [first.metadata.name]: 'patched' } } })
    assert.equal(patched['metadata'].labels[first.metadata.name], 'patched')
    await stage.make(path, { metadata: { name: 'ds-second', namespace, labels: first.metadata.labels, ownerReferences: first.metadata.ownerReferences }, data: first.data, revision: first.revision + 1 })
    await stage.remove(`${path}/${first.metadata.name}`)
    await stage.gone(`${path}/${first.metadata.name}`)
    const again = await stage.get(`${path}/ds-second`)
    assert.equal((await stage.put(`${path}/ds-second`, { ...again, metadata: { ...again['metadata'], labels: { ...again['metadata'].labels, 'ds-second': 'updated' } } }))['metadata'].labels['ds-second'], 'updated')
    await image(stage, `${apps(namespace, 'daemonsets')}/ds`, 'another')
    await stage.until(path, ({ items }) => items.length >= 2)
    await goesAsCollection(stage, path, '/apis/apps/v1/controllerrevisions', 'ds-second=updated', 1)
  })
})
