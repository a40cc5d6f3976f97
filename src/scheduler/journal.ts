// What has changed lately, in order: who has looked at everything once need only look at what came since.

/** More than this is not kept; who has not looked for so long looks at everything. */
const mostKept = 16_384

export class Journal<T> {
  readonly #entries: T[] = []
  #first = 0

  /** A position: everything noted from now on comes after it. */
  get end(): number { return this.#first + this.#entries.length }
  note(changed: T): void {
    this.#entries.push(changed)
    if (this.#entries.length > mostKept) this.#first += this.#entries.splice(0, mostKept / 2).length
  }
  /** What was noted from a position on, once for each time; undefined when that is not known any more. */
  since(position: number): readonly T[] | undefined { return position < this.#first ? undefined : this.#entries.slice(position - this.#first) }
}
