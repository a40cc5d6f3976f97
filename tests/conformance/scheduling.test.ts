// Where pods go, what keeps them waiting, and who must make room.
import assert from 'node:assert/strict'
import { apiOperations, conformance, type Body, type Stage } from './stage.ts'
import { apps, core, pods, workload } from './workloads.ts'

const pod = (name: string, spec: object = {}, container: object = {}) => ({ metadata: { name, labels: { name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name, image: 'pause', ...container }], ...spec } })
const make = (stage: Stage, namespace: string, body: object) => stage.make(core(namespace, 'pods'), body)
const at = (namespace: string, name: string) => `${core(namespace, 'pods')}/${name}`
const runs = (stage: Stage, namespace: string, name: string) => stage.until(at(namespace, name), ({ status }) => status?.phase === 'Running')
/** Waits until the scheduler has said that the pod fits nowhere, and why. */
const waits = async (stage: Stage, namespace: string, name: string, why: RegExp) => {
  const { status } = await stage.until(at(namespace, name), (p) => p['status'].conditions?.some((c: Body) => c['type'] === 'PodScheduled' && c['reason'] === 'Unschedulable'))
  assert.match(status.conditions.find((c: Body) => c['type'] === 'PodScheduled').message, why)
  await stage.until(`${core(namespace, 'events')}?fieldSelector=${encodeURIComponent(`involvedObject.name=${name},reason=FailedScheduling`)}`, ({ items }) => items.length > 0)
}
const uses = (resources: object) => ({ resources: { requests: resources, limits: resources } })

