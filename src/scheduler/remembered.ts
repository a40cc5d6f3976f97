// What was found out about nodes for a pod, kept for the next pod that asks for the same: it holds until the node changes.
import type { NodeInfo } from './node-info.ts'

/** Different pods for which something is remembered; the one that came longest ago goes. */
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

export class RememberedByPod<T> {
  readonly #byPod = new Map<string, Remembered<T>>()
  /** What is remembered for pods of this signature. */
  of(signature: string): Remembered<T> {
    const known = this.#byPod.get(signature) ?? new Remembered<T>()
    this.#byPod.delete(signature)
    this.#byPod.set(signature, known)
    if (this.#byPod.size > mostPods) for (const oldest of this.#byPod.keys()) { this.#byPod.delete(oldest); break }
    return known
  }
}
