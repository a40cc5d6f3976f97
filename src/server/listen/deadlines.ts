// When an answer is due: a minute after the request, or as soon as the client says (timeout=10s). Watches and followed logs begin their answer in time.
import { ApiError, badRequest, DurationError, parseDuration } from '#machinery'

/** What must be over by some time. Whatever is over refers to nothing any more, so that nothing younger is kept alive by it. */
export interface Pending {
  /** By the clock that nobody sets. */
  readonly since: number
  late: () => void
  cancel: (() => void) | undefined
  isOpen: boolean
  before: Pending | undefined
  after: Pending | undefined
}

/** Things that must be over in time, in order of their beginning. */
export class Deadlines {
  readonly #ms: number
  #first: Pending | undefined
  #last: Pending | undefined
  /** The next look at them; a server that is asked nothing sleeps. */
  #sweep: NodeJS.Timeout | undefined

  constructor(ms: number) { this.#ms = ms }

  /** `late` is called unless it ends before: after the time that holds for all, or after `ownMs` where that is shorter. */
  begin(late: () => void, ownMs?: number): Pending {
    const pending: Pending = { since: performance.now(), late, cancel: undefined, isOpen: true, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = pending
    else this.#first = pending
    this.#last = pending
    this.#sweep ??= this.#later()
    if (ownMs !== undefined && ownMs > 0 && ownMs < this.#ms) {
      const timer = setTimeout(() => { if (this.end(pending)) late() }, ownMs)
      pending.cancel = () => { clearTimeout(timer) }
    }
    return pending
  }
  /** False when it comes too late: `late` has been called. */
  end(pending: Pending): boolean {
    if (!pending.isOpen) return false
    const { before, after } = pending
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    pending.cancel?.()
    pending.isOpen = false
    pending.before = pending.after = pending.cancel = undefined
    pending.late = nothing
    return true
  }
  stop(): void { clearTimeout(this.#sweep) }

  #later(): NodeJS.Timeout { return setTimeout(() => { this.#lookForLate() }, Math.max(10, this.#ms / 60)).unref() }
  #lookForLate(): void {
    const oldest = performance.now() - this.#ms
    while (this.#first && this.#first.since <= oldest) {
      const { late } = this.#first
      this.end(this.#first)
      late()
    }
    this.#sweep = this.#first ? this.#later() : undefined
  }
}
const nothing = () => {}

/** The time that a URL names for its answer, in milliseconds. Throws BadRequest when it is none. */
export function timeoutOf(url: string): number | undefined {
  const given = url.includes('timeout=') ? /[?&]timeout=([^&]*)/.exec(url)?.[1] : undefined
  if (!given) return undefined
  try {
    return parseDuration(decodeURIComponent(given))
  } catch (error) {
    if (error instanceof DurationError || error instanceof URIError) throw badRequest(`invalid timeout specified in the request URL - ${error.message}`)
    throw error
  }
}

/** 504 in the reference's words. */
export const tooLate = (): ApiError => new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', {})
