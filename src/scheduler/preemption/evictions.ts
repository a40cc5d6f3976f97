// Makes the victims of a preemption leave, while the scheduler goes on. The pod they leave for is not tried again before all of them are seen to leave: on a
// cache that is behind it would find them still there, and others would have to leave in vain.
import { pod as podKind, type Pod } from '#kinds'
import { ApiError, formatTime, is } from '#machinery'
import type { Handle } from '../framework.ts'
import type { PodInfo } from '../pod-info.ts'
import { patchStatus } from '../pod-status.ts'
import type { Candidate } from './choose.ts'

/** What the server says of a patch that names another pod's uid. */
const isAnother = (error: unknown): boolean => error instanceof ApiError && (error.status.details?.causes ?? []).some(({ field }) => field === 'metadata.uid')

export class Evictions {
  readonly #handle: Handle
  readonly #nominated: (node: string) => readonly PodInfo[]
  /** By preemptor: the victims that are not seen to leave yet. */
  readonly #running = new Map<string, Set<PodInfo>>()

  constructor(handle: Handle, nominated: (node: string) => readonly PodInfo[]) {
    this.#handle = handle
    this.#nominated = nominated
  }

  /** Whether victims of this pod still have to be told, or nothing has been heard of it. */
  runningFor(uid: string): boolean {
    const staying = this.#running.get(uid)
    if (!staying) return false
    for (const victim of staying) {
      const now = this.#handle.cluster.get(podKind, victim.pod.metadata)
      if (now && now.metadata.uid === victim.uid && now.metadata.deletionTimestamp === undefined) return true
      staying.delete(victim)
    }
    this.#running.delete(uid)
    return false
  }

  start({ node, victims }: Candidate, preemptor: PodInfo): void {
    this.#handle.figures.preempted(victims.pods.length)
    const staying = victims.pods.filter((victim) => !victim.terminating)
    if (staying.length === 0) return
    for (const uid of this.#running.keys()) if (this.runningFor(uid)) break // pods that are gone ask no more
    this.#running.set(preemptor.uid, new Set(staying))
    this.#handle.background(this.#run(node.name, staying, preemptor).catch((error: unknown) => {
      this.#handle.cluster.log.warn('not all victims of a preemption could be told to leave', { pod: preemptor.name, namespace: preemptor.namespace, node: node.name, error: error instanceof ApiError ? error.message : error })
      this.#running.delete(preemptor.uid)
      this.#handle.activate([preemptor.pod])
    }))
  }

  async #run(node: string, victims: readonly PodInfo[], preemptor: PodInfo): Promise<void> {
    // Less important pods that hope for this node may not fit there any more: they look elsewhere.
    const hoping = this.#nominated(node).filter((other) => other.priority < preemptor.priority && other.pod.status?.nominatedNodeName)
    const told = await Promise.allSettled(hoping.map((other) => this.#tell(other.pod, { nominatedNodeName: null })))
    await Promise.all(victims.slice(0, -1).map((victim) => this.#evict(victim, preemptor, node)))
    await this.#evict(victims.at(-1)!, preemptor, node)
    for (const one of told) if (one.status === 'rejected') throw one.reason
  }

  async #evict(victim: PodInfo, preemptor: PodInfo, node: string): Promise<void> {
    const { cluster } = this.#handle, held = this.#handle.waiting(victim.uid)
    if (held) {
      this.#running.get(preemptor.uid)?.delete(victim) // it stays, without a node
      held.reject('DefaultPreemption', 'preempted')
    } else {
      const isThere = await this.#tell(victim.pod, { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', observedGeneration: victim.pod.metadata.generation,
        message: `${preemptor.pod.spec.schedulerName}: preempting to accommodate a higher priority pod`, lastTransitionTime: formatTime(cluster.clock.now()), lastProbeTime: null }] })
      if (!isThere) return
      await cluster.delete(podKind, victim.pod)
    }
    this.#handle.events.record(podKind, victim.pod, 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node}`, { action: 'Preempting', related: { kind: podKind, object: preemptor.pod } })
  }
  /** Resolves with whether the pod is still there; another of its name is not it. */
  async #tell(pod: Pod, status: object): Promise<boolean> {
    try {
      await patchStatus(this.#handle.cluster, pod, status)
      return true
    } catch (error) {
      if (is(error, 'NotFound') || isAnother(error)) return false
      throw error
    }
  }
}
