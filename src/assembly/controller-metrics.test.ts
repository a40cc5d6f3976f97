import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '#client'
import { cronJob, job, node, persistentVolume, pod, service } from '#kinds'
import type { AnyObject, Kind } from '#machinery'
import { Metrics } from '#server'
import { TestCluster } from '#testing'
import { controllerFigures, showState } from './controller-metrics.ts'

const says = (metrics: Metrics, lines: readonly string[]): void => {
  const text = metrics.text()
  assert.deepEqual(lines.filter((line) => !text.includes(`${line}\n`)), [])
}
const template = { metadata: {}, spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'i' }] } }

test('what controllers do is counted', async () => {
  const metrics = new Metrics()
  await using cluster = await TestCluster.start({ nodes: 2, controllersOptions: { figures: controllerFigures(metrics) } })
  cluster.nodes.exitCode = ({ metadata: { name } }) => (name === 'stays' ? undefined : name.startsWith('fails') ? 1 : 0)
  await cluster.settle()
  await cluster.client.create(job, { metadata: { name: 'twice', namespace: 'default' }, spec: { completions: 2, parallelism: 1, ttlSecondsAfterFinished: 30, template } })
  await cluster.client.create(job, { metadata: { name: 'fails', namespace: 'default' }, spec: { backoffLimit: 0, completionMode: 'Indexed', completions: 1, template } })
  await cluster.client.create(job, { metadata: { name: 'fails-but-one', namespace: 'default' }, spec: { backoffLimitPerIndex: 1, completionMode: 'Indexed', completions: 1, template } })
  await cluster.client.create(cronJob, { metadata: { name: 'often', namespace: 'default' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } })
  await cluster.client.create(pod, { metadata: { name: 'stays', namespace: 'default' }, spec: template.spec })
  const ephemeral = { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } } } }
  await cluster.client.create(pod, { metadata: { name: 'waits', namespace: 'default', finalizers: ['example.com/f'] }, spec: { ...template.spec, volumes: [{ name: 'v', ephemeral }] } })
  await cluster.client.create(service, { metadata: { name: 's', namespace: 'default' }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } })
  await cluster.clock.advance('70s')
  await cluster.client.delete(pod, { name: 'waits', namespace: 'default' })
  const { spec } = await cluster.client.get(pod, { name: 'stays', namespace: 'default' }), { items } = await cluster.client.list(pod)
  const there = items.filter((one) => one.spec.nodeName === spec.nodeName).length
  await cluster.client.patch(node, { name: spec.nodeName! }, 'merge', { spec: { taints: [{ key: 'out', effect: 'NoExecute' }] } })
  await cluster.clock.advance('10s')
  says(metrics, [
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 3',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="failed"} 3',
    'job_controller_job_finished_indexes_total{backoffLimit="perIndex",status="failed"} 1', 'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 5',
    'job_controller_job_pods_creation_total{reason="recreate_terminating_or_failed",status="succeeded"} 1',
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"} 2',
    'job_controller_jobs_finished_total{completion_mode="Indexed",reason="BackoffLimitExceeded",result="failed"} 1',
    'job_controller_job_syncs_total{action="pods_created",completion_mode="NonIndexed",result="success"} 3',
    'ephemeral_volume_controller_create_total 1', 'ephemeral_volume_controller_create_failures_total 0', 'pod_gc_collector_force_delete_pods_total{namespace="default",reason="unscheduled"} 2',
    'endpoint_slice_controller_changes{operation="create"} 1', 'endpoint_slice_controller_syncs{result="success"} 1',
    'cronjob_controller_job_creation_skew_duration_seconds_bucket{le="1"} 1',
    'ttl_after_finished_controller_job_deletion_duration_seconds_bucket{le="0.1"} 1',
    `taint_eviction_controller_pod_deletions_total ${there}`, `taint_eviction_controller_pod_deletion_duration_seconds_count ${there}`, 'device_taint_eviction_controller_pod_deletions_total 0',
  ])
})

test('what there is is counted when it is asked for', () => {
  const ready = (name: string, status: string) => ({ metadata: { name, labels: { 'topology.kubernetes.io/zone': 'z' } }, spec: {}, status: { conditions: [{ type: 'Ready', status }] } })
  const objects = new Map<Kind, unknown[]>([
    [node, [ready('a', 'True'), ready('b', 'Unknown')]],
    [persistentVolume, [
      { metadata: { name: 'v' }, spec: { csi: { driver: 'd' }, volumeMode: 'Block', storageClassName: 's' }, status: { phase: 'Bound' } }, { metadata: { name: 'w' }, spec: { hostPath: { path: '/' } } },
    ]],
  ]), metrics = new Metrics()
  const cluster: Pick<Cluster, 'list' | 'isComplete'> = { list: <T extends AnyObject>(kind: Kind<T>) => (objects.get(kind) ?? []) as T[], isComplete: (kind) => objects.has(kind) }
  showState(metrics, cluster)
  says(metrics, [
    'pv_collector_total_pv_count{plugin_name="kubernetes.io/csi:d",volume_mode="Block"} 1', 'pv_collector_total_pv_count{plugin_name="kubernetes.io/host-path",volume_mode="Filesystem"} 1',
    'pv_collector_bound_pv_count{storage_class="s"} 1', 'pv_collector_unbound_pv_count{storage_class=""} 1',
    'node_collector_zone_size{zone=":\0:z"} 2', 'node_collector_unhealthy_nodes_in_zone{zone=":\0:z"} 1', 'node_collector_zone_health{zone=":\0:z"} 50',
  ])
  objects.delete(node)
  assert.doesNotMatch(metrics.text(), /^node_collector_zone_size/m)
})
