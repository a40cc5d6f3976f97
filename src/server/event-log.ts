// One log of changes per resource, fed by one watch of the store and read by any number of watchers. Each watcher sits where the
// events it may want arrive: one key, one value of a selectable field (a node's own pods), one namespace, or everything; so an
// event costs what its readers cost, not what all watchers cost.
import type { Kind, LooseObject } from '#machinery'
import { prefixEnd, type KeyValue, type StoreEvent } from '#store'
import type { WatchCacheMetrics } from './metrics/lists.ts'
import type { Objects } from './objects.ts'

/** A change, with the encodings that were made of it so far: one per form, whatever the number of watchers. */
export interface LoggedEvent {
  readonly revision: number
  readonly type: 'PUT' | 'DELETE'
  readonly kv: KeyValue
  readonly previous: KeyValue | undefined
  readonly encodings: Map<string, Uint8Array>
}
export const logged = ({ type, kv, previous }: StoreEvent): LoggedEvent => ({ revision: kv.modRevision, type, kv, previous, encodings: new Map() })

export interface Listener {
  /** Events come in order of revision; some may not concern the listener. */
  receive(event: LoggedEvent): void
  /** There will be no more: the kind is not served any more as it was. */
  end(): void
}
/** Where a listener sits. */
export type Place =
  | { readonly on: 'everything' }
  | { readonly on: 'namespace'; readonly prefix: string }
  | { readonly on: 'key'; readonly key: string }
  | { readonly on: 'field'; readonly field: string; readonly value: string }

export class EventLog {
  readonly #objects: Objects
  readonly #kind: Kind
  readonly #everything = new Set<Listener>()
  readonly #byNamespace = new Map<string, Set<Listener>>()
  readonly #byKey = new Map<string, Set<Listener>>()
  /** field → value → listeners. */
  readonly #byField = new Map<string, Map<string, Set<Listener>>>()
  #stop: (() => void) | undefined
  #listeners = 0

  readonly #metrics: WatchCacheMetrics

  constructor(objects: Objects, kind: Kind, metrics: WatchCacheMetrics) {
    this.#objects = objects
    this.#kind = kind
    this.#metrics = metrics
  }

  get listeners(): number { return this.#listeners }

  /** How many listeners sit where events of the objects below a prefix, or of one object, arrive; those that wait for a field's value not counted. */
  interestedIn(prefix: string, key: string | undefined): number {
    return this.#everything.size + (this.#byNamespace.get(prefix)?.size ?? 0) + (key === undefined ? 0 : this.#byKey.get(key)?.size ?? 0)
  }

  /** Begins to listen, from now on. Returns a function that stops. */
  listen(place: Place, listener: Listener): () => void {
    const set = this.#setAt(place)
    set.add(listener)
    this.#listeners++
    this.#stop ??= this.#follow()
    let listening = true
    return () => {
      if (!listening) return
      listening = false
      set.delete(listener)
      if (set.size === 0) this.#forget(place)
      if (--this.#listeners === 0) { this.#stop?.(); this.#stop = undefined }
    }
  }

  /** Tells every listener that it is over. */
  end(): void {
    const all = [this.#everything, ...this.#byNamespace.values(), ...this.#byKey.values(), ...[...this.#byField.values()].flatMap((values) => [...values.values()])]
    for (const listener of all.flatMap((set) => [...set])) listener.end()
  }

  #follow(): () => void {
    const { store } = this.#objects
    const prefix = this.#objects.prefix(this.#kind)
    const { stored, received, dispatched } = this.#metrics.begun(this.#kind)
    const deliver = (events: readonly StoreEvent[]) => {
      received.value += events.length
      for (const event of events) this.#deliver(logged(event))
      dispatched.value += events.length
    }
    if (!this.#kind.stored?.ready) return store.watch(prefix, prefixEnd(prefix), store.revision, ({ events }) => { stored.value += events.length; deliver(events) })
    // Others must convert what is shown: events wait for that, one batch after the other. What cannot be converted ends the watches.
    let before = Promise.resolve()
    return store.watch(prefix, prefixEnd(prefix), store.revision, ({ events }) => {
      stored.value += events.length
      before = before.then(async () => {
        try {
          await this.#objects.ready(this.#kind, events.flatMap(({ type, kv, previous }) => [...(type === 'PUT' ? [kv] : []), ...(previous ? [previous] : [])]))
          deliver(events)
        } catch { this.end() }
      })
    })
  }

  #deliver(event: LoggedEvent): void {
    const { key } = event.kv
    tell(this.#everything, event)
    if (this.#byNamespace.size > 0) tell(this.#byNamespace.get(key.slice(0, key.lastIndexOf('/') + 1)), event)
    if (this.#byKey.size > 0) tell(this.#byKey.get(key), event)
    for (const [field, byValue] of this.#byField) {
      const read = this.#kind.selectable[field]!
      const now = event.type === 'PUT' ? read(this.#objects.value(this.#kind, event.kv)) : undefined
      const before = event.previous && read(this.#objects.value(this.#kind, event.previous))
      if (now !== undefined) tell(byValue.get(now), event)
      if (before !== undefined && before !== now) tell(byValue.get(before), event)
    }
  }

  #setAt(place: Place): Set<Listener> {
    switch (place.on) {
      case 'everything': return this.#everything
      case 'namespace': return ofKey(this.#byNamespace, place.prefix, newSet)
      case 'key': return ofKey(this.#byKey, place.key, newSet)
      case 'field': return ofKey(ofKey(this.#byField, place.field, newMap), place.value, newSet)
    }
  }

  #forget(place: Place): void {
    if (place.on === 'namespace') this.#byNamespace.delete(place.prefix)
    else if (place.on === 'key') this.#byKey.delete(place.key)
    else if (place.on === 'field') {
      const values = this.#byField.get(place.field)
      values?.delete(place.value)
      if (values?.size === 0) this.#byField.delete(place.field)
    }
  }
}

const newSet = () => new Set<Listener>()
const newMap = () => new Map<string, Set<Listener>>()
function ofKey<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) { value = make(); map.set(key, value) }
  return value
}
function tell(listeners: Set<Listener> | undefined, event: LoggedEvent): void {
  if (listeners) for (const each of listeners) each.receive(event)
}

/** What a watcher with these selectors is told of a change; undefined: nothing. The object of a DELETED is the last that matched. */
export function transition(event: LoggedEvent, matches: (kv: KeyValue) => boolean): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  const before = event.previous !== undefined && matches(event.previous)
  if (event.type === 'DELETE') return before ? 'DELETED' : undefined
  const now = matches(event.kv)
  if (now) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

/** The object that an event of this type shows. */
export function shown(objects: Objects, kind: Kind, event: LoggedEvent, type: 'ADDED' | 'MODIFIED' | 'DELETED'): LooseObject {
  return type === 'DELETED' ? objects.lastValue(kind, event.previous!, event.revision) : objects.value(kind, event.kv)
}
