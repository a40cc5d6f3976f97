// What is configured by few objects and asked about by many writes: kept by namespace as it changes, so that a namespace without any costs nothing.
import type { AnyObject, Kind } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'

export class ByNamespace<T extends AnyObject> {
  readonly #all = new Map<string, readonly T[]>()

  get isEmpty(): boolean { return this.#all.size === 0 }
  /** In order of their names. */
  in(namespace: string): readonly T[] { return this.#all.get(namespace) ?? none }

  /** Takes in what there is and every change of it. Returns what stops it. */
  follow(objects: ObjectReader, kind: Kind<T>): () => void {
    return objects.follow(kind, ({ object, old }) => {
      const { name, namespace = '' } = (object ?? old)!.metadata
      const others = this.in(namespace).filter(({ metadata }) => metadata.name !== name)
      const now = object ? [...others, object].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) : others
      if (now.length > 0) this.#all.set(namespace, now)
      else this.#all.delete(namespace)
    })
  }
}
const none: readonly never[] = []
