// How probes have gone, by container and sort, since its pod is here.
import type { Pod } from '#kinds'

export interface ProbeCount {
  readonly sort: string
  readonly container: string
  readonly pod: string
  readonly namespace: string
  readonly podUid: string
  succeeded: number
  failed: number
  /** Of those that have succeeded; how many took at most so many seconds, and all of them together. */
  readonly within: number[]
  seconds: number
}
export const probeSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class ProbeCounts {
  readonly #byPod = new Map<string, Map<string, ProbeCount>>()

  note({ metadata: { uid, name, namespace = '' } }: Pod, container: string, sort: string, success: boolean, ms: number): void {
    let counts = this.#byPod.get(uid)
    if (!counts) this.#byPod.set(uid, counts = new Map())
    const key = `${sort} ${container}`
    let count = counts.get(key)
    if (!count) counts.set(key, count = { sort, container, pod: name, namespace, podUid: uid, succeeded: 0, failed: 0, within: probeSeconds.map(() => 0), seconds: 0 })
    if (!success) { count.failed++; return }
    count.succeeded++
    count.seconds += ms / 1000
    for (const [i, most] of probeSeconds.entries()) if (ms <= most * 1000) count.within[i]!++
  }
  forget(podUid: string): void { this.#byPod.delete(podUid) }
  all(): readonly Readonly<ProbeCount>[] { return [...this.#byPod.values()].flatMap((counts) => [...counts.values()]) }
}
