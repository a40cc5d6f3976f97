// How the parts of the server look at stored objects: decoded, frozen, shared; from memory, at once.
import type { AnyObject, Kind } from '#machinery'

export interface Change<T> {
  /** undefined: deleted. */
  readonly object: T | undefined
  /** undefined: new. */
  readonly old: T | undefined
}

/** Objects as of the newest durable revision. Never change what comes back. */
export interface ObjectReader {
  get<T extends AnyObject>(kind: Kind<T>, name: string, namespace?: string): T | undefined
  /** All objects of a kind (in a namespace), in key order. Decodes what is not in the cache: for rare, small or indexed use. */
  list<T extends AnyObject>(kind: Kind<T>, namespace?: string): readonly T[]
  /** To be awaited, where it is a promise, before custom resources are read that others have to convert: one, or all of a namespace. */
  prepare?(kind: Kind, namespace?: string, name?: string): Promise<void> | undefined
  /** Calls `seen` for every object there is, then for every change, in order; synchronously once durable. Returns a stop function. */
  follow<T extends AnyObject>(kind: Kind<T>, seen: (change: Change<T>) => void): () => void
}
