// What is remembered of a job's failures, also when their pods are gone: each since the last success makes the next attempt later.
import type { Job, Pod } from '#kinds'
import { finishedAt, hasFailed, hasSucceeded, isTracked } from './pods.ts'

export interface Failed { readonly times: number; /** When the last one was (ms). */ readonly at: number }
interface Memory { readonly uid: string; succeededAt: number; readonly failures: Map<string, number> }

/** The wait no longer grows after so many. */
const enough = 16
const keyOf = ({ name, namespace }: { readonly name: string; readonly namespace?: string | undefined }): string => `${namespace ?? ''}/${name}`

export class Failures {
  readonly #jobs = new Map<string, Memory>()

  /** Takes in what the job's pods tell, while they are kept; a failure keeps the time at which it was first seen to be one. */
  note(job: Job, pods: readonly Pod[]): Failed {
    const key = keyOf(job.metadata), known = this.#jobs.get(key)
    const memory = known?.uid === job.metadata.uid ? known : { uid: job.metadata.uid, succeededAt: -Infinity, failures: new Map<string, number>() }
    for (const pod of pods.filter(isTracked)) {
      if (hasSucceeded(pod)) memory.succeededAt = Math.max(memory.succeededAt, finishedAt(pod))
      else if (hasFailed(job, pod) && !memory.failures.has(pod.metadata.uid)) memory.failures.set(pod.metadata.uid, finishedAt(pod))
    }
    for (const [uid, at] of memory.failures) if (at <= memory.succeededAt || memory.failures.size > enough) memory.failures.delete(uid)
    this.#jobs.set(key, memory)
    return { times: memory.failures.size, at: Math.max(-Infinity, ...memory.failures.values()) }
  }
  forget(job: Parameters<typeof keyOf>[0]): void { this.#jobs.delete(keyOf(job)) }
}
