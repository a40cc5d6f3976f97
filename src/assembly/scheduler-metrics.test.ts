import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node, pod, serviceAccount } from '#kinds'
import { Metrics } from '#server'
import { TestCluster } from '#testing'
import { schedulerFigures } from './scheduler-metrics.ts'

test('the scheduler tells of its steps, its queues and what it knows', async () => {
  const metrics = new Metrics()
  let now = 0
  await using cluster = await TestCluster.start({ controllers: [], scheduler: false, plane: { metrics, scheduler: { figures: schedulerFigures(metrics, () => now++) } } })
  const { client } = cluster
  await client.create(node, { metadata: { name: 'n' }, status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' }, capacity: { cpu: '1', memory: '1Gi', pods: '10' } } })
  await client.create(serviceAccount, { metadata: { name: 'default', namespace: 'default' } })
  cluster.plane.startComponents({ controllers: true })
  for (const [name, cpu] of [['fits', '500m'], ['large', '8']] as const) await client.create(pod, { metadata: { name, namespace: 'default' }, spec: { tolerations: [{ operator: 'Exists' }], containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] } })
  await cluster.settle()
  const text = metrics.text((name) => name.startsWith('scheduler_'))
  for (const line of [
    'scheduler_cache_size{type="nodes"} 1', 'scheduler_cache_size{type="pods"} 1', 'scheduler_cache_size{type="assumed_pods"} 0', 'scheduler_scheduling_algorithm_duration_seconds_count 2',
    'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1', 'scheduler_inflight_events{event="PodPopped"} 0',
    'scheduler_queue_incoming_pods_total{event="PodAdd",queue="active"} 2', 'scheduler_queue_incoming_pods_total{event="ScheduleAttemptFailure",queue="unschedulable"} 1',
    ...['PreFilter', 'Filter', 'Reserve', 'Permit', 'PreBind', 'Bind', 'PostBind'].map((point) => `scheduler_framework_extension_point_duration_seconds_count{extension_point="${point}",profile="default-scheduler",status="Success"} ${point === 'PreFilter' ? 2 : 1}`),
    'scheduler_framework_extension_point_duration_seconds_count{extension_point="Filter",profile="default-scheduler",status="Unschedulable"} 1',
    'scheduler_framework_extension_point_duration_seconds_count{extension_point="PostFilter",profile="default-scheduler",status="Unschedulable"} 1',
  ]) assert.ok(text.includes(`${line}\n`), line)
})
