// ReplicationControllers: so many pods, by an older selector.
import assert from 'node:assert/strict'
import { conformance, type Body } from './stage.ts'
import { controllerOf, core, pods, ready, scales, strategic, template } from './workloads.ts'

conformance('[sig-apps] ReplicationController', { nodes: 2 }, (behaviour) => {
  const path = (namespace: string) => core(namespace, 'replicationcontrollers')
  const controller = (replicas: number, name = 'rc') => ({ metadata: { name, labels: { name } }, spec: { replicas, selector: { name }, template: template({ name }) } })
  behaviour('should serve a basic image on each replica with a public image', async (stage, namespace) => {
    await stage.make(path(namespace), controller(2))
    await ready(stage, namespace, 2)
  })
  behaviour('should adopt matching pods on creation', async (stage, namespace) => {
    await stage.make(core(namespace, 'pods'), { metadata: { name: 'pod-adoption', labels: { name: 'pod-adoption' } }, spec: template({}).spec })
    const rc = await stage.make(path(namespace), controller(1, 'pod-adoption'))
    await stage.until(`${core(namespace, 'pods')}/pod-adoption`, (p) => controllerOf(p)?.['uid'] === rc['metadata'].uid)
  })
  behaviour('should release no longer matching pods', async (stage, namespace) => {
    await stage.make(path(namespace), controller(1))
    await ready(stage, namespace, 1)
    const [one] = await pods(stage, namespace), path1 = `${core(namespace, 'pods')}/${one!['metadata'].name}`
    await stage.merge(path1, { metadata: { labels: { name: 'not-matching-name' } } })
    await stage.until(path1, (p) => controllerOf(p) === undefined)
  })
  behaviour('should get and update a ReplicationController scale', async (stage, namespace) => {
    await stage.make(path(namespace), controller(1))
    await stage.until(`${path(namespace)}/rc`, ({ status }) => status.replicas === 1)
    await scales(stage, `${path(namespace)}/rc`)
  })
  behaviour('should surface a failure condition on a common issue like exceeded quota', async (stage, namespace) => {
    await stage.make(core(namespace, 'resourcequotas'), { metadata: { name: 'condition-test' }, spec: { hard: { pods: '2' } } })
    await stage.until(`${core(namespace, 'resourcequotas')}/condition-test`, ({ status }) => status?.hard?.pods === '2')
    await stage.make(path(namespace), controller(3, 'condition-test'))
    const has = ({ status }: Body) => status.conditions?.some((c: Body) => c['type'] === 'ReplicaFailure' && c['status'] === 'True' && c['reason'] === 'FailedCreate')
    await stage.until(`${path(namespace)}/condition-test`, has)
    await stage.merge(`${path(namespace)}/condition-test`, { spec: { replicas: 2 } })
    await stage.until(`${path(namespace)}/condition-test`, (rc) => !has(rc))
  })
  behaviour('should test the lifecycle of a ReplicationController', async (stage, namespace) => {
    const at = `${path(namespace)}/rc-test`, watch = await stage.watch(`${path(namespace)}?labelSelector=name%3Drc-test`)
    await stage.make(path(namespace), controller(1, 'rc-test'))
    await stage.until(at, ({ status }) => status.readyReplicas === 1)
    await stage.ok(`PATCH ${at}`, { metadata: { labels: { 'test-rc': 'patched' } } }, strategic)
    await stage.ok(`PATCH ${at}/status`, { status: { readyReplicas: 0, availableReplicas: 0 } }, strategic)
    await stage.until(at, ({ status }) => status.readyReplicas === 1)
    assert.equal((await stage.get(`${at}/status`))['kind'], 'ReplicationController')
    await stage.ok(`PATCH ${at}/scale`, { spec: { replicas: 2 } }, strategic)
    await stage.until(at, ({ status }) => status.readyReplicas === 2)
    assert.deepEqual((await stage.items('/api/v1/replicationcontrollers?labelSelector=test-rc%3Dpatched')).length, 1)
    const fresh = await stage.get(`${at}/status`)
    await stage.put(`${at}/status`, { ...fresh, status: { ...fresh['status'], replicas: 5 } })
    await stage.ok(`DELETE ${path(namespace)}?labelSelector=name%3Drc-test`)
    await stage.gone(at)
    assert.equal(watch.seen().at(-1), 'DELETED rc-test')
    watch.stop()
  })
})
