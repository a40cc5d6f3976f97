// What follows from a text, remembered for the next text that is the same. Texts are told apart by their length and then by comparing, which ends at the
// first difference: a map would make a hash of every new text first, which takes longer than all the rest (1 ns for each character).

interface Entry<T> { readonly pieces: readonly string[]; readonly value: T }

/** As many texts of one length are remembered: each is compared with a new one. */
const mostOfLength = 16

export class TextMemo<T> {
  readonly #most: number
  readonly #byLength = new Map<number, Entry<T>[]>()
  #count = 0

  /** `most`: so many texts are remembered; one more, and all begins anew. */
  constructor(most: number) { this.#most = most }

  /** `blank`: a part of the text, wherever it is in it, in whose place another of the same length may be the next time. */
  get(text: string, blank?: string): T | undefined {
    const entries = this.#byLength.get(text.length)
    if (!entries) return undefined
    const pieces = piecesOf(text, blank)
    for (const entry of entries) if (areSame(entry.pieces, pieces)) return entry.value
    return undefined
  }

  set(text: string, value: T, blank?: string): void {
    if (this.#count >= this.#most) { this.#byLength.clear(); this.#count = 0 }
    let entries = this.#byLength.get(text.length)
    if (!entries) this.#byLength.set(text.length, entries = [])
    if (entries.length < mostOfLength) this.#count++
    else entries.shift()
    entries.push({ pieces: piecesOf(text, blank), value })
  }
}

const piecesOf = (text: string, blank: string | undefined): readonly string[] => (blank === undefined ? [text] : text.split(blank))
function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
