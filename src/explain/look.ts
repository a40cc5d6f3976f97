// What is asked of the cluster to explain an object: each list once, with a bound.
import { discover, type Client } from '#client'
import { is, type AnyObject, type Kind } from '#machinery'

/** Of no kind more objects are looked at. */
const mostPerKind = 5_000
const atOnce = 8

export interface Found { readonly kind: Kind; readonly object: AnyObject }

export class Look {
  readonly client: Client
  readonly #lists = new Map<string, Promise<readonly AnyObject[]>>()
  /** Kinds that may not be listed, or whose server does not answer. */
  readonly missing = new Set<string>()
  #kinds: Promise<readonly Kind[]> | undefined

  constructor(client: Client) { this.client = client }

  /** All objects of a kind (of one namespace); empty where they may not be seen. */
  list<T extends AnyObject>(kind: Kind<T>, namespace?: string): Promise<readonly T[]> {
    const key = `${kind.resource}.${kind.group}/${namespace ?? ''}`
    let list = this.#lists.get(key)
    if (!list) {
      list = this.client.list(kind, { ...(namespace !== undefined && { namespace }), limit: mostPerKind }).then(({ items }) => items, (error: unknown) => { this.missing.add(`${kind.resource}.${kind.group}`); if (is(error, 'Unauthorized')) throw error; return [] })
      this.#lists.set(key, list)
    }
    return list as Promise<readonly T[]>
  }
  /** What the server serves and lists. */
  kinds(): Promise<readonly Kind[]> {
    return this.#kinds ??= discover(this.client).then(({ kinds, missing }) => {
      for (const one of missing) this.missing.add(one)
      return kinds.filter(({ verbs }) => verbs.includes('list'))
    })
  }
  /** Objects of every kind (of a namespace, when one is given) for which `wanted` holds. */
  async everything(namespace: string | undefined, wanted: (object: AnyObject) => boolean, of: (kind: Kind) => boolean = () => true): Promise<Found[]> {
    const kinds = (await this.kinds()).filter((kind) => of(kind) && (namespace === undefined || kind.namespaced) && kind.resource !== 'events'), found: Found[] = []
    for (let i = 0; i < kinds.length; i += atOnce)
      for (const some of await Promise.all(kinds.slice(i, i + atOnce).map(async (kind) => (await this.list(kind, namespace)).filter(wanted).map((object) => ({ kind, object }))))) found.push(...some)
    return found
  }
}
