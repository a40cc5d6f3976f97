// Pods that have their node, but that permit plugins hold back.
import type { Clock } from '#machinery'
import { unschedulable, type Status } from './status.ts'

export interface WaitingPod {
  /** The plugin has no objection any more; when the last one says so, the pod goes on. */
  allow(plugin: string): void
  reject(plugin: string, reason: string): void
}
type Verdict = { readonly by: string; readonly status: Status } | undefined

export class WaitingPods {
  readonly #clock: Clock
  readonly #held = new Map<string, WaitingPod & { readonly verdict: Promise<Verdict> }>()
  constructor(clock: Clock) { this.#clock = clock }

  get(uid: string): WaitingPod | undefined { return this.#held.get(uid) }
  /** Begins to hold a pod back, each plugin at most so many milliseconds. */
  hold(uid: string, waitFor: ReadonlyMap<string, number>): void {
    const { promise, resolve } = Promise.withResolvers<Verdict>(), open = new Set(waitFor.keys())
    const cancels = [...waitFor].map(([by, ms]) => this.#clock.after(ms, () => { end({ by, status: unschedulable(`rejected due to timeout after waiting ${ms / 1000}s at plugin ${by}`) }) }))
    const end = (verdict: Verdict) => { for (const cancel of cancels) cancel(); this.#held.delete(uid); resolve(verdict) }
    this.#held.set(uid, {
      verdict: promise,
      allow(plugin) { if (open.delete(plugin) && open.size === 0) end(undefined) },
      reject(by, reason) { end({ by, status: unschedulable(reason) }) },
    })
  }
  /** Resolves when nobody holds the pod back any more, or with who refused it. */
  async until(uid: string): Promise<Verdict> { return this.#held.get(uid)?.verdict }
  rejectAll(reason: string): void { for (const pod of [...this.#held.values()]) pod.reject('', reason) }
}
