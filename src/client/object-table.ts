// Objects by name, with indexes that are built when first asked for and kept from then on.
import type { AnyObject, Kind } from '#machinery'
import type { Target } from './client.ts'

/** A way to look objects up. Define it once (`const podsByNode = indexOf(pod, ...)`); each cache builds it on first use. */
export interface Index<T extends AnyObject> { readonly kind: Kind<T>; readonly values: Values<T> }
type Values<T> = (object: T) => readonly string[]
export const indexOf = <T extends AnyObject>(kind: Kind<T>, values: Values<T>): Index<T> => ({ kind, values })

export const byNamespace = (object: AnyObject): readonly string[] => [object.metadata.namespace ?? '']
export const byOwner = (object: AnyObject): readonly string[] => object.metadata.ownerReferences?.map((owner) => owner.uid) ?? []

const keyOf = (target: Target): string => `${target.namespace ?? ''}/${target.name}`

export class ObjectTable<T extends AnyObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<Values<T>, Map<string, Map<string, T>>>()

  get size(): number { return this.#objects.size }
  get(target: Target): T | undefined { return this.#objects.get(keyOf(target)) }
  all(): readonly T[] { return [...this.#objects.values()] }

  set(object: T): void {
    const key = keyOf(object.metadata)
    const old = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const [values, index] of this.#indexes) {
      if (old) remove(index, values(old), key)
      insert(index, values(object), key, object)
    }
  }

  /** Whether it was there. */
  delete(target: Target): boolean {
    const key = keyOf(target)
    const old = this.#objects.get(key)
    if (!old) return false
    this.#objects.delete(key)
    for (const [values, index] of this.#indexes) remove(index, values(old), key)
    return true
  }

  by(values: Values<T>, value: string): readonly T[] {
    let index = this.#indexes.get(values)
    if (!index) {
      index = new Map()
      for (const [key, object] of this.#objects) insert(index, values(object), key, object)
      this.#indexes.set(values, index)
    }
    const found = index.get(value)
    return found ? [...found.values()] : []
  }
}

function insert<T>(index: Map<string, Map<string, T>>, values: readonly string[], key: string, object: T): void {
  for (const value of values) {
    const there = index.get(value)
    if (there) there.set(key, object)
    else index.set(value, new Map([[key, object]]))
  }
}
function remove<T>(index: Map<string, Map<string, T>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const there = index.get(value)
    there?.delete(key)
    if (there?.size === 0) index.delete(value)
  }
}
