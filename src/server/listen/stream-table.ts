// Node keeps the streams of an HTTP/2 connection in a Map, and one that much comes to and goes from is a leak of young objects: it is rebuilt each time as many streams have gone
// as it has room for, its old table keeps what was in it, and once one of those tables has grown old, every stream (2 KB, and whatever its listeners hold) outlives
// the collections of young objects. They then take ten times as long, and a full one is due every few seconds of load. So the Map is given a place in front
// that is never rebuilt.
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'

/** A power of two: so many streams at once have places of their own, as a rule; the others are where they would be without this. */
const places = 128
/** The versions whose inside this knows. */
const knownNode = /^24\./

/** A Map whose keys are ids of a client's streams: odd, and each larger than the one before (RFC 9113, section 5.1.1). It goes through them in no particular order. */
export class StreamTable<T> extends Map<number, T> {
  readonly #ids = new Array<number>(places).fill(0)
  readonly #streams = new Array<T | undefined>(places).fill(undefined)
  #count = 0

  override get size(): number { return this.#count + super.size }
  override get(id: number): T | undefined {
    const place = placeOf(id)
    return this.#ids[place] === id ? this.#streams[place] : super.get(id)
  }
  override has(id: number): boolean { return this.#ids[placeOf(id)] === id || super.has(id) }
  override set(id: number, stream: T): this {
    const place = placeOf(id)
    if (this.#ids[place] !== id) {
      if (this.#ids[place] !== 0 || super.has(id)) return super.set(id, stream)
      this.#ids[place] = id
      this.#count++
    }
    this.#streams[place] = stream
    return this
  }
  override delete(id: number): boolean {
    const place = placeOf(id)
    if (this.#ids[place] !== id) return super.delete(id)
    this.#ids[place] = 0
    this.#streams[place] = undefined
    this.#count--
    return true
  }
  override clear(): void { for (const id of [...this.keys()]) this.delete(id) }
  override forEach(each: (stream: T, id: number, all: Map<number, T>) => void): void { for (const [id, stream] of this) each(stream, id, this) }
  override * entries(): MapIterator<[number, T]> {
    for (const [place, id] of this.#ids.entries()) if (id !== 0) yield [id, this.#streams[place]!]
    yield* super.entries()
  }
  override * keys(): MapIterator<number> { for (const [id] of this.entries()) yield id }
  override * values(): MapIterator<T> { for (const [, stream] of this.entries()) yield stream }
  override [Symbol.iterator](): MapIterator<[number, T]> { return this.entries() }
}
const placeOf = (id: number): number => id >>> 1 & places - 1

interface State { streams?: { readonly size?: number } }
/** Gives a new connection such a table; false where Node is another than those this was made for, and all stays as it is. */
export function keepStreamsApart(session: ServerHttp2Session | { readonly [field: symbol]: State | undefined }): boolean {
  const key = knownNode.test(process.versions.node) && Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state')
  const state = key && (session as { readonly [field: symbol]: State | undefined })[key]
  if (!state || state.streams?.size !== 0) return false
  state.streams = new StreamTable<ServerHttp2Stream>()
  return true
}
