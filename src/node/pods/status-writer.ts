// Writes pods' statuses: the newest one, at once, again until it is there. Never two writes for one pod at a time.
import { pod as podKind, type Pod, type PodStatus } from '#kinds'
import { is, same, type Clock, type Log } from '#machinery'
import type { Client } from '#client'

const firstRetryMs = 200
const lastRetryMs = 10_000

interface Entry { pod: Pod; wanted: PodStatus; written: PodStatus | undefined; busy: boolean; failures: number; waiters: (() => void)[]; gone: boolean }

export class StatusWriter {
  readonly #client: Client
  readonly #clock: Clock
  readonly #log: Log
  readonly #entries = new Map<string, Entry>()

  constructor(client: Client, log: Log) {
    this.#client = client
    this.#clock = client.clock
    this.#log = log
  }

  /** This is the pod's status now. */
  set(pod: Pod, status: PodStatus): void {
    const { uid } = pod.metadata
    let entry = this.#entries.get(uid)
    if (!entry) this.#entries.set(uid, entry = { pod, wanted: status, written: undefined, busy: false, failures: 0, waiters: [], gone: false })
    entry.pod = pod
    entry.wanted = status
    this.#kick(uid, entry)
  }
  /** Resolves when the server has the newest status (or the pod is gone). */
  written(uid: string): Promise<void> {
    const entry = this.#entries.get(uid)
    if (!entry || (!entry.busy && this.#isWritten(entry))) return Promise.resolve()
    return new Promise((resolve) => { entry.waiters.push(resolve) })
  }
  forget(uid: string): void {
    const entry = this.#entries.get(uid)
    this.#entries.delete(uid)
    if (entry) { entry.gone = true; for (const w of entry.waiters.splice(0)) w() }
  }

  #isWritten(entry: Entry): boolean { return entry.gone || (entry.written !== undefined && same(entry.written, entry.wanted)) || contains(entry.pod.status, entry.wanted) }
  #kick(uid: string, entry: Entry): void {
    if (entry.busy) return
    if (this.#isWritten(entry)) { for (const w of entry.waiters.splice(0)) w(); return }
    entry.busy = true
    void this.#write(uid, entry)
  }
  async #write(uid: string, entry: Entry): Promise<void> {
    const status = entry.wanted
    try {
      const pod = await this.#client.patch(podKind, entry.pod.metadata, 'strategic', { metadata: { uid }, status: patchTo(entry.pod.status, status) }, { subresource: 'status' })
      entry.written = status
      entry.failures = 0
      if (Number(pod.metadata.resourceVersion) > Number(entry.pod.metadata.resourceVersion)) entry.pod = pod
    } catch (error) {
      if (is(error, 'NotFound') || is(error, 'Conflict')) { entry.busy = false; this.forget(uid); return }
      entry.failures++
      if (entry.failures === 1 || entry.failures % 10 === 0) this.#log.warn('a pod\'s status could not be written; trying again', { pod: entry.pod.metadata.name, namespace: entry.pod.metadata.namespace, error })
      this.#clock.after(Math.min(firstRetryMs * 2 ** (entry.failures - 1), lastRetryMs), () => { entry.busy = false; if (!entry.gone) this.#kick(uid, entry) })
      return
    }
    entry.busy = false
    this.#kick(uid, entry)
  }
}

/**
 * A strategic merge patch that makes `wanted` of `held`: what has gone is said to be gone, also within conditions, which are merged by type.
 * Addresses are replaced as a whole: a pod that comes up again with another one must not keep the old one beside it.
 */
export function patchTo(held: PodStatus | undefined, wanted: PodStatus): object {
  const gone = Object.keys(held ?? {}).filter((key) => !(key in wanted) && mine.has(key)).map((key) => [key, null])
  const addresses = (['podIPs', 'hostIPs'] as const).filter((key) => wanted[key] !== undefined).map((key) => [key, [{ $patch: 'replace' }, ...wanted[key]!]])
  return { ...wanted, ...Object.fromEntries([...gone, ...addresses]), conditions: wanted.conditions?.map((c) => ({ reason: null, message: null, ...c })) }
}
/** What of a pod's status is the agent's alone. */
const mine = new Set(['reason', 'message', 'podIP', 'podIPs', 'initContainerStatuses', 'ephemeralContainerStatuses', 'hostIP', 'hostIPs'])

/** Whether everything in `wanted` is so in `held` (conditions are merged by type: those of others stay). */
function contains(held: PodStatus | undefined, wanted: PodStatus): boolean {
  if (!held) return false
  return Object.entries(wanted).every(([key, value]) => {
    const there = (held as Record<string, unknown>)[key]
    if (key !== 'conditions') return same(there ?? undefined, value ?? undefined)
    return (value as { type: string }[]).every((c) => (there as { type: string }[] | undefined)?.some((h) => h.type === c.type && same({ ...h, lastProbeTime: null }, c)))
  })
}
