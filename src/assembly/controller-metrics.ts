// Figures of the controllers, under the reference's names.
import type { Cluster } from '#client'
import { stateFigures, type ControllerFigures } from '#controllers'
import type { Job } from '#kinds'
import { exponential, type Metrics } from '#server'

const eviction = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240]
const modeOf = ({ spec }: Job): string => spec.completionMode ?? 'NonIndexed'

/** What controllers are told to call. */
export function controllerFigures(metrics: Metrics): ControllerFigures {
  const stable = { stability: 'STABLE' as const }, alpha = { stability: 'ALPHA' as const }
  const job = (name: string) => `job_controller_${name}`, look = ['completion_mode', 'result', 'action']
  const syncs = metrics.counter({ name: job('job_syncs_total'), ...stable, help: 'Looks at jobs.', labels: look })
  const seconds = metrics.histogram({ name: job('job_sync_duration_seconds'), ...stable, help: 'Seconds of looks at jobs.', labels: look, buckets: exponential(0.001, 2, 15) })
  const pods = metrics.counter({ name: job('job_pods_finished_total'), ...stable, help: 'Pods of jobs that have ended.', labels: ['completion_mode', 'result'] })
  const jobs = metrics.counter({ name: job('jobs_finished_total'), ...stable, help: 'Jobs that have ended.', labels: ['completion_mode', 'result', 'reason'] })
  const indexes = metrics.counter({ name: job('job_finished_indexes_total'), ...alpha, help: 'Indexes of jobs that have ended.', labels: ['status', 'backoffLimit'] })
  const made = metrics.counter({ name: job('job_pods_creation_total'), ...alpha, help: 'Pods of jobs that were to be made.', labels: ['reason', 'status'] })
  const skew = metrics.histogram({
    name: 'cronjob_controller_job_creation_skew_duration_seconds', ...stable, help: 'Seconds from the time of a schedule to its job.', buckets: exponential(1, 2, 10),
  }).with()
  const emptied = metrics.counter({ name: 'node_collector_evictions_total', ...stable, help: 'Nodes that pods were driven off.', labels: ['zone'] })
  const evicted = (prefix: string) => ({
    total: metrics.counter({ name: `${prefix}_pod_deletions_total`, ...alpha, help: 'Pods deleted because of a taint.' }).with(),
    late: metrics.histogram({ name: `${prefix}_pod_deletion_duration_seconds`, ...alpha, help: 'Seconds from when a pod was to go to its deletion.', buckets: eviction }).with(),
  })
  const byNode = evicted('taint_eviction_controller'), byDevice = evicted('device_taint_eviction_controller')
  const collected = metrics.counter({ name: 'pod_gc_collector_force_delete_pods_total', ...alpha, help: 'Pods removed by force since nobody else removes them.', labels: ['namespace', 'reason'] })
  const uncollected = metrics.counter({ name: 'pod_gc_collector_force_delete_pod_errors_total', ...alpha, help: 'Pods that could not be removed.', labels: ['namespace', 'reason'] })
  const claims = metrics.counter({ name: 'ephemeral_volume_controller_create_total', ...alpha, help: 'Claims that were to be made for volumes of pods.' }).with()
  const noClaims = metrics.counter({ name: 'ephemeral_volume_controller_create_failures_total', ...alpha, help: 'Claims that could not be made.' }).with()
  const published = metrics.counter({ name: 'root_ca_cert_publisher_sync_total', ...alpha, help: 'Looks at namespaces for the certificate of the authority.', labels: ['code'] })
  const publishing = metrics.histogram({ name: 'root_ca_cert_publisher_sync_duration_seconds', ...alpha, help: 'Seconds of such looks.', labels: ['code'], buckets: exponential(0.001, 2, 15) })
  const changes = metrics.counter({ name: 'endpoint_slice_controller_changes', ...alpha, help: 'Slices that were written.', labels: ['operation'] })
  const slices = metrics.counter({ name: 'endpoint_slice_controller_syncs', ...alpha, help: 'Looks at the slices of services.', labels: ['result'] })
  const expired = metrics.histogram({
    name: 'ttl_after_finished_controller_job_deletion_duration_seconds', ...alpha, help: 'Seconds from when a job was to go to its deletion.', buckets: exponential(0.1, 2, 14),
  }).with()
  return {
    jobSynced(one, action, failed, ms) {
      const labels = [modeOf(one), failed ? 'error' : 'success', action]
      syncs.with(...labels).inc()
      seconds.with(...labels).observe(ms / 1000)
    },
    jobPodsFinished(one, succeeded, failed) {
      if (succeeded > 0) pods.with(modeOf(one), 'succeeded').inc(succeeded)
      if (failed > 0) pods.with(modeOf(one), 'failed').inc(failed)
    },
    jobIndexesFinished(one, succeeded, failed) {
      const limit = one.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex'
      if (succeeded > 0) indexes.with('succeeded', limit).inc(succeeded)
      if (failed > 0) indexes.with('failed', limit).inc(failed)
    },
    jobPodsMade(reason, count, failed) {
      if (count > 0) made.with(reason, 'succeeded').inc(count)
      if (failed > 0) made.with(reason, 'failed').inc(failed)
    },
    jobFinished(one, result, reason) { jobs.with(modeOf(one), result, reason).inc() },
    cronJobStarted(lateMs) { skew.observe(lateMs / 1000) },
    nodeEmptied(zone) { emptied.with(zone).inc() },
    podEvicted(lateMs, isDevice) {
      const { total, late } = isDevice ? byDevice : byNode
      total.inc()
      late.observe(lateMs / 1000)
    },
    podCollected(namespace, reason, failed) { (failed ? uncollected : collected).with(namespace, reason).inc() },
    claimMade(failed) {
      claims.inc()
      if (failed) noClaims.inc()
    },
    rootCaPublished(code, ms) {
      published.with(String(code)).inc()
      publishing.with(String(code)).observe(ms / 1000)
    },
    slicesChanged(counts) { for (const [operation, count] of Object.entries(counts)) if (count > 0) changes.with(operation).inc(count) },
    slicesSynced(result) { slices.with(result).inc() },
    jobDeleted(lateMs) { expired.observe(lateMs / 1000) },
  }
}

/** Counts what the controllers look after whenever somebody reads, as far as one of them has it at hand. */
export function showState(metrics: Metrics, cluster: Pick<Cluster, 'list' | 'isComplete'>): void {
  const families = stateFigures.map((figure) => ({ figure, family: metrics.gauge({ name: figure.name, stability: 'ALPHA', help: figure.help, labels: figure.labels }) }))
  metrics.collect(() => {
    for (const { figure, family } of families) {
      family.clear()
      if (cluster.isComplete(figure.kind)) for (const [values, value] of figure.of(cluster)) family.with(...values).set(value)
    }
  })
}
