// Calling again: what changes an object may concern whoever was called before, so those who want it are called a second time.
import { same, type LooseObject } from '#machinery'
import type { AdmissionAttributes } from './admission.ts'

/** What a mutating plugin remembers of the first round for the second. */
export class Round {
  readonly #reinvocation: AdmissionAttributes['reinvocation']
  #last: LooseObject | undefined
  #invoked = new Set<string>()
  readonly #again = new Set<string>()

  private constructor(reinvocation: AdmissionAttributes['reinvocation']) { this.#reinvocation = reinvocation }

  /** The plugin's round for this write. When others have changed the object since the last one, everybody who wants to is called again. */
  static of({ object, reinvocation }: Pick<AdmissionAttributes, 'object' | 'reinvocation'>, plugin: string): Round {
    const round = (reinvocation.memory?.get(plugin) as Round | undefined) ?? new Round(reinvocation)
    ;(reinvocation.memory ??= new Map()).set(plugin, round)
    if (reinvocation.again && !same(round.#last, object)) round.#callAgain()
    return round
  }

  /** Whether somebody is left out: who was not called the first time, or need not be called again, is not called the second. */
  leavesOut(id: string): boolean { return this.#reinvocation.again && !this.#again.has(id) }
  /** Notes that the object has changed. */
  changed(): void {
    this.#callAgain()
    this.#reinvocation.requested = true
  }
  /** Notes that somebody was called who wants to be again when the object changes. */
  wantsMore(id: string): void { this.#invoked.add(id) }
  end(object: LooseObject | undefined): void { this.#last = structuredClone(object) }

  #callAgain(): void {
    for (const id of this.#invoked) this.#again.add(id)
    this.#invoked = new Set()
  }
}
