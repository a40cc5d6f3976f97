// What the controllers' queues tell of themselves, under the names that the reference's components have for theirs.
import type { Clock } from '#machinery'
import { exponential, type Metrics } from './metrics.ts'

/** What a queue is told to call; as the queues of #client have it. */
export interface QueueFigures { added(): void; taken(waitedMs: number): void; done(workedMs: number): void; retried(): void }

export function workQueueMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): (name: string) => QueueFigures {
  const labels = ['name'], buckets = exponential(10e-9, 10, 10)
  const counter = (name: string, help: string) => metrics.counter({ name: `workqueue_${name}`, stability: 'BETA', help, labels })
  const gauge = (name: string, help: string) => metrics.gauge({ name: `workqueue_${name}`, stability: 'BETA', help, labels })
  const seconds = (name: string, help: string) => metrics.histogram({ name: `workqueue_${name}`, stability: 'BETA', help, labels, buckets })
  const adds = counter('adds_total', 'Keys added to a queue.'), retries = counter('retries_total', 'Keys that come again because they failed.')
  const depth = gauge('depth', 'Keys that wait.'), unfinished = gauge('unfinished_work_seconds', 'Seconds of work that is under way, added up.'), longest = gauge('longest_running_processor_seconds', 'Seconds that the longest work has been under way.')
  const waited = seconds('queue_duration_seconds', 'Seconds that keys waited.'), worked = seconds('work_duration_seconds', 'Seconds of work on keys.')
  /** When the work under way of each queue began. */
  const begun = new Map<string, number[]>()
  metrics.collect(() => {
    for (const [name, times] of begun) {
      const now = clock.now(), ages = times.map((at) => (now - at) / 1000)
      unfinished.with(name).set(ages.reduce((sum, age) => sum + age, 0))
      longest.with(name).set(Math.max(0, ...ages))
    }
  })
  return (name) => {
    const own: number[] = begun.get(name) ?? [], of = { adds: adds.with(name), retries: retries.with(name), depth: depth.with(name), waited: waited.with(name), worked: worked.with(name) }
    begun.set(name, own)
    return {
      added() { of.adds.value++; of.depth.value++ },
      taken(waitedMs) { of.depth.value--; of.waited.observe(waitedMs / 1000); own.push(clock.now()) },
      done(workedMs) {
        const at = own.indexOf(clock.now() - workedMs)
        own.splice(Math.max(0, at), 1)
        of.worked.observe(workedMs / 1000)
      },
      retried() { of.retries.value++ },
    }
  }
}
