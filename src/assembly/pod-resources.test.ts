import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '#client'
import { Metrics } from '#server'
import { showPodResources } from './pod-resources.ts'

test('what pods ask for and may take is told of those that have not ended', () => {
  const pod = (name: string, resources: object, more: object = {}) => ({ metadata: { name, namespace: 'n' }, spec: { schedulerName: 's', containers: [{ name: 'c', image: 'i', resources }], ...more } })
  const pods = [
    pod('waits', { requests: { cpu: '250m', memory: '1Gi', 'example.com/gpu': '2', pods: '0' }, limits: { 'ephemeral-storage': '1k' } }),
    pod('runs', { requests: { 'hugepages-2Mi': '4Mi' } }, { nodeName: 'x', priority: 10, overhead: { cpu: '1' } }),
    { ...pod('over', { requests: { cpu: '1' } }, { nodeName: 'x' }), status: { phase: 'Succeeded' } },
  ]
  const metrics = new Metrics()
  showPodResources(metrics, { list: () => pods, isComplete: () => true } as unknown as Cluster)
  const of = (node: string, name: string, priority: string, resource: string, unit: string) => `{namespace="n",node="${node}",pod="${name}",priority="${priority}",resource="${resource}",scheduler="s",unit="${unit}"}`
  assert.deepEqual(metrics.text().split('\n').filter((line) => line && !line.startsWith('#')).sort(), [
    `kube_pod_resource_limit${of('', 'waits', '', 'ephemeral-storage', 'bytes')} 1000`, `kube_pod_resource_request${of('', 'waits', '', 'cpu', 'cores')} 0.25`,
    `kube_pod_resource_request${of('', 'waits', '', 'example.com/gpu', '')} 2`, `kube_pod_resource_request${of('', 'waits', '', 'memory', 'bytes')} 1.073741824e+09`,
    `kube_pod_resource_request${of('x', 'runs', '10', 'cpu', 'cores')} 1`, `kube_pod_resource_request${of('x', 'runs', '10', 'hugepages-2Mi', 'bytes')} 4.194304e+06`,
  ])
})
