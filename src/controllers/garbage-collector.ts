// Deletes what nobody owns any more: objects whose owners are all gone, dependents of owners that wait for them (foreground),
// and frees those of owners that let them live (orphan).
import { discover, drain, Informer, WorkQueue, type Cluster } from '#client'
import { apiService, customResourceDefinition } from '#kinds'
import { is, type AnyObject, type Kind } from '#machinery'
import { Collector } from './garbage/collect.ts'
import { groupOf, OwnerGraph, slim, type Touched } from './garbage/graph.ts'
import type { Part } from './part.ts'

const usualWorkers = 20
const retryDiscoveryMs = 5_000
const syncMs = 30_000

interface Followed { readonly kind: Kind; readonly stop: () => void; readonly synced: Promise<void> }

export const garbageCollector: Part = {
  name: 'garbage-collector', identity: 'generic-garbage-collector', component: 'garbage-collector-controller',
  start(cluster, workers = usualWorkers) {
    const collector = new GarbageCollector(cluster, workers)
    return () => collector.stop()
  },
}

class GarbageCollector {
  readonly #cluster: Cluster
  readonly #workers: number
  readonly #graph = new OwnerGraph()
  readonly #queue: WorkQueue
  readonly #collector: Collector
  /** Kinds that are watched, by "resource.group". */
  readonly #watched = new Map<string, Followed>()
  readonly #byName = new Map<string, Kind>()
  /** In which versions kinds are served. */
  #named: ReadonlySet<string> = new Set()
  readonly #stops: (() => void)[] = []
  readonly #running: Promise<void>
  #discovering: Promise<void> | undefined
  #stale = false
  #stopped = false
  #cancelRetry = () => {}
  /** Ends a wait for caches. */
  #hurry = () => {}

  constructor(cluster: Cluster, workers: number) {
    this.#workers = workers
    this.#cluster = cluster
    this.#queue = new WorkQueue(cluster.clock)
    this.#collector = new Collector(cluster.client, this.#graph, (apiVersion, kind) => this.#kindOf(apiVersion, kind))
    this.#running = this.#start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry()
    this.#hurry()
    for (const stop of this.#stops) stop()
    for (const { stop } of this.#watched.values()) stop()
    this.#queue.close()
    await this.#running
    await this.#discovering
  }

  async #start(): Promise<void> {
    await this.#rediscover()
    // New kinds come with definitions and aggregated servers.
    for (const kind of [customResourceDefinition, apiService] as Kind[])
      this.#stops.push(this.#cluster.watch(kind, () => { void this.#rediscover() }))
    await drain(this.#queue, this.#workers, (key) => this.#work(key), (key, error) => this.#failed(key, error))
  }

  async #work(key: string): Promise<void> {
    const orphaning = key.startsWith(orphanKey), item = this.#graph.get(orphaning ? key.slice(orphanKey.length) : key)
    if (item && orphaning) await this.#collector.orphanDependents(item)
    else if (item) for (const uid of await this.#collector.collect(item)) this.#queue.add(uid)
    this.#queue.forget(key)
  }
  #failed(key: string, error: unknown): void {
    if (this.#stopped) return
    if (!is(error, 'Conflict')) this.#cluster.log.debug('an object could not be collected; trying again', { key, error })
    this.#queue.retry(key)
  }

  #touch({ items, orphaning, foreign }: Touched): void {
    for (const { item: { kind, name, namespace = '', uid }, owner } of foreign) {
      const metadata = { name, uid, resourceVersion: '', creationTimestamp: '', ...(namespace && { namespace }) }
      this.#cluster.events.record<AnyObject>(kind, { apiVersion: kind.apiVersion, kind: kind.kind, metadata }, 'Warning', 'OwnerRefInvalidNamespace',
        `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace ${JSON.stringify(namespace)}`)
    }
    for (const uid of items) this.#queue.add(uid)
    for (const uid of orphaning) this.#queue.add(orphanKey + uid)
  }
  #seen(kind: Kind, deleted: boolean, object: AnyObject): void {
    if (!deleted) { this.#touch(this.#graph.set(kind, object)); return }
    const { name, namespace, uid } = object.metadata
    this.#collector.noteGone({ apiVersion: kind.apiVersion, kind: kind.kind, name, uid }, namespace)
    this.#touch(this.#graph.delete(object.metadata.uid))
  }

  #kindOf(apiVersion: string, name: string): Kind {
    const kind = this.#byName.get(`${groupOf(apiVersion)}/${name}`)
    if (!kind || !this.#named.has(`${apiVersion}/${name}`)) throw new Error(`the server does not serve ${name} of ${apiVersion}, which owns something`)
    return kind
  }

  /** Asks what the server serves; one question at a time, and once more when something changed meanwhile. */
  #rediscover(): Promise<void> {
    this.#stale = true
    this.#discovering ??= (async () => {
      while (this.#stale && !this.#stopped) {
        this.#stale = false
        try { await this.#watchAll() } catch (error) {
          if (this.#stopped) break
          this.#cluster.log.warn('cannot find out which kinds the server has; trying again', { error })
          this.#cancelRetry()
          this.#cancelRetry = this.#cluster.clock.after(retryDiscoveryMs, () => { void this.#rediscover() })
        }
      }
      this.#discovering = undefined
    })()
    return this.#discovering
  }

  async #watchAll(): Promise<void> {
    const { kinds, named } = await discover(this.#cluster.client)
    if (this.#stopped) return
    const wanted = new Map(kinds.filter(isCollectable).map((kind) => [`${kind.resource}.${kind.group}`, kind]))
    this.#byName.clear()
    this.#named = named
    for (const kind of kinds) this.#byName.set(`${kind.group}/${kind.kind}`, kind)
    for (const [key, { kind, stop }] of this.#watched) if (wanted.get(key) !== kind) { stop(); this.#watched.delete(key) }
    const fresh: Followed[] = []
    for (const [key, kind] of wanted) {
      if (this.#watched.has(key)) continue
      const followed = this.#follow(kind)
      this.#watched.set(key, followed)
      fresh.push(followed)
    }
    // Nothing is judged before the owners are known, but a kind whose server does not answer must not hold up the rest.
    const late = Promise.withResolvers<void>()
    const cancel = this.#cluster.clock.after(syncMs, () => late.resolve())
    this.#hurry = () => late.resolve()
    await Promise.race([Promise.all(fresh.map(({ synced }) => synced.catch(() => {}))), late.promise])
    cancel()
  }

  /** Through the cache that others keep of the kind, or through one of our own that keeps next to nothing. */
  #follow(kind: Kind): Followed {
    if (this.#cluster.caches(kind)) {
      const stop = this.#cluster.watch<AnyObject>(kind, ({ type, object }) => this.#seen(kind, type === 'DELETED', object))
      return { kind, stop, synced: this.#cluster.synced([kind]) }
    }
    const informer = new Informer<AnyObject>(this.#cluster.client, kind, { keep: slim })
    informer.watch(({ type, object }) => this.#seen(kind, type === 'DELETED', object))
    return { kind, stop: () => informer.stop(), synced: informer.synced() }
  }
}

const orphanKey = 'orphan:'
/** Events end by themselves, and there are many. */
const isCollectable = (kind: Kind): boolean =>
  kind.verbs.includes('list') && kind.verbs.includes('watch') && kind.verbs.includes('delete') && !(kind.resource === 'events' && (kind.group === '' || kind.group === 'events.k8s.io'))
