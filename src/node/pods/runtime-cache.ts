// What the runtime has, pod by pod, as its events tell it: looked at by plans without asking the runtime again.
import type { Clock, Log } from '#machinery'
import { isRuntimeError, type ContainerStatus, type PodSandboxStatus, type Runtime, type RuntimeEvent } from '../runtime/runtime.ts'

export interface ObservedContainer extends ContainerStatus { readonly sandboxId: string }
/** A pod's sandboxes and containers, newest first. */
export interface ObservedPod {
  readonly uid: string
  readonly sandboxes: readonly PodSandboxStatus[]
  readonly containers: readonly ObservedContainer[]
}
export const nothingObserved = (uid: string): ObservedPod => ({ uid, sandboxes: [], containers: [] })

/** A sandbox whose status cannot be read is asked for again after this. */
const retryMs = 1_000

interface Held { readonly sandboxes: Map<string, PodSandboxStatus>; readonly containers: Map<string, ObservedContainer>; view?: ObservedPod }

export class RuntimeCache {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #log: Log
  readonly #pods = new Map<string, Held>()
  readonly #podOf = new Map<string, string>()
  readonly #synced = Promise.withResolvers<void>()
  #available = false
  #stop = () => {}

  constructor(runtime: Runtime, clock: Clock, log: Log) {
    this.#runtime = runtime
    this.#clock = clock
    this.#log = log
  }
  /** Whether the runtime answers. */
  get available(): boolean { return this.#available }

  /** Follows the runtime; `changed` is called with the pod's uid after each change, `availability` when the runtime goes or comes back. Resolves when all that was there is known. */
  start(changed: (uid: string) => void, availability: (available: boolean) => void): Promise<void> {
    this.#stop = this.#runtime.events((event) => this.#seen(event, changed, availability))
    return this.#synced.promise
  }
  stop(): void { this.#stop() }

  pod(uid: string): ObservedPod {
    const held = this.#pods.get(uid)
    if (!held) return nothingObserved(uid)
    const newest = <T extends { createdAt: number }>(map: Map<string, T>) => [...map.values()].sort((a, b) => b.createdAt - a.createdAt)
    return held.view ??= { uid, sandboxes: newest(held.sandboxes), containers: newest(held.containers) }
  }
  /** Resolves when the sandbox is known with its addresses. */
  async expectSandbox(uid: string, id: string): Promise<void> {
    if (!this.#pods.get(uid)?.sandboxes.has(id)) this.#put(uid, id, await this.#runtime.podSandboxStatus(id))
  }
  /** Resolves when the container is known as something that was started. */
  async expectContainer(uid: string, id: string): Promise<void> {
    const held = this.#pods.get(uid), known = held?.containers.get(id)
    if (!held || (known && known.state !== 'created')) return
    const status = await this.#runtime.containerStatus(id)
    const sandboxId = known?.sandboxId ?? [...held.sandboxes.values()].find((s) => s.state === 'ready')?.id ?? ''
    if (held.containers.get(id)?.state === 'exited') return // its end was quicker
    held.containers.set(id, { ...status, sandboxId })
    this.#podOf.set(id, uid)
    delete held.view
  }
  /** Reads anew what is not known to have ended, so that a plan after stopping sees it so. */
  async settled(uid: string): Promise<void> {
    const held = this.#pods.get(uid)
    if (!held) return
    const absent = (error: unknown) => { if (!isRuntimeError(error, 'NotFound')) throw error }
    await Promise.all([
      ...[...held.containers.values()].filter((c) => c.state === 'running').map(async (c) => {
        const status = await this.#runtime.containerStatus(c.id).catch(absent)
        if (status) held.containers.set(c.id, { ...status, sandboxId: c.sandboxId })
        else held.containers.delete(c.id)
      }),
      ...[...held.sandboxes.values()].filter((s) => s.state === 'ready').map(async (s) => {
        const status = await this.#runtime.podSandboxStatus(s.id).catch(absent)
        // Its addresses were given back with it; the pod's status still tells them.
        if (status) held.sandboxes.set(s.id, { ...status, ips: status.ips.length > 0 ? status.ips : s.ips })
        else held.sandboxes.delete(s.id)
      })])
    delete held.view
  }
  uids(): readonly string[] { return [...this.#pods.keys()] }

  #seen(event: RuntimeEvent, changed: (uid: string) => void, availability: (available: boolean) => void): void {
    if (event.type === 'synced') {
      this.#available = true
      this.#synced.resolve()
      return availability(true)
    }
    if (event.type === 'lost') {
      this.#available = false
      this.#log.warn('the container runtime does not answer', { error: event.message })
      return availability(false)
    }
    const uid = event.podUid || this.#podOf.get(event.type.startsWith('container') ? (event as { containerId: string }).containerId : event.sandboxId) || ''
    if (uid === '') return
    let held = this.#pods.get(uid)
    if (!held) this.#pods.set(uid, held = { sandboxes: new Map(), containers: new Map() })
    delete held.view
    switch (event.type) {
      case 'sandboxStarted': case 'sandboxExited':
        this.#podOf.set(event.sandboxId, uid)
        void this.#readSandbox(uid, event.sandboxId, changed)
        return
      case 'sandboxDeleted': held.sandboxes.delete(event.sandboxId); this.#podOf.delete(event.sandboxId); break
      case 'containerDeleted': held.containers.delete(event.containerId); this.#podOf.delete(event.containerId); break
      default:
        this.#podOf.set(event.containerId, uid)
        if (event.status) held.containers.set(event.containerId, { ...event.status, sandboxId: event.sandboxId })
    }
    if (held.sandboxes.size === 0 && held.containers.size === 0) this.#pods.delete(uid)
    changed(uid)
  }

  async #readSandbox(uid: string, id: string, changed: (uid: string) => void): Promise<void> {
    try {
      const status = await this.#runtime.podSandboxStatus(id)
      if (!this.#podOf.has(id)) return
      this.#put(uid, id, status)
      changed(uid)
    } catch (error) {
      if (isRuntimeError(error, 'NotFound')) return
      this.#log.debug('a sandbox could not be read', { id, error })
      this.#clock.after(retryMs, () => { if (this.#podOf.has(id)) void this.#readSandbox(uid, id, changed) })
    }
  }

  #put(uid: string, id: string, status: PodSandboxStatus): void {
    let held = this.#pods.get(uid)
    if (!held) this.#pods.set(uid, held = { sandboxes: new Map(), containers: new Map() })
    const before = held.sandboxes.get(id)
    held.sandboxes.set(id, before && status.ips.length === 0 ? { ...status, ips: before.ips } : status)
    this.#podOf.set(id, uid)
    delete held.view
  }
}
