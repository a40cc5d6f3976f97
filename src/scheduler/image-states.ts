// Which images are on how many nodes.
import type { NodeStatus } from '#kinds'

export class ImageStates {
  readonly #byNode = new Map<string, ReadonlyMap<string, number>>()
  readonly #nodes = new Map<string, number>()
  readonly #seen = new Map<string, NodeStatus['images']>()

  /** The images of a node, by all their names; undefined: the node is gone. */
  set(node: string, images: NodeStatus['images']): void {
    if (images !== undefined && this.#seen.get(node) === images) return
    for (const name of this.#byNode.get(node)?.keys() ?? []) {
      const left = this.#nodes.get(name)! - 1
      if (left > 0) this.#nodes.set(name, left)
      else this.#nodes.delete(name)
    }
    if (!images?.length) { this.#byNode.delete(node); this.#seen.delete(node); return }
    const sizes = new Map<string, number>()
    for (const image of images) for (const name of image.names ?? []) sizes.set(name, Number(image.sizeBytes ?? 0))
    for (const name of sizes.keys()) this.#nodes.set(name, (this.#nodes.get(name) ?? 0) + 1)
    this.#byNode.set(node, sizes)
    this.#seen.set(node, images)
  }
  /** The size in bytes of an image that the node has. */
  sizeOn(node: string, image: string): number | undefined { return this.#byNode.get(node)?.get(image) }
  /** On how many nodes it is. */
  spread(image: string): number { return this.#nodes.get(image) ?? 0 }
}
