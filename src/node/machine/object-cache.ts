// ConfigMaps, Secrets and claims that pods of this node refer to: each is watched alone, as long as a pod needs it. A node may see no others.
import { is, type AnyObject, type Kind } from '#machinery'
import { Informer, type Client } from '#client'

/** So long the first read may take before its error is asked for. */
const firstReadMs = 10_000

interface Held { readonly informer: Informer<AnyObject>; readonly users: Set<string> }

export class ObjectCache {
  readonly #client: Client
  readonly #changed: (podUid: string) => void
  readonly #held = new Map<string, Held>()

  /** `changed` is called for each pod that uses an object, after it was changed, made or deleted. */
  constructor(client: Client, changed: (podUid: string) => void) {
    this.#client = client
    this.#changed = changed
  }

  /** The object as it is now, undefined when there is none. Rejects with ApiError when it cannot be read. From now on the pod hears of changes. */
  async read<T extends AnyObject>(podUid: string, kind: Kind<T>, namespace: string, name: string): Promise<T | undefined> {
    return await this.#from(this.#use(podUid, kind, namespace, name), namespace, name)
  }
  /** The same for nobody in particular: from the watch of a pod that uses it, else asked for once. */
  async get<T extends AnyObject>(kind: Kind<T>, namespace: string, name: string): Promise<T | undefined> {
    const held = this.#held.get(keyOf(kind, namespace, name))
    return held ? await this.#from(held.informer as Informer<AnyObject> & Informer<T>, namespace, name) : await this.#ask(kind, namespace, name)
  }
  /** Begins to read what will be needed. */
  expect(podUid: string, kind: Kind, namespace: string, name: string): void { this.#use(podUid, kind, namespace, name) }

  /** The pod needs nothing any more. */
  release(podUid: string): void {
    for (const [key, held] of this.#held) {
      if (!held.users.delete(podUid) || held.users.size > 0) continue
      held.informer.stop()
      this.#held.delete(key)
    }
  }
  stop(): void {
    for (const { informer } of this.#held.values()) informer.stop()
    this.#held.clear()
  }

  async #from<T extends AnyObject>(informer: Informer<T>, namespace: string, name: string): Promise<T | undefined> {
    return await informer.syncedWithin(firstReadMs) ? informer.get({ namespace, name }) : await this.#ask(informer.kind, namespace, name) // which says what is wrong
  }
  async #ask<T extends AnyObject>(kind: Kind<T>, namespace: string, name: string): Promise<T | undefined> {
    try { return await this.#client.get(kind, { namespace, name }) } catch (error) {
      if (is(error, 'NotFound')) return undefined
      throw error
    }
  }

  #use<T extends AnyObject>(podUid: string, kind: Kind<T>, namespace: string, name: string): Informer<T> {
    const key = keyOf(kind, namespace, name)
    let held = this.#held.get(key)
    if (!held) {
      const informer = new Informer(this.#client, kind as Kind, { namespace, fieldSelector: `metadata.name=${name}` }), users = new Set<string>()
      this.#held.set(key, held = { informer, users })
      void informer.synced().then(() => {
        let replayed = false
        informer.watch(() => { if (replayed) for (const user of users) this.#changed(user) })
        replayed = true
      }, () => {})
    }
    held.users.add(podUid)
    return held.informer as Informer<AnyObject> & Informer<T>
  }
}

const keyOf = (kind: { readonly resource: string }, namespace: string, name: string): string => `${kind.resource}/${namespace}/${name}`
