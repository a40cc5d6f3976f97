// Values by the very bytes that stand for them, for as long as these are on their way to the disk. A Map would do, were it not for its past: one that much comes to
// and goes from is rebuilt again and again, V8 ties each old table to the next, and once one of them has grown old, all that came after it, with whatever they held,
// stays until the next full collection.

/** So many at once; the oldest gives way. */
const most = 256

export class FreshValues<T> {
  readonly #keys = new Array<Uint8Array | undefined>(most).fill(undefined)
  readonly #values = new Array<T | undefined>(most).fill(undefined)
  /** What there is lies from here on, with gaps ... */
  #from = 0
  /** ... before this place. Both only grow. */
  #to = 0
  /** Where the last one was found: the next one is asked for next, as a rule. */
  #last = 0

  set(key: Uint8Array, value: T): void {
    if (this.#to - this.#from >= most) this.#from++
    this.#keys[this.#to % most] = key
    this.#values[this.#to++ % most] = value
  }
  get(key: Uint8Array): T | undefined {
    const place = this.#placeOf(key)
    return place < 0 ? undefined : this.#values[place % most]
  }
  /** Takes it out, and returns it. */
  take(key: Uint8Array): T | undefined {
    const place = this.#placeOf(key)
    if (place < 0) return undefined
    const value = this.#values[place % most]
    this.#keys[place % most] = this.#values[place % most] = undefined
    while (this.#from < this.#to && this.#keys[this.#from % most] === undefined) this.#from++
    return value
  }

  #placeOf(key: Uint8Array): number {
    const keys = this.#keys, to = this.#to
    for (let place = Math.max(this.#last, this.#from), near = Math.min(place + 2, to); place < near; place++) if (keys[place % most] === key) return this.#last = place
    for (let place = this.#from; place < to; place++) if (keys[place % most] === key) return this.#last = place
    return -1
  }
}
