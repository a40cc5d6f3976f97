// Things that come and go, in the order of their coming. A Set would do, were it not for its past: one that much comes to and goes from is rebuilt again and again,
// V8 ties each old table to the next, and once one of them has grown old, all that came after it stays until the next full collection.

/** Somebody's place. Whoever has left it refers to nothing any more. */
export interface Place<T> { one: T | undefined; before: Place<T> | undefined; after: Place<T> | undefined }

export class Crowd<T> {
  #first: Place<T> | undefined
  #last: Place<T> | undefined
  #size = 0

  get size(): number { return this.#size }

  add(one: T): Place<T> {
    const place: Place<T> = { one, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = place
    else this.#first = place
    this.#last = place
    this.#size++
    return place
  }
  /** A second time it does nothing. */
  remove(place: Place<T>): void {
    if (place.one === undefined) return
    const { before, after } = place
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    place.one = place.before = place.after = undefined
    this.#size--
  }
  * [Symbol.iterator](): Generator<T> { for (let place = this.#first; place; place = place.after) yield place.one! }
}