conformance('[sig-scheduling] SchedulerPredicates [Serial]', { nodes: 2 }, (behaviour) => {
  const fillers = async (stage: Stage, namespace: string) => { for (const i of [1, 2]) { await make(stage, namespace, pod(`filler-${i}`, {}, uses({ cpu: '2800m' }))); await runs(stage, namespace, `filler-${i}`) } }
  behaviour('validates resource limits of pods that are allowed to run', async (stage, namespace) => {
    await fillers(stage, namespace)
    assert.deepEqual((await pods(stage, namespace)).map((p) => p['spec'].nodeName).sort(), ['node-1', 'node-2'])
    await make(stage, namespace, pod('additional-pod', {}, uses({ cpu: '2' })))
    await waits(stage, namespace, 'additional-pod', /^0\/2 nodes are available: 2 Insufficient cpu\./)
  })
  behaviour('validates that NodeSelector is respected if not matching', async (stage, namespace) => {
    await make(stage, namespace, pod('restricted-pod', { nodeSelector: { label: 'nonempty' } }))
    await waits(stage, namespace, 'restricted-pod', /2 node\(s\) didn't match Pod's node affinity\/selector/)
  })
  behaviour('validates that NodeSelector is respected if matching', async (stage, namespace) => {
    const key = `kubernetes.io/e2e-${namespace}`
    await stage.merge('/api/v1/nodes/node-2', { metadata: { labels: { [key]: '42' } } })
    await make(stage, namespace, pod('with-labels', { nodeSelector: { [key]: '42' } }))
    assert.equal((await runs(stage, namespace, 'with-labels'))['spec'].nodeName, 'node-2')
    await stage.merge('/api/v1/nodes/node-2', { metadata: { labels: { [key]: null } } })
  })
  behaviour('validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP', async (stage, namespace) => {
    const nodeSelector = { 'kubernetes.io/hostname': 'node-1' }, port = (hostIP?: string) => ({ ports: [{ hostPort: 54322, containerPort: 8080, protocol: 'TCP', ...(hostIP && { hostIP }) }] })
    await make(stage, namespace, pod('pod4', { nodeSelector }, port('0.0.0.0')))
    await runs(stage, namespace, 'pod4')
    await make(stage, namespace, pod('pod5', { nodeSelector }, port('127.0.0.1')))
    await waits(stage, namespace, 'pod5', /1 node\(s\) didn't have free ports for the requested pod ports/)
  })
})

const classes = '/apis/scheduling.k8s.io/v1/priorityclasses', foo = 'scheduling.k8s.io/foo'
conformance('[sig-scheduling] SchedulerPreemption [Serial]', { nodes: 2 }, (behaviour) => {
  const priority = (stage: Stage, name: string, value: number) => stage.make(classes, { metadata: { name }, value })
  const give = async (stage: Stage, much: string, resource = foo) => { for (const node of ['node-1', 'node-2']) await stage.merge(`/api/v1/nodes/${node}/status`, { status: { capacity: { [resource]: much }, allocatable: { [resource]: much } } }) }
  const on = (node: string) => ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } } } })
  /** Each node is full: node-1 of low priority, node-2 of medium. */
  const full = async (stage: Stage, namespace: string, prefix: string) => {
    await priority(stage, `${prefix}-low`, 1)
    await priority(stage, `${prefix}-medium`, 100)
    await priority(stage, `${prefix}-high`, 1000)
    await give(stage, '5')
    for (const node of ['node-1', 'node-2']) for (const i of [0, 1]) {
      await make(stage, namespace, pod(`pod${i}-${node}`, { priorityClassName: node === 'node-1' && i === 0 ? `${prefix}-low` : `${prefix}-medium`, ...on(node) }, uses({ [foo]: '2' })))
      await runs(stage, namespace, `pod${i}-${node}`)
    }
  }
  const left = (stage: Stage, namespace: string) => stage.names(core(namespace, 'pods'))

  behaviour('validates basic preemption works', async (stage, namespace) => {
    await full(stage, namespace, 'basic')
    await make(stage, namespace, pod('preemptor', { priorityClassName: 'basic-high' }, uses({ [foo]: '2' })))
    assert.equal((await runs(stage, namespace, 'preemptor'))['spec'].nodeName, 'node-1')
    assert.deepEqual(await left(stage, namespace), ['pod0-node-2', 'pod1-node-1', 'pod1-node-2', 'preemptor'])
    await stage.ok(`DELETE ${core(namespace, 'pods')}`)
  })
  behaviour('validates lower priority pod preemption by critical pod', async (stage, namespace) => {
    await full(stage, namespace, 'critical')
    await make(stage, 'kube-system', pod('critical-pod', { priorityClassName: 'system-cluster-critical' }, uses({ [foo]: '2' })))
    await runs(stage, 'kube-system', 'critical-pod')
    assert.deepEqual(await left(stage, namespace), ['pod0-node-2', 'pod1-node-1', 'pod1-node-2'])
    await stage.remove(at('kube-system', 'critical-pod'))
    await stage.ok(`DELETE ${core(namespace, 'pods')}`)
  })
  behaviour('validates pod disruption condition is added to the preempted pod', async (stage, namespace) => {
    await priority(stage, 'condition-low', 1)
    await priority(stage, 'condition-high', 1000)
    await give(stage, '5')
    const victim = pod('victim', { priorityClassName: 'condition-low', ...on('node-1') }, uses({ [foo]: '5' }))
    await make(stage, namespace, { ...victim, metadata: { ...victim.metadata, finalizers: ['example.com/test-finalizer'] } })
    await runs(stage, namespace, 'victim')
    await make(stage, namespace, pod('preemptor', { priorityClassName: 'condition-high', ...on('node-1') }, uses({ [foo]: '5' })))
    const { status } = await stage.until(at(namespace, 'victim'), ({ metadata }) => metadata.deletionTimestamp)
    const { lastTransitionTime: _, lastProbeTime: _probed, ...condition } = status.conditions.find((c: Body) => c['type'] === 'DisruptionTarget')
    assert.deepEqual(condition, { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod', observedGeneration: 1 })
    await stage.merge(at(namespace, 'victim'), { metadata: { finalizers: null } })
    await stage.ok(`DELETE ${core(namespace, 'pods')}`)
  })
  behaviour('PreemptionExecutionPath runs ReplicaSets to verify preemption running path', async (stage, namespace) => {
    const fake = 'example.com/fakecpu', counts = new Map<string, number>(), watch = await stage.watch(core(namespace, 'pods'))
    await give(stage, '1000', fake)
    for (const [i, value] of [1, 2, 3, 4].entries()) await priority(stage, `p${i + 1}`, value)
    const runsOn = (name: string, much: string) => ({ priorityClassName: name, ...on('node-1'), terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'pause', ...uses({ [fake]: much }) }] })
    for (const [i, much] of ['200', '300', '450'].entries()) {
      const labels = { name: `pod${i + 1}` }
      await stage.make(apps(namespace, 'replicasets'), workload(`rs-pod${i + 1}`, labels, { replicas: 1, template: { metadata: { labels }, spec: runsOn(`p${i + 1}`, much) } }))
      await stage.until(`${apps(namespace, 'replicasets')}/rs-pod${i + 1}`, ({ status }) => status.readyReplicas === 1)
    }
    await make(stage, namespace, { metadata: { name: 'pod4' }, spec: runsOn('p4', '500') })
    await runs(stage, namespace, 'pod4')
    await stage.cluster.settle()
    for (const seen of watch.events) if (seen.type === 'ADDED') { const name = String(seen.object['metadata'].labels?.name); counts.set(name, (counts.get(name) ?? 0) + 1) }
    assert.deepEqual([counts.get('pod1'), counts.get('pod2'), counts.get('pod3')], [2, 2, 1])
    watch.stop()
  })
  behaviour('PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods', async (stage) => {
    await apiOperations(stage, classes, (name) => ({ metadata: { name }, value: 7, description: 'an own one' }))
    const made = await stage.make(classes, { metadata: { name: 'endpoints' }, value: 9 })
    await stage.refused(422, /value: Forbidden: may not be changed in an update/, `PUT ${classes}/endpoints`, { ...made, value: 10 })
    await stage.refused(422, /value: Forbidden: may not be changed in an update/, `PATCH ${classes}/endpoints`, { value: 10 })
  })
})

