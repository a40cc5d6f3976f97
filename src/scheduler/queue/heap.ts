// A binary heap from which any entry can be taken: the smallest comes first.

export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean
  readonly #items: T[] = []
  readonly #at = new Map<T, number>()
  constructor(before: (a: T, b: T) => boolean) { this.#before = before }

  get size(): number { return this.#items.length }
  get first(): T | undefined { return this.#items[0] }
  has(item: T): boolean { return this.#at.has(item) }
  values(): readonly T[] { return this.#items }

  add(item: T): void {
    if (this.#at.has(item)) return
    this.#set(this.#items.length, item)
    this.#up(this.#items.length - 1)
  }
  delete(item: T): boolean {
    const i = this.#at.get(item)
    if (i === undefined) return false
    this.#at.delete(item)
    const last = this.#items.pop()!
    if (last !== item) { this.#set(i, last); this.#up(i); this.#down(this.#at.get(last)!) }
    return true
  }
  take(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(first)
    return first
  }

  #set(i: number, item: T): void { this.#items[i] = item; this.#at.set(item, i) }
  #swap(i: number, j: number): void { const a = this.#items[i]!; this.#set(i, this.#items[j]!); this.#set(j, a) }
  #up(i: number): void {
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#before(this.#items[i]!, this.#items[parent]!)) return
      this.#swap(i, parent)
      i = parent
    }
  }
  #down(i: number): void {
    for (;;) {
      const left = 2 * i + 1, right = left + 1
      let least = i
      if (left < this.#items.length && this.#before(this.#items[left]!, this.#items[least]!)) least = left
      if (right < this.#items.length && this.#before(this.#items[right]!, this.#items[least]!)) least = right
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }
}
