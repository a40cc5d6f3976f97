// What goes with its owner, what stays without, and when the owner itself goes.
import assert from 'node:assert/strict'
import { conformance, type Body, type Stage } from './stage.ts'

const core = (namespace: string, resource: string) => `/api/v1/namespaces/${namespace}/${resource}`
const apps = (namespace: string, resource: string) => `/apis/apps/v1/namespaces/${namespace}/${resource}`
const template = { metadata: { labels: { app: 'gc' } }, spec: { containers: [{ name: 'nginx', image: 'pause' }] } }
async function controllerWithPods(stage: Stage, namespace: string, replicas: number, name = 'simpletest-rc'): Promise<Body> {
  const made = await stage.make(core(namespace, 'replicationcontrollers'), { metadata: { name }, spec: { replicas, selector: { app: 'gc' }, template } })
  await stage.until(`${core(namespace, 'replicationcontrollers')}/${name}`, ({ status }) => status.readyReplicas === replicas)
  return made
}
async function deploymentWithSet(stage: Stage, namespace: string): Promise<string> {
  await stage.make(apps(namespace, 'deployments'), { metadata: { name: 'simpletest' }, spec: { replicas: 2, selector: { matchLabels: { app: 'gc' } }, template } })
  await stage.until(apps(namespace, 'replicasets'), ({ items }) => items.length === 1 && items[0].status.readyReplicas === 2)
  return (await stage.names(apps(namespace, 'replicasets')))[0]!
}
const none = (stage: Stage, path: string) => stage.until(path, ({ items }) => items.length === 0)
const own = (name: string, { metadata: { uid } }: Body, kind: string) => ({ apiVersion: 'v1', kind, name, uid })

conformance('[sig-api-machinery] Garbage collector', { nodes: 2 }, (behaviour) => {
  behaviour('should delete pods created by rc when not orphaning', async (stage, namespace) => {
    await controllerWithPods(stage, namespace, 2)
    await stage.remove(`${core(namespace, 'replicationcontrollers')}/simpletest-rc`, { propagationPolicy: 'Background' })
    await none(stage, core(namespace, 'pods'))
  })
  behaviour('should orphan pods created by rc if delete options say so [Serial]', async (stage, namespace) => {
    await controllerWithPods(stage, namespace, 20)
    await stage.remove(`${core(namespace, 'replicationcontrollers')}/simpletest-rc`, { propagationPolicy: 'Orphan' })
    await stage.gone(`${core(namespace, 'replicationcontrollers')}/simpletest-rc`)
    await stage.cluster.clock.advance('30s')
    const pods = await stage.items(core(namespace, 'pods'))
    assert.deepEqual([pods.length, pods.filter((p) => p['metadata'].ownerReferences || p['metadata'].deletionTimestamp)], [20, []])
  })
  behaviour('should delete RS created by deployment when not orphaning', async (stage, namespace) => {
    await deploymentWithSet(stage, namespace)
    await stage.remove(`${apps(namespace, 'deployments')}/simpletest`, { propagationPolicy: 'Background' })
    await none(stage, apps(namespace, 'replicasets'))
    await none(stage, core(namespace, 'pods'))
  })
  behaviour('should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan', async (stage, namespace) => {
    const name = await deploymentWithSet(stage, namespace)
    await stage.remove(`${apps(namespace, 'deployments')}/simpletest`, { propagationPolicy: 'Orphan' })
    await stage.gone(`${apps(namespace, 'deployments')}/simpletest`)
    await stage.cluster.clock.advance('30s')
    const set = await stage.get(`${apps(namespace, 'replicasets')}/${name}`)
    assert.deepEqual([set['metadata'].ownerReferences, set['status'].readyReplicas, (await stage.items(core(namespace, 'pods'))).length], [undefined, 2, 2])
  })
  behaviour('should keep the rc around until all its pods are deleted if the deleteOptions says so [Serial]', async (stage, namespace) => {
    await controllerWithPods(stage, namespace, 20)
    const path = `${core(namespace, 'replicationcontrollers')}/simpletest-rc`, watch = await stage.watch(core(namespace, 'pods'))
    const deleted = await stage.remove(path, { propagationPolicy: 'Foreground' })
    assert.deepEqual(deleted['metadata'].finalizers, ['foregroundDeletion'])
    await stage.gone(path)
    assert.equal(watch.seen().filter((e) => e.startsWith('DELETED')).length, 20, 'all pods went before it')
    watch.stop()
  })
  behaviour("should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted [Serial]", async (stage, namespace) => {
    await controllerWithPods(stage, namespace, 20, 'to-be-deleted')
    const stays = await stage.make(core(namespace, 'replicationcontrollers'), { metadata: { name: 'to-stay' }, spec: { replicas: 0, selector: { another: 'key' }, template: { ...template, metadata: { labels: { another: 'key' } } } } })
    const half = (await stage.items(core(namespace, 'pods'))).slice(0, 10)
    for (const { metadata } of half) await stage.ok(`PATCH ${core(namespace, 'pods')}/${metadata.name}`, { metadata: { ownerReferences: [own('to-stay', stays, 'ReplicationController')] } }, { 'content-type': 'application/strategic-merge-patch+json' })
    await stage.remove(`${core(namespace, 'replicationcontrollers')}/to-be-deleted`, { propagationPolicy: 'Foreground' })
    await stage.gone(`${core(namespace, 'replicationcontrollers')}/to-be-deleted`)
    const left = await stage.items(core(namespace, 'pods'))
    assert.deepEqual(left.map((p) => p['metadata'].name).sort(), half.map((p) => p['metadata'].name).sort())
    for (const { metadata } of left) assert.deepEqual([metadata.deletionTimestamp, metadata.ownerReferences.map((o: Body) => o['name'])], [undefined, ['to-stay']])
  })
  behaviour('should not be blocked by dependency circle', async (stage, namespace) => {
    const pods = core(namespace, 'pods'), made: Body[] = []
    for (const name of ['pod1', 'pod2', 'pod3']) made.push(await stage.make(pods, { metadata: { name }, spec: template.spec }))
    for (const [i, owner] of [2, 0, 1].entries()) await stage.ok(`PATCH ${pods}/pod${i + 1}`, { metadata: { ownerReferences: [{ ...own(`pod${owner + 1}`, made[owner]!, 'Pod'), controller: true, blockOwnerDeletion: true }] } }, { 'content-type': 'application/strategic-merge-patch+json' })
    await stage.remove(`${pods}/pod1`, { propagationPolicy: 'Foreground' })
    await none(stage, pods)
  })
})
