// Makes the victims of a preemption leave, while the scheduler goes on; the pod they leave for is not tried again before the last of them has been told.
import { pod as podKind, type Pod } from '#kinds'
import { ApiError, formatTime, is } from '#machinery'
import type { Handle } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Candidate } from './choose.ts'

export class Evictions {
  readonly #handle: Handle
  readonly #nominated: (node: string) => readonly PodInfo[]
  /** By preemptor: the last victim, once all others have been told. */
  readonly #running = new Map<string, PodInfo | undefined>()

  constructor(handle: Handle, nominated: (node: string) => readonly PodInfo[]) {
    this.#handle = handle
    this.#nominated = nominated
  }

  /** Whether victims still have to be told for this pod. */
  runningFor(uid: string): boolean {
    if (!this.#running.has(uid)) return false
    const last = this.#running.get(uid), now = last && this.#handle.cluster.get(podKind, last.pod.metadata)
    return !last || (now !== undefined && now.metadata.uid === last.uid && now.metadata.deletionTimestamp === undefined)
  }

  start({ node, victims }: Candidate, preemptor: PodInfo): void {
    this.#handle.figures.preempted(victims.pods.length)
    const staying = victims.pods.filter((victim) => !victim.terminating)
    if (staying.length === 0) return
    this.#running.set(preemptor.uid, undefined)
    this.#handle.background(this.#run(node.name, staying, preemptor).catch((error: unknown) => {
      this.#handle.cluster.log.warn('not all victims of a preemption could be told to leave', { pod: preemptor.name, namespace: preemptor.namespace, node: node.name, error: error instanceof ApiError ? error.message : error })
      this.#running.delete(preemptor.uid)
      this.#handle.activate([preemptor.pod])
    }).finally(() => { this.#running.delete(preemptor.uid) }))
  }

  async #run(node: string, victims: readonly PodInfo[], preemptor: PodInfo): Promise<void> {
    // Less important pods that hope for this node may not fit there any more: they look elsewhere.
    const hoping = this.#nominated(node).filter((other) => other.priority < preemptor.priority && other.pod.status?.nominatedNodeName)
    await Promise.all(hoping.map((other) => this.#patchStatus(other.pod, { nominatedNodeName: null })))
    await Promise.all(victims.slice(0, -1).map((victim) => this.#evict(victim, preemptor, node)))
    this.#running.set(preemptor.uid, victims.at(-1))
    await this.#evict(victims.at(-1)!, preemptor, node)
  }

  async #evict(victim: PodInfo, preemptor: PodInfo, node: string): Promise<void> {
    const { cluster } = this.#handle, held = this.#handle.waiting(victim.uid)
    if (held) held.reject('DefaultPreemption', 'preempted')
    else {
      await this.#patchStatus(victim.pod, { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', observedGeneration: victim.pod.metadata.generation,
        message: `${preemptor.pod.spec.schedulerName}: preempting to accommodate a higher priority pod`, lastTransitionTime: formatTime(cluster.clock.now()), lastProbeTime: null }] })
      await cluster.delete(podKind, victim.pod)
    }
    this.#handle.events.record(podKind, victim.pod, 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node}`, { action: 'Preempting', related: { kind: podKind, object: preemptor.pod } })
  }
  /** A pod that is gone, or another of its name, needs no word of it any more. */
  async #patchStatus(pod: Pod, status: object): Promise<void> {
    try {
      await this.#handle.cluster.patch(podKind, pod.metadata, 'strategic', { metadata: { uid: pod.metadata.uid }, status }, { subresource: 'status' })
    } catch (error) { if (!is(error, 'NotFound') && !is(error, 'Conflict')) throw error }
  }
}
