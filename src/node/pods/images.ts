// Images on their way to the node: asked for once, however many containers wait, and again later and later when they do not come.
import type { Pod } from '#kinds'
import type { Clock } from '#machinery'
import { isRuntimeError, type Image, type Runtime } from '../runtime/runtime.ts'
import type { AnyContainer } from './environment.ts'

const firstRetryMs = 10_000
const lastRetryMs = 300_000

export type ImageState =
  | { readonly type: 'present'; readonly image: Image }
  | { readonly type: 'pulling' }
  | { readonly type: 'failed'; readonly reason: string; readonly message: string; readonly retryAt: number }

export interface ImageReport {
  /** As in Pulling, Pulled, Failed, BackOff, ErrImageNeverPull. */
  (type: 'Normal' | 'Warning', reason: string, message: string): void
}
interface Pull { state: ImageState; failures: number }
export type Auths = (pod: Pod, image: string) => Promise<readonly { readonly username: string; readonly password: string }[]>

/** The images of one pod's containers: state by container name. */
export class PodImages {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #auths: Auths
  readonly #changed: () => void
  readonly #pulls = new Map<string, Pull>()
  #closed = false

  constructor(options: { runtime: Runtime; clock: Clock; auths: Auths; changed: () => void }) {
    this.#runtime = options.runtime
    this.#clock = options.clock
    this.#auths = options.auths
    this.#changed = options.changed
  }
  close(): void { this.#closed = true }

  state(name: string): ImageState | undefined { return this.#pulls.get(name)?.state }
  /** The next start looks the image up again (imagePullPolicy: Always pulls again). */
  forget(name: string): void { if (this.#pulls.get(name)?.state.type === 'present') this.#pulls.delete(name) }

  /** Begins to fetch a container's image if that is due. */
  want(pod: Pod, container: AnyContainer, report: ImageReport): void {
    const pull = this.#pulls.get(container.name)
    if (pull && pull.state.type !== 'failed') return
    if (pull?.state.type === 'failed' && pull.state.retryAt > this.#clock.now()) return
    const next: Pull = { state: { type: 'pulling' }, failures: pull?.failures ?? 0 }
    this.#pulls.set(container.name, next)
    void this.#fetch(pod, container, report).then(
      (image) => { next.state = { type: 'present', image }; next.failures = 0 },
      (error: unknown) => this.#failed(next, container.image ?? '', error, report),
    ).finally(() => { if (!this.#closed) this.#changed() })
  }

  async #fetch(pod: Pod, container: AnyContainer, report: ImageReport): Promise<Image> {
    const name = container.image ?? '', policy = container.imagePullPolicy ?? 'IfNotPresent'
    const held = policy === 'Always' ? undefined : await this.#runtime.imageStatus(name)
    if (held) {
      report('Normal', 'Pulled', `Container image "${name}" already present on machine and can be accessed by the pod`)
      return held
    }
    if (policy === 'Never') throw new NeverPull(`Container image "${name}" is not present with pull policy of Never`)
    const began = this.#clock.now()
    report('Normal', 'Pulling', `Pulling image "${name}"`)
    let failure: unknown
    for (const auth of [...await this.#auths(pod, name), undefined]) {
      try {
        const id = await this.#runtime.pullImage(name, auth)
        const image = await this.#runtime.imageStatus(id) ?? await this.#runtime.imageStatus(name)
        if (!image) throw new Error(`image "${name}" was pulled and is not there`)
        const took = ((this.#clock.now() - began) / 1000).toFixed(3).replace(/\.?0+$/, '') + 's'
        report('Normal', 'Pulled', `Successfully pulled image "${name}" in ${took} (${took} including waiting). Image size: ${image.size} bytes.`)
        return image
      } catch (error) { failure = error }
    }
    throw failure
  }

  #failed(pull: Pull, name: string, error: unknown, report: ImageReport): void {
    const text = error instanceof Error ? error.message : String(error)
    pull.failures++
    const wait = Math.min(firstRetryMs * 2 ** (pull.failures - 1), lastRetryMs), retryAt = this.#clock.now() + wait
    if (error instanceof NeverPull) {
      report('Warning', 'ErrImageNeverPull', text)
      pull.state = { type: 'failed', reason: 'ErrImageNeverPull', message: text, retryAt }
    } else {
      const message = isRuntimeError(error, 'InvalidArgument') ? `Failed to apply default image tag "${name}": ${text}` : `failed to pull and unpack image "${name}": ${text}`
      const reason = isRuntimeError(error, 'InvalidArgument') ? 'InvalidImageName' : 'ErrImagePull'
      report('Warning', 'Failed', `Failed to pull image "${name}": ${text}`)
      report('Warning', 'Failed', `Error: ${reason}`)
      pull.state = { type: 'failed', reason, message, retryAt }
      this.#clock.after(1_000, () => { // shown first as what happened, then as waiting
        if (this.#closed || pull.state.type !== 'failed' || reason === 'InvalidImageName') return
        pull.state = { ...pull.state, reason: 'ImagePullBackOff', message: `Back-off pulling image "${name}": ErrImagePull: ${message}` }
        report('Normal', 'BackOff', `Back-off pulling image "${name}"`)
        report('Warning', 'Failed', 'Error: ImagePullBackOff')
        this.#changed()
      })
    }
    this.#clock.after(wait, () => { if (!this.#closed) this.#changed() })
  }
}
class NeverPull extends Error {}
