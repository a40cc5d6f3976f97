// Carries out the emptying of volumes by pods: one at a time for a volume, its events told on the volume.
import type { Again, Cluster } from '#client'
import { event, persistentVolume, persistentVolumeClaim, pod, referencedClaims, type PersistentVolume, type Pod } from '#kinds'
import { is } from '#machinery'
import { isFinished } from '../pod-state.ts'
import { isRecyclable, namespaceFor, recycleStep, recyclerName, recyclerPod, type RecyclePods, type RecycleTimes } from './recycle.ts'

export interface RecycleEnds {
  /** It could not be emptied; it is tried again. */
  readonly failed: (message: string) => Promise<unknown>
  /** It is empty: it may be claimed again. */
  readonly done: () => Promise<unknown>
}

export class Recycler {
  readonly #times: RecycleTimes
  readonly #againMs: number
  readonly #pods: RecyclePods
  /** By name of the volume: the pod that was made for it, and how to stop to listen to its events. */
  readonly #asked = new Map<string, { readonly uid: string; readonly namespace: string; readonly stop: () => void }>()

  /** By name: what has just failed is not tried again before. */
  readonly #restsUntil = new Map<string, number>()

  constructor(times: RecycleTimes, againMs: number, pods: RecyclePods = {}) {
    this.#times = times
    this.#pods = pods
    this.#againMs = againMs
  }
  stop(): void { for (const { stop } of this.#asked.values()) stop() }

  async attend(volume: PersistentVolume, cluster: Cluster, ends: RecycleEnds): Promise<Again | void> {
    const again = { againIn: this.#againMs }, users = usersOf(volume, cluster)
    if (users.length > 0) {
      cluster.events.record(persistentVolume, volume, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${users.join(',')}`)
      return again
    }
    const rest = (this.#restsUntil.get(volume.metadata.name) ?? 0) - cluster.clock.now()
    if (rest > 0) return { againIn: rest }
    if (!isRecyclable(volume)) { await ends.failed('No recycler plugin found for the volume!'); return again }
    const { name } = volume.metadata, there = cluster.get(pod, { name: recyclerName(name), namespace: namespaceFor(volume, this.#pods) }), step = recycleStep(this.#asked.get(name)?.uid, there)
    if (step.do === 'wait') return
    if (step.do === 'start') return this.#start(volume, cluster, ends)
    this.#forget(name)
    if (there) await cluster.delete(pod, there)
    if (step.do === 'stop') return this.#fail(name, step.why, cluster, ends)
    cluster.events.record(persistentVolume, volume, 'Normal', 'VolumeRecycled', 'Volume recycled')
    await ends.done()
  }

  /** The volume is gone. */
  async abandon(name: string, cluster: Cluster): Promise<void> {
    const asked = this.#asked.get(name), there = asked && cluster.get(pod, { name: recyclerName(name), namespace: asked.namespace })
    this.#forget(name)
    if (there && there.metadata.uid === asked.uid) await cluster.delete(pod, there)
  }

  async #fail(name: string, why: string, { clock }: Cluster, ends: RecycleEnds): Promise<Again> {
    this.#restsUntil.set(name, clock.now() + this.#againMs)
    await ends.failed(`Recycle failed: ${why}`)
    return { againIn: this.#againMs }
  }
  #forget(name: string): void {
    this.#restsUntil.delete(name)
    this.#asked.get(name)?.stop()
    this.#asked.delete(name)
  }
  async #start(volume: PersistentVolume, cluster: Cluster, ends: RecycleEnds): Promise<Again | void> {
    const { name } = volume.metadata, namespace = namespaceFor(volume, this.#pods), fieldSelector = `involvedObject.name=${recyclerName(name)}`
    const stop = cluster.client.watch(event, { namespace, fieldSelector }, ({ type, object }) => {
      if (type === 'ADDED') cluster.events.record(persistentVolume, volume, object.type === 'Warning' ? 'Warning' : 'Normal', 'RecyclerPod', `Recycler pod: ${object.message ?? ''}`)
    }, () => {})
    try {
      const made = await cluster.create(pod, recyclerPod(volume, this.#times, this.#pods))
      this.#asked.set(name, { uid: made.metadata.uid, namespace, stop })
    } catch (error) {
      stop()
      const old = is(error, 'AlreadyExists') ? await cluster.client.get(pod, { name: recyclerName(name), namespace }).catch(() => undefined) : undefined
      if (old) await cluster.delete(pod, old)
      return this.#fail(name, old ? 'old recycler pod found, will retry later' : `unexpected error creating recycler pod:  ${error instanceof Error ? error.message : String(error)}`, cluster, ends)
    }
  }
}

/** Pods that still use the claim that the volume was given to; when there is a claim of that name again they use that. */
function usersOf({ spec: { claimRef } }: PersistentVolume, cluster: Cluster): readonly string[] {
  const { namespace = '', name = '' } = claimRef ?? {}
  if (!claimRef || cluster.get(persistentVolumeClaim, { namespace, name })) return []
  return cluster.list(pod, { namespace }).filter((p: Pod) => !isFinished(p) && referencedClaims(p).includes(name)).map((p) => `${namespace}/${p.metadata.name}`).sort()
}
