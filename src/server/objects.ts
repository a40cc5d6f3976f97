// The object layer over the store. Bytes are the truth: what is stored is an object's JSON without kind, apiVersion and
// resourceVersion, metadata first, so that an answer is made by putting a few bytes in front. Decoded, frozen values are a bounded
// cache on top, shared by everybody in the process.
import { badRequest, deepFreeze, internalError, parseWritten, quote, type AnyObject, type Clock, type Kind, type LooseObject } from '#machinery'
import { prefixEnd, type Compare, type KeyValue, type RangeResult, type Store } from '#store'
import { LRUCache } from 'lru-cache'
import { encodeObject } from './encode-object.ts'
import type { AtRest } from './encryption/at-rest.ts'
import { FreshValues } from './fresh-values.ts'
import { checkSize, smallBytes } from './object-size.ts'
import type { Change, ObjectReader } from './object-reader.ts'

export interface ObjectsOptions {
  readonly store: Store
  /** The cluster's: leases are shared by what is written in the same minute. */
  readonly clock: Pick<Clock, 'now'>
  /** Freeze what is shared, so that whoever changes it is found out: development and tests. */
  readonly freeze?: boolean
  /** What of the values' form on the disk matters here; absent: they are kept as they are. */
  readonly atRest?: Pick<AtRest, 'isStale' | 'check'>
  /** How long objects live that end by themselves, in place of what their kinds say; 0: they do not end. */
  readonly ttlSeconds?: number
  /** Bound of the decoded values, in bytes of their JSON; default 16 MiB (about four times that in memory). */
  readonly cacheBytes?: number
}

