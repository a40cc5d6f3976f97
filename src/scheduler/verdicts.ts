// What a pod is told about its way to a node: conditions, the node that it is promised, events.
import { pod as podKind, type Pod } from '#kinds'
import { formatTime, is } from '#machinery'
import type { Cluster, Recorder } from '#client'
import { shortened } from './message.ts'
import { patchStatus } from './pod-status.ts'

export class Verdicts {
  readonly #cluster: Cluster
  readonly #eventsOf: (pod: Pod) => Recorder

  constructor(cluster: Cluster, eventsOf: (pod: Pod) => Recorder) {
    this.#cluster = cluster
    this.#eventsOf = eventsOf
  }

  scheduled(pod: Pod, node: string): void {
    this.#eventsOf(pod).record(podKind, pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`, { action: 'Binding' })
  }
  /** It has no node yet. `nominate`: the node on which room is made for it, '' for none, undefined leaves that as it is. */
  async failed(pod: Pod, reason: 'Unschedulable' | 'SchedulerError', message: string, nominate: string | undefined): Promise<void> {
    this.#eventsOf(pod).record(podKind, pod, 'Warning', 'FailedScheduling', shortened(message), { action: 'Scheduling' })
    const held = pod.status?.conditions?.find((c) => c.type === 'PodScheduled'), isNew = held?.status !== 'False' || held.reason !== reason || held.message !== message
    await this.#patch(pod, {
      ...(isNew && { conditions: [{ type: 'PodScheduled', status: 'False', reason, message, observedGeneration: pod.metadata.generation,
        ...(held?.status !== 'False' && { lastTransitionTime: formatTime(this.#cluster.clock.now()) }), lastProbeTime: null }] }),
      ...nomination(pod, nominate),
    })
  }
  /** It will go there, but not at once. */
  async nominated(pod: Pod, node: string): Promise<void> { await this.#patch(pod, nomination(pod, node)) }
  deleting(pod: Pod): void {
    this.#eventsOf(pod).record(podKind, pod, 'Warning', 'FailedScheduling', `skip schedule deleting pod: ${pod.metadata.namespace}/${pod.metadata.name}`, { action: 'Scheduling' })
  }

  async #patch(pod: Pod, status: object): Promise<void> {
    if (Object.keys(status).length === 0) return
    try {
      await patchStatus(this.#cluster, pod, status)
    } catch (error) {
      if (!is(error, 'NotFound') && !is(error, 'Conflict')) this.#cluster.log.debug("a pod's status could not be written", { pod: pod.metadata.name, namespace: pod.metadata.namespace, error })
    }
  }
}
const nomination = (pod: Pod, node: string | undefined): object =>
  (node === undefined || (pod.status?.nominatedNodeName ?? '') === node ? {} : { nominatedNodeName: node === '' ? null : node })
