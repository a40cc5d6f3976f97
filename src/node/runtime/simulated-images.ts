import { fullImageName } from './image-name.ts'
import type { Image } from './values.ts'

/** The images of a simulated node: any name can be had, and is there once it was pulled. */
export class SimulatedImages {
  /** By the full name. */
  readonly #byName = new Map<string, Image>()

  add(asked: string): Image {
    const name = fullImageName(asked)
    const known = this.#byName.get(name)
    if (known) return known
    const image: Image = { id: `sha256:${digest(name)}`, repoTags: name.includes('@') ? [] : [name], repoDigests: name.includes('@') ? [name] : [], size: 1 << 20, uid: undefined, username: '', pinned: false }
    this.#byName.set(name, image)
    return image
  }

  /** By its name or its id. */
  find(image: string): Image | undefined {
    return this.#byName.get(fullImageName(image)) ?? (image.startsWith('sha256:') ? this.all().find(({ id }) => id === image) : undefined)
  }

  remove(image: string): void {
    const found = this.find(image)
    if (found) for (const name of [...found.repoTags, ...found.repoDigests]) this.#byName.delete(name)
  }

  all(): readonly Image[] { return [...this.#byName.values()] }
}

/** 64 hex digits that differ for different names; nobody checks them. */
function digest(name: string): string {
  let hash = 0xcbf29ce484222325n
  let out = ''
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < name.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(name.charCodeAt(i))) * 0x100000001b3n)
    out += hash.toString(16).padStart(16, '0')
  }
  return out
}
