import type { AnyObject } from '#machinery'

/**
 * What has been promised about objects and is not in the cache yet. A promise counts until the cache shows another version than the one it was made
 * about: that is what we wrote, or somebody was faster.
 */
export class Assumed<T extends AnyObject> {
  readonly #promised = new Map<string, { readonly about: string | undefined; readonly object: T }>()

  /** The object as it will be. */
  of(cached: T): T {
    const key = keyOf(cached), promise = this.#promised.get(key)
    if (!promise) return cached
    if (promise.about === cached.metadata.resourceVersion && promise.object.metadata.uid === cached.metadata.uid) return promise.object
    this.#promised.delete(key)
    return cached
  }
  add(object: T): void { this.#promised.set(keyOf(object), { about: object.metadata.resourceVersion, object }) }
  drop(object: T): void { this.#promised.delete(keyOf(object)) }
}
const keyOf = ({ metadata: { namespace = '', name } }: AnyObject): string => `${namespace}/${name}`
