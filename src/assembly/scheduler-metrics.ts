// Figures of the scheduler, under the reference's names.
import type { SchedulerOptions } from '#scheduler'
import type { Metrics } from '#server'

const doubling = (first: number, count: number) => Array.from({ length: count }, (_, i) => first * 2 ** i)
/** Pods that needed more attempts are counted together. */
const mostAttempts = 15

export function schedulerFigures(metrics: Metrics, now: () => number): NonNullable<SchedulerOptions['figures']> {
  const attempts = metrics.counter({ name: 'scheduler_schedule_attempts_total', stability: 'STABLE', help: 'Attempts to find a node for a pod, by their result.', labels: ['profile', 'result'] })
  const seconds = metrics.histogram({ name: 'scheduler_scheduling_attempt_duration_seconds', stability: 'STABLE', help: 'Seconds of an attempt, with the binding.', labels: ['profile', 'result'], buckets: doubling(0.001, 15) })
  const tries = metrics.histogram({ name: 'scheduler_pod_scheduling_attempts', stability: 'STABLE', help: 'Attempts until a pod was bound.', labels: [], buckets: doubling(1, 5) }).with()
  const sli = metrics.histogram({ name: 'scheduler_pod_scheduling_sli_duration_seconds', stability: 'BETA', help: 'Seconds from the first attempt until a pod was bound.', labels: ['attempts'], buckets: doubling(0.01, 20) })
  const searches = metrics.histogram({ name: 'scheduler_scheduling_algorithm_duration_seconds', stability: 'ALPHA', help: 'Seconds to find out whether there is a node for a pod.', buckets: doubling(0.001, 15) }).with()
  const steps = metrics.histogram({ name: 'scheduler_framework_extension_point_duration_seconds', stability: 'STABLE', help: 'Seconds of all plugins in one step.', labels: ['extension_point', 'status', 'profile'], buckets: doubling(0.0001, 12) })
  const incoming = metrics.counter({ name: 'scheduler_queue_incoming_pods_total', stability: 'STABLE', help: 'Pods that came into a queue, and why.', labels: ['queue', 'event'] })
  const known = metrics.gauge({ name: 'scheduler_cache_size', stability: 'ALPHA', help: 'Nodes, pods on them, and those of these that are only thought to be there yet.', labels: ['type'] })
  const preemptions = metrics.counter({ name: 'scheduler_preemption_attempts_total', stability: 'STABLE', help: 'Times that room was looked for by preemption.' }).with()
  const victims = metrics.histogram({ name: 'scheduler_preemption_victims', stability: 'STABLE', help: 'Victims of a preemption.', labels: [], buckets: doubling(1, 7) }).with()
  const pending = metrics.gauge({ name: 'scheduler_pending_pods', stability: 'STABLE', help: 'Pods without a node, by where they wait.', labels: ['queue'] })
  const unwanted = metrics.gauge({ name: 'scheduler_unschedulable_pods', stability: 'ALPHA', help: 'Pods without a node that a plugin does not want to be placed as things are.', labels: ['plugin', 'profile'] })
  const remembered = metrics.gauge({ name: 'scheduler_inflight_events', stability: 'ALPHA', help: 'Attempts under way, and what happened meanwhile.', labels: ['event'] })
  const leftovers = metrics.counter({ name: 'scheduler_pod_scheduled_after_flush_total', stability: 'ALPHA', help: 'Pods that were bound when they had waited so long that they were tried again for no reason.' }).with()
  return {
    now,
    attempted(profile, result, duration) { attempts.with(profile, result).inc(); seconds.with(profile, result).observe(duration) },
    bound(count, duration) { tries.observe(count); sli.with(count >= mostAttempts ? `${mostAttempts}+` : String(count)).observe(duration) },
    boundAfterAll() { leftovers.inc() },
    searched(ms) { searches.observe(ms / 1000) },
    stepped(profile, point, status, ms) { steps.with(point, status, profile).observe(ms / 1000) },
    queued(queue, event) { incoming.with(queue, event).inc() },
    known(count) { metrics.collect(() => { for (const [type, one] of Object.entries(count())) known.with(type === 'assumed' ? 'assumed_pods' : type).set(one) }) },
    preempting() { preemptions.inc() },
    preempted(count) { victims.observe(count) },
    reasons(count) {
      metrics.collect(() => {
        const { refused, inFlight } = count()
        for (const family of [unwanted, remembered]) family.clear()
        for (const [plugin, profile, pods] of refused) unwanted.with(plugin, profile).set(pods)
        for (const [event, times] of inFlight) remembered.with(event).set(times)
      })
    },
    pending(count) { metrics.collect(() => { for (const [queue, pods] of Object.entries(count())) pending.with(queue).set(pods) }) },
  }
}
