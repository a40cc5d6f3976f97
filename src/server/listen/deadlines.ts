// When an answer is due: a minute after the request, or as soon as the client says (timeout=10s). Watches and followed logs begin their answer in time.
import { ApiError, badRequest, DurationError, parseDuration } from '#machinery'

export interface Pending { readonly since: number; late(): void; cancel?(): void }

/** Requests that are being answered. */
export class Deadlines {
  readonly #ms: number
  readonly #pending = new Set<Pending>()
  /** The next look at them; a server that is asked nothing sleeps. */
  #sweep: NodeJS.Timeout | undefined

  constructor(ms: number) { this.#ms = ms }

  /** Throws BadRequest when the URL names a time that is none. */
  begin(url: string, late: () => void): Pending {
    const own = timeoutOf(url)
    const pending: Pending = { since: Date.now(), late }
    this.#pending.add(pending)
    this.#sweep ??= this.#later()
    if (own !== undefined && own > 0 && own < this.#ms) {
      const timer = setTimeout(() => { if (this.#pending.delete(pending)) late() }, own)
      pending.cancel = () => { clearTimeout(timer) }
    }
    return pending
  }
  /** False when the answer comes too late: another one has been given. */
  end(pending: Pending): boolean {
    pending.cancel?.()
    return this.#pending.delete(pending)
  }
  stop(): void { clearTimeout(this.#sweep) }

  #later(): NodeJS.Timeout { return setTimeout(() => { this.#lookForLate() }, Math.max(10, this.#ms / 60)).unref() }
  #lookForLate(): void {
    const oldest = Date.now() - this.#ms
    for (const each of this.#pending) {
      if (each.since > oldest) break // they are in order of their beginning
      this.#pending.delete(each)
      each.late()
    }
    this.#sweep = this.#pending.size > 0 ? this.#later() : undefined
  }
}

function timeoutOf(url: string): number | undefined {
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