/** What of the decoded values stays when nobody asks for any, in bytes of their JSON. */
const restBytes = 2 * 1024 * 1024
/** Writes of one minute share a lease. */
const sharedLeaseMs = 60_000
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Objects implements ObjectReader {
  readonly store: Store
  readonly #freeze: boolean
  readonly #clock: Pick<Clock, 'now'>
  readonly #atRest: ObjectsOptions['atRest']
  readonly #leases = new Map<number, { readonly id: Promise<number>; readonly until: number; objects: number }>()
  /** Is told how many objects a lease has, with each that it gets. */
  onLeased: (count: number) => void = () => {}
  /** By the stored bytes themselves: the same bytes are the same version of the same object. */
  readonly #values: LRUCache<Uint8Array, Decoded>
  /** Of what is being written. It is kept when somebody asks for it before that is over: otherwise a server that takes many writes would carry all of them along for nothing. */
  readonly #fresh = new FreshValues<Decoded>()

  readonly #ttlSeconds: number | undefined

  constructor({ store, clock, atRest, ttlSeconds, freeze = false, cacheBytes = 16 * 1024 * 1024 }: ObjectsOptions) {
    this.store = store
    this.#freeze = freeze
    this.#clock = clock
    this.#atRest = atRest
    this.#ttlSeconds = ttlSeconds
    this.#values = new LRUCache({ maxSize: cacheBytes })
  }

  /** Throws BadRequest when the name cannot be one (it would leave its place in the store). */
  key(kind: Kind, namespace: string, name: string): string {
    checkSegment(name)
    return (kind.namespaced ? `${kind.storagePrefix}${binary(namespace)}/` : kind.storagePrefix) + binary(name)
  }

  /** Where all objects of a kind, or those of one namespace, lie. */
  prefix(kind: Kind, namespace = ''): string {
    if (!kind.namespaced || namespace === '') return kind.storagePrefix
    checkSegment(namespace)
    return `${kind.storagePrefix}${binary(namespace)}/`
  }

  find(kind: Kind, namespace: string, name: string): KeyValue | undefined { return this.store.get(this.key(kind, namespace, name)) }

  /** Resolves when reads show all that was submitted before, as etcd's quorum reads do. Never waits longer than a write; rejects as Store.transaction. */
  async settled(): Promise<void> { await this.store.transaction([], []) }

  count(kind: Kind): number {
    const prefix = this.prefix(kind)
    return this.store.range(prefix, prefixEnd(prefix), { countOnly: true }).count
  }

  range(kind: Kind, namespace: string, options: { readonly revision?: number; readonly limit?: number; readonly after?: string } = {}): RangeResult {
    const prefix = this.prefix(kind, namespace)
    const { after, ...rest } = options
    return this.store.range(after ?? prefix, prefixEnd(prefix), rest)
  }

  /** The decoded object, with kind, apiVersion and resourceVersion: shared, never change it. */
  value(kind: Kind, kv: KeyValue): LooseObject { return this.#value(kind, kv, true) }
  /** `asked`: whether somebody may ask again. */
  #value(kind: Kind, kv: KeyValue, asked: boolean): LooseObject {
    const fresh = this.#fresh.get(kv.value), known = fresh ?? this.#values.get(kv.value)
    if (fresh && asked) fresh.asked = true
    let value = known?.kind === kind || !kind.stored ? known?.value : undefined
    if (value?.metadata.resourceVersion !== undefined) return value
    if (!value) {
      value = parseWritten(decoder.decode(kv.value)) as LooseObject
      if (kind.stored) value = Object.assign({ apiVersion: '', kind: '' }, kind.stored.read(value, kv.value)) // what it is comes first
      value.apiVersion = kind.apiVersion
      value.kind = kind.kind
      this.#values.set(kv.value, { kind, value, asked }, { size: kv.value.length + 1 })
    }
    value.metadata.resourceVersion = String(kv.modRevision)
    return this.#freeze ? deepFreeze(value) : value
  }

  /** Work has ceased: decoded values that were not asked for lately are let go. */
  rest(): void { while (this.#values.calculatedSize > restBytes) this.#values.pop() }

  /** A deleted object as it last was, with the version of its deletion. */
  lastValue(kind: Kind, previous: KeyValue, revision: number): LooseObject {
    const value = this.value(kind, previous)
    const last = { ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } }
    return this.#freeze ? deepFreeze(last) : last
  }

  /** To be awaited, where it is a promise, before values of a custom resource are asked for: others may have to convert them. */
  ready(kind: Kind, kvs: readonly KeyValue[]): Promise<void> | undefined { return kvs.length > 0 ? kind.stored?.ready?.(kvs.map((kv) => kv.value)) : undefined }

  prepare(kind: Kind, namespace = '', name?: string): Promise<void> | undefined {
    if (!kind.stored?.ready) return undefined
    const one = name === undefined ? undefined : this.find(kind, namespace, name)
    return this.ready(kind, name === undefined ? this.range(kind, namespace).kvs : one ? [one] : [])
  }

  get<T extends AnyObject>(kind: Kind<T>, name: string, namespace = ''): T | undefined {
    const kv = this.find(kind, namespace, name)
    return kv && this.value(kind, kv) as AnyObject as T
  }

  list<T extends AnyObject>(kind: Kind<T>, namespace = ''): readonly T[] {
    const prefix = this.prefix(kind, namespace), { kvs } = this.store.range(prefix, prefixEnd(prefix))
    return kvs.length === 0 ? [] : kvs.map((kv) => this.value(kind, kv) as AnyObject as T)
  }

  follow<T extends AnyObject>(kind: Kind<T>, seen: (change: Change<T>) => void): () => void {
    const { kvs, revision } = this.range(kind, '')
    const of = (kv: KeyValue) => this.#value(kind, kv, false) as AnyObject as T // who follows keeps what it needs
    for (const kv of kvs) seen({ object: of(kv), old: undefined })
    const prefix = this.prefix(kind)
    return this.store.watch(prefix, prefixEnd(prefix), revision, ({ events }) => {
      for (const { type, kv, previous } of events) seen({ object: type === 'PUT' ? of(kv) : undefined, old: previous && of(previous) })
    })
  }

  /** Whether writing this version again, unchanged, would keep it in another form. */
  isStale(kind: Kind, kv: KeyValue): boolean { return this.#atRest?.isStale(kv) === true || kind.stored?.isStale(kv.value) === true }
  #checkWritable(key: string): void {
    try { this.#atRest?.check(key) } catch (error) { throw internalError(error instanceof Error ? error.message : String(error), error) }
  }

  /** Stores a new object; undefined when there is one of that name. The object belongs to the store from now on. */
  async create(kind: Kind, object: LooseObject): Promise<KeyValue | undefined> {
    const { name, namespace } = object.metadata
    const key = this.key(kind, namespace ?? '', name)
    this.#checkWritable(key)
    const lease = kind.ttlSeconds === undefined ? 0 : await this.#lease(this.#ttlSeconds ?? kind.ttlSeconds)
    return await this.#put(kind, object, { key, target: 'create', result: '=', value: 0 }, lease) // awaited: a promise for a promise is slower
  }

  /** Stores a newer version of `old`; undefined when somebody was faster. The object belongs to the store from now on. */
  async replace(kind: Kind, old: KeyValue, object: LooseObject): Promise<KeyValue | undefined> {
    const { key } = old
    this.#checkWritable(key)
    const lease = kind.ttlSeconds === undefined ? old.lease : await this.#lease(this.#ttlSeconds ?? kind.ttlSeconds)
    const written = await this.#put(kind, object, { key, target: 'mod', result: '=', value: old.modRevision }, lease)
    if (written) this.#values.delete(old.value) // watchers have compared it with the new one
    return written
  }

  /** Stores an object where the compare holds; undefined where it does not. Who follows its kind has seen it when this is over. */
  async #put(kind: Kind, object: LooseObject, compare: Compare, lease: number): Promise<KeyValue | undefined> {
    const { key } = compare, value = this.#encode(kind, object, kind.stored ? await kind.stored.write(object) : object)
    try {
      if (value.length > smallBytes) await checkSize(kind, key, object, value.length)
      const { succeeded, results } = await this.store.transaction([compare], [{ type: 'put', key, value, lease }])
      return succeeded && results[0]?.type === 'put' ? results[0].kv : undefined
    } finally {
      const fresh = this.#fresh.take(value)
      if (fresh?.asked) this.#values.set(value, fresh, { size: value.length + 1 })
    }
  }

  /** Deletes this version; the revision of the deletion, or undefined when somebody was faster. */
  async remove(old: KeyValue): Promise<number | undefined> {
    const { key } = old
    const { succeeded, revision } = await this.store.transaction([{ key, target: 'mod', result: '=', value: old.modRevision }], [{ type: 'delete', key }])
    return succeeded ? revision : undefined
  }

  /** A lease that ends `ttlSeconds` from now or up to a minute later: what is written within a minute shares one. */
  async #lease(ttlSeconds: number): Promise<number> {
    if (ttlSeconds === 0) return 0
    const now = this.#clock.now()
    const shared = this.#leases.get(ttlSeconds)
    if (shared && shared.until > now) { this.onLeased(++shared.objects); return shared.id }
    const id = this.store.grantLease(ttlSeconds + sharedLeaseMs / 1000)
    this.#leases.set(ttlSeconds, { id, until: now + sharedLeaseMs, objects: 1 })
    this.onLeased(1)
    id.catch(() => { this.#leases.delete(ttlSeconds) })
    return id
  }

  #encode(kind: Kind, object: LooseObject, stored: LooseObject): Uint8Array {
    const metadata: { resourceVersion?: string | undefined } = stored.metadata
    if (metadata.resourceVersion !== undefined) metadata.resourceVersion = undefined // the version it will get is not known yet
    const bytes = encodeObject(stored, kind.stored !== undefined, this.#freeze)
    // A custom resource is read anew: its schema may fill in what was dropped before it was stored.
    if (!kind.stored) this.#fresh.set(bytes, { kind, value: object, asked: false })
    return bytes
  }
}

/** A decoded value, by the kind as it was when it was decoded. */
interface Decoded { readonly kind: Kind; readonly value: LooseObject; asked: boolean }

/** A name as it stands in a key: one character per byte of its UTF-8. */
function binary(name: string): string {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return String.fromCharCode(...encoder.encode(name))
  return name
}
/** The name a key ends in, as text. */
export function nameOfKey(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return decoder.decode(Uint8Array.from(name, (c) => c.charCodeAt(0)))
  return name
}

function checkSegment(name: string): void {
  const why = name === '.' || name === '..' ? `may not be '${name}'` : name.includes('/') ? "may not contain '/'" : name.includes('%') ? "may not contain '%'" : ''
  if (why) throw badRequest(`Name parameter invalid: ${quote(name)}: ${why}`)
}

export const createObjects = (options: ObjectsOptions): Objects => new Objects(options)