conformance('[sig-scheduling] LimitRange', { nodes: 1 }, (behaviour) => {
  const path = (namespace: string) => core(namespace, 'limitranges')
  const sizes = (cpu: string, memory: string, storage: string) => ({ cpu, memory, 'ephemeral-storage': storage })
  const range = (name: string, more: object = {}) => ({ metadata: { name }, spec: { limits: [{ type: 'Container', min: sizes('50m', '100Mi', '100Gi'), max: sizes('500m', '500Mi', '500Gi'), default: sizes('500m', '500Mi', '500Gi'), defaultRequest: sizes('100m', '200Mi', '200Gi'), maxLimitRequestRatio: {}, ...more }] } })
  const resources = async (stage: Stage, namespace: string, name: string) => (await stage.get(at(namespace, name)))['spec'].containers[0].resources
  behaviour('should create a LimitRange with defaults and ensure pod has those defaults applied.', async (stage, namespace) => {
    await stage.make(path(namespace), range('limit-range'))
    await stage.cluster.settle()
    await make(stage, namespace, pod('pod-no-resources'))
    assert.deepEqual(await resources(stage, namespace, 'pod-no-resources'), { limits: sizes('500m', '500Mi', '500Gi'), requests: sizes('100m', '200Mi', '200Gi') })
    await make(stage, namespace, pod('pod-partial-resources', {}, { resources: { limits: { cpu: '300m' }, requests: { memory: '150Mi', 'ephemeral-storage': '150Gi' } } }))
    assert.deepEqual(await resources(stage, namespace, 'pod-partial-resources'), { limits: sizes('300m', '500Mi', '500Gi'), requests: sizes('300m', '150Mi', '150Gi') })
    await stage.refused(403, /minimum cpu usage per Container is 50m, but request is 10m/, `POST ${core(namespace, 'pods')}`, pod('too-small', {}, { resources: { requests: sizes('10m', '50Mi', '50Gi') } }))
    await stage.refused(403, /maximum cpu usage per Container is 500m, but limit is 600m/, `POST ${core(namespace, 'pods')}`, pod('too-large', {}, uses(sizes('600m', '600Mi', '600Gi'))))
    await stage.merge(`${path(namespace)}/limit-range`, { spec: { limits: range('', { min: sizes('9m', '49Mi', '49Gi') }).spec.limits } })
    await stage.cluster.settle()
    await make(stage, namespace, pod('small', {}, { resources: { requests: sizes('10m', '50Mi', '50Gi') } }))
    await stage.remove(`${path(namespace)}/limit-range`)
    await stage.gone(`${path(namespace)}/limit-range`)
    await make(stage, namespace, pod('large', {}, uses(sizes('600m', '600Mi', '600Gi'))))
  })
  behaviour('should list, patch and delete a LimitRange by collection', async (stage, namespace) => {
    const labelled = { ...range('e2e-limitrange'), metadata: { name: 'e2e-limitrange', labels: { 'e2e-limitrange': 'created' } } }, all = '/api/v1/limitranges?labelSelector=e2e-limitrange'
    await stage.make('/api/v1/namespaces', { metadata: { name: `${namespace}-other` } })
    for (const where of [namespace, `${namespace}-other`]) await stage.make(path(where), labelled)
    assert.equal((await stage.items(all)).length, 2)
    const patched = await stage.ok(`PATCH ${path(namespace)}/e2e-limitrange`, { metadata: { labels: { 'e2e-limitrange': 'patched' } }, spec: { limits: range('', { min: sizes('40m', '42Mi', '42Gi') }).spec.limits } }, { 'content-type': 'application/strategic-merge-patch+json' })
    assert.equal(patched['metadata'].labels['e2e-limitrange'], 'patched')
    await stage.ok(`DELETE ${path(namespace)}?labelSelector=e2e-limitrange%3Dpatched`)
    assert.deepEqual((await stage.items(all)).map((o) => o['metadata'].namespace), [`${namespace}-other`])
  })
})
