// The caches of one process: one informer per kind, shared by everything in it.
import type { AnyObject, Kind } from '#machinery'
import type { Client } from './client.ts'
import { Informer, type InformerOptions } from './informer.ts'

export class Informers {
  readonly client: Client
  readonly #informers = new Map<string, Informer<AnyObject>>()
  readonly #options: ReadonlyMap<string, InformerOptions<AnyObject>>

  /**
   * `client` lists and watches for everybody. `select` says for which kinds only a part is watched, by "resource.group"
   * ("pods." for pods), e.g. a node's agent: `{ 'pods.': { fieldSelector: 'spec.nodeName=node-1' } }`.
   */
  constructor(client: Client, select: Readonly<Record<string, InformerOptions<AnyObject>>> = {}) {
    this.client = client
    this.#options = new Map(Object.entries(select))
  }

  /** The cache of a kind; starts it when nobody has. */
  of<T extends AnyObject>(kind: Kind<T>): Informer<T> {
    const key = `${kind.resource}.${kind.group}`
    let informer = this.#informers.get(key)
    if (!informer) {
      informer = new Informer(this.client, kind as Kind, this.#options.get(key))
      this.#informers.set(key, informer)
    }
    return informer as Informer<AnyObject> & Informer<T>
  }
  has(kind: Kind): boolean { return this.#informers.has(`${kind.resource}.${kind.group}`) }
  stop(): void { for (const informer of this.#informers.values()) informer.stop() }
}
