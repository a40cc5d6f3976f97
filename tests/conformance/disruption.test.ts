// Budgets for disruptions: what they count, and which evictions they stop.
import { strict as assert } from 'node:assert'
import { conformance, type Body, type Stage } from './stage.ts'
import { apps, core, goesAsCollection, pods, ready, workload } from './workloads.ts'

const labels = { app: 'web' }

conformance('[sig-apps] DisruptionController', { nodes: 1 }, (behaviour) => {
  const path = (namespace: string) => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  const budget = (spec: object = { minAvailable: 1 }, name = 'foo') => ({ metadata: { name, labels: { foo: 'bar' } }, spec: { selector: { matchLabels: labels }, ...spec } })
  const processed = (stage: Stage, namespace: string, wanted: (status: Body) => unknown = () => true) => stage.until(`${path(namespace)}/foo`, ({ metadata, status }) => status?.observedGeneration >= metadata.generation && wanted(status))
  behaviour('should create a PodDisruptionBudget', async (stage, namespace) => {
    await stage.make(path(namespace), budget())
    await processed(stage, namespace)
    const updated = await stage.get(`${path(namespace)}/foo`)
    assert.equal((await stage.put(`${path(namespace)}/foo`, { ...updated, spec: { ...updated['spec'], minAvailable: 2 } }))['spec'].minAvailable, 2)
    await processed(stage, namespace)
    assert.equal((await stage.merge(`${path(namespace)}/foo`, { spec: { minAvailable: '3%' } }))['spec'].minAvailable, '3%')
    await stage.remove(`${path(namespace)}/foo`)
    await stage.gone(`${path(namespace)}/foo`)
  })
  behaviour('Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets', async (stage, namespace) => {
    for (const name of ['foo', 'foo2', 'foo3']) await stage.make(path(namespace), budget({ minAvailable: 1 }, name))
    assert.deepEqual(await stage.names(path(namespace)), ['foo', 'foo2', 'foo3'])
    await goesAsCollection(stage, path(namespace), '/apis/policy/v1/poddisruptionbudgets', 'foo=bar', 3)
  })
  behaviour('should observe PodDisruptionBudget status updated', async (stage, namespace) => {
    await stage.make(path(namespace), budget())
    await stage.make(apps(namespace, 'replicasets'), workload('web', labels, { replicas: 3 }))
    await processed(stage, namespace, (status) => status['currentHealthy'] === 3 && status['disruptionsAllowed'] === 2 && status['expectedPods'] === 3)
  })
  behaviour('should update/patch PodDisruptionBudget status', async (stage, namespace) => {
    await stage.make(path(namespace), budget())
    const one = await processed(stage, namespace)
    const updated = await stage.put(`${path(namespace)}/foo/status`, { ...one, status: { ...one['status'], disruptedPods: { 'no-pod': '2030-01-01T00:00:00Z' } } })
    assert.deepEqual(Object.keys(updated['status'].disruptedPods), ['no-pod'])
    const patched = await stage.merge(`${path(namespace)}/foo/status`, { status: { disruptedPods: null } })
    assert.equal(patched['status'].disruptedPods, undefined)
  })
  behaviour('should block an eviction until the PDB is updated to allow it', async (stage, namespace) => {
    await stage.make(apps(namespace, 'replicasets'), workload('web', labels, { replicas: 3 }))
    await ready(stage, namespace, 3)
    await stage.make(path(namespace), budget({ minAvailable: 3 }))
    await processed(stage, namespace, (status) => status['currentHealthy'] === 3)
    const [one] = await pods(stage, namespace), { name } = one!['metadata'], eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
    const refused = await stage.refused(429, /Cannot evict pod as it would violate the pod's disruption budget\./, `POST ${core(namespace, 'pods')}/${name}/eviction`, eviction)
    assert.equal(refused['details'].causes[0].reason, 'DisruptionBudget')
    await stage.merge(`${path(namespace)}/foo`, { spec: { minAvailable: 2 } })
    await processed(stage, namespace, (status) => status['disruptionsAllowed'] === 1)
    await stage.make(`${core(namespace, 'pods')}/${name}/eviction`, eviction)
    await stage.gone(`${core(namespace, 'pods')}/${name}`)
    await ready(stage, namespace, 3)
    await stage.merge(`${path(namespace)}/foo`, { spec: { minAvailable: 3 } })
    await processed(stage, namespace, (status) => status['disruptionsAllowed'] === 0)
    const [next] = await pods(stage, namespace), other = next!['metadata'].name, again = `${core(namespace, 'pods')}/${other}/eviction`
    await stage.refused(429, /Cannot evict pod/, `POST ${again}`, { ...eviction, metadata: { name: other, namespace } })
    await stage.remove(`${path(namespace)}/foo`)
    await stage.make(again, { ...eviction, metadata: { name: other, namespace } })
  })
})
