// What was found out about nodes for a pod, kept for the next pod that asks for the same: it holds until the node changes.
import type { NodeInfo } from './node-info.ts'

/** Different pods for which something is remembered. */
const mostPods = 64

export class Remembered<T> {
  readonly #versions: number[] = []
  readonly #values: T[] = []
  of(node: NodeInfo): T | undefined { return this.#versions[node.index] === node.version ? this.#values[node.index] : undefined }
  set(node: NodeInfo, value: T): void {
    this.#versions[node.index] = node.version
    this.#values[node.index] = value
  }
}

/** Values for pods of one signature; of more than `most`, the one that was asked for longest ago goes. */
export class BySignature<V> {
  readonly #most: number
  readonly #values = new Map<string, V>()
  constructor(most = mostPods) { this.#most = most }

  get(signature: string): V | undefined {
    const value = this.#values.get(signature)
    if (value !== undefined) this.set(signature, value)
    return value
  }
  set(signature: string, value: V): void {
    this.#values.delete(signature)
    this.#values.set(signature, value)
    if (this.#values.size > this.#most) for (const oldest of this.#values.keys()) { this.#values.delete(oldest); break }
  }
  delete(signature: string): void { this.#values.delete(signature) }
}

export class RememberedByPod<T> {
  readonly #byPod = new BySignature<Remembered<T>>()
  /** What is remembered for pods of this signature. */
  of(signature: string): Remembered<T> {
    const known = this.#byPod.get(signature) ?? new Remembered<T>()
    this.#byPod.set(signature, known)
    return known
  }
}
