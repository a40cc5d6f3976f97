// The kinds that quotas limit, each followed from when a quota first names it: in the cache that others keep, or one of our own that keeps next to nothing.
import { discover, Informer, type Cluster } from '#client'
import { customResourceDefinition, deviceClass, deviceResourceClaim, kinds as builtIn, measuredResources, measureOf, pod, type QuotaSurroundings } from '#kinds'
import { qualified, same, type AnyObject, type Kind, type ResourceName } from '#machinery'
import { slim } from '../garbage/graph.ts'

interface Followed { readonly kind: Kind; readonly list: (namespace: string) => readonly AnyObject[]; readonly synced: Promise<void>; readonly stop: () => void }

const pageSize = 500
/** What cannot be listed in this time is counted later; the rest of the quota does not wait for it. */
const patienceMs = 10_000
/** Only what is made, found and removed like this can be counted; events are nobody's. */
const needed = ['create', 'delete', 'list', 'watch'] as const
const ignored = new Set(['events', 'events.events.k8s.io'])
const isCountable = ({ namespaced, verbs }: Kind): boolean => namespaced && needed.every((verb) => verbs.includes(verb))

export class FollowedKinds {
  readonly #cluster: Cluster
  readonly #changed: (namespace: string) => void
  readonly #followed = new Map<string, Followed>()
  #around: (() => void)[] | undefined
  readonly #stopForgetting: () => void

  /** `changed` is called whenever objects of a namespace may use another amount than before. */
  constructor(cluster: Cluster, changed: (namespace: string) => void) {
    this.#cluster = cluster
    this.#changed = changed
    this.#stopForgetting = cluster.watch(customResourceDefinition, ({ type, object: { spec: { group, names } } }) => { if (type === 'DELETED') this.#forget({ group, resource: names.plural }) })
  }
  stop(): void {
    this.#stopForgetting()
    for (const { stop } of this.#followed.values()) stop()
    for (const stop of this.#around ?? []) stop()
  }

  /** The objects of a resource in a namespace, complete; undefined when the server does not serve such a resource, 'late' when it does not answer. */
  async objects(resource: ResourceName, namespace: string): Promise<readonly AnyObject[] | 'late' | undefined> {
    const followed = await this.#of(resource)
    if (!followed) return undefined
    return await this.#inTime(followed.synced) ? followed.list(namespace) : 'late'
  }
  async #inTime(synced: Promise<void>): Promise<boolean> {
    const late = Promise.withResolvers<boolean>(), cancel = this.#cluster.clock.after(patienceMs, () => late.resolve(false))
    try { return await Promise.race([synced.then(() => true), late.promise]) } finally { cancel() }
  }
  /** The same as the server has them now: caches may not have heard of what is charged already. */
  async fresh(resource: ResourceName, namespace: string): Promise<readonly AnyObject[] | undefined> {
    const kind = (await this.#of(resource))?.kind, objects: AnyObject[] = []
    if (!kind) return undefined
    for (let next: string | undefined, more = true; more; more = next !== undefined) {
      const page = await this.#cluster.client.list(kind, { namespace, limit: pageSize, ...(next && { continue: next }) })
      for (const object of page.items) objects.push(object)
      next = page.continue || undefined
    }
    return objects
  }

  async #of(resource: ResourceName): Promise<Followed | undefined> {
    let followed = this.#followed.get(qualified(resource))
    if (!followed) {
      if (ignored.has(qualified(resource))) return undefined
      const kind = builtIn.find((k) => k.resource === resource.resource && k.group === resource.group) ?? await this.#discovered(resource)
      if (!kind || !isCountable(kind)) return undefined
      followed = this.#followed.get(qualified(resource)) ?? this.#follow(kind)
      this.#followed.set(qualified(resource), followed)
    }
    return followed
  }

  /** Nobody serves it any more: asking for it again and again would never end. */
  #forget(resource: ResourceName): void {
    this.#followed.get(qualified(resource))?.stop()
    this.#followed.delete(qualified(resource))
  }

  /** What claims for devices are measured by. */
  async surroundings(): Promise<QuotaSurroundings> {
    const heard = () => {} // they are read when something is counted
    this.#around ??= [this.#cluster.watch(deviceClass, heard), this.#cluster.watch(pod, heard), this.#cluster.watch(deviceResourceClaim, heard)]
    await this.#cluster.synced([deviceClass, pod, deviceResourceClaim])
    return {
      deviceClass: (name) => this.#cluster.get(deviceClass, { name }), pod: (namespace, name) => this.#cluster.get(pod, { namespace, name }),
      claims: (namespace) => this.#cluster.list(deviceResourceClaim, { namespace }),
    }
  }

  async #discovered({ group, resource }: ResourceName): Promise<Kind | undefined> {
    const { kinds } = await discover(this.#cluster.client)
    return kinds.find((kind) => kind.group === group && kind.resource === resource)
  }

  #follow(kind: Kind): Followed {
    const measure = measureOf(kind), isMeasured = measuredResources.some((m) => same(m, { group: kind.group, resource: kind.resource }))
    const seen = ({ object, old, type }: { readonly type: string; readonly object: AnyObject; readonly old: AnyObject | undefined }) => {
      const now = this.#cluster.clock.now()
      if (type === 'MODIFIED' && old && same(measure.usage(object, now), measure.usage(old, now)) && !measure.moves?.(object, old) && !measure.changesAt?.(object)) return
      this.#changed(object.metadata.namespace ?? '')
    }
    if (isMeasured || this.#cluster.caches(kind)) {
      const stop = this.#cluster.watch<AnyObject>(kind, seen)
      return { kind, list: (namespace) => this.#cluster.list(kind, { namespace }), synced: this.#cluster.synced([kind]), stop }
    }
    const informer = new Informer<AnyObject>(this.#cluster.client, kind, { keep: slim })
    informer.watch(seen)
    return { kind, list: (namespace) => informer.list({ namespace }), synced: informer.synced(), stop: () => informer.stop() }
  }
}
