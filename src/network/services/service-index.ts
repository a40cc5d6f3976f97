// Services with their endpoint slices, found by name: what the proxy and the DNS both read.
import type { Change } from '#client'
import type { AnyObject } from '#machinery'
import type { EndpointSlice, Service } from '#kinds'

/** All objects of a kind: those that are there, as changes too, and then each change. An informer is one. */
export interface Source<T extends AnyObject> {
  /** Resolves when the first list is there. */
  synced(): Promise<void>
  watch(seen: (change: Pick<Change<T>, 'type' | 'object'>) => void): () => void
}

export interface IndexedService { readonly service: Service | undefined; readonly slices: readonly EndpointSlice[] }

const serviceLabel = 'kubernetes.io/service-name'
const empty: IndexedService = { service: undefined, slices: [] }

/** Keeps services and slices together under `namespace/name`, and says which of them have changed. */
export class ServiceIndex {
  readonly #services = new Map<string, Service>()
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  /** Which service a slice belonged to when last seen: its label can change. */
  readonly #owners = new Map<string, string>()
  readonly #listeners = new Set<(key: string) => void>()
  readonly #stop: (() => void)[]

  constructor(services: Source<Service>, slices: Source<EndpointSlice>) {
    this.#stop = [
      services.watch(({ type, object }) => { this.#onService(object, type === 'DELETED') }),
      slices.watch(({ type, object }) => { this.#onSlice(object, type === 'DELETED') }),
    ]
  }

  get(key: string): IndexedService {
    const slices = this.#slices.get(key)
    const service = this.#services.get(key)
    return service || slices ? { service, slices: slices ? [...slices.values()] : [] } : empty
  }

  /** The keys of all services. */
  keys(): IterableIterator<string> {
    return this.#services.keys()
  }

  /** Calls with the key of each service that has changed, or whose slices have. */
  onChange(listener: (key: string) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  close(): void {
    for (const stop of this.#stop) stop()
    this.#listeners.clear()
  }

  #onService(service: Service, gone: boolean): void {
    const key = keyOf(service)
    if (gone) this.#services.delete(key)
    else this.#services.set(key, service)
    this.#changed(key)
  }

  #onSlice(slice: EndpointSlice, gone: boolean): void {
    const name = keyOf(slice)
    const label = slice.metadata.labels?.[serviceLabel]
    const owner = gone || label === undefined ? undefined : `${slice.metadata.namespace}/${label}`
    const before = this.#owners.get(name)
    if (before !== undefined && before !== owner) {
      const rest = this.#slices.get(before)
      rest?.delete(name)
      if (rest?.size === 0) this.#slices.delete(before)
      this.#owners.delete(name)
      this.#changed(before)
    }
    if (owner === undefined) return
    this.#owners.set(name, owner)
    const slices = this.#slices.get(owner)
    if (slices) slices.set(name, slice)
    else this.#slices.set(owner, new Map([[name, slice]]))
    this.#changed(owner)
  }

  #changed(key: string): void {
    for (const listener of this.#listeners) listener(key)
  }
}

const keyOf = ({ metadata }: AnyObject): string => `${metadata.namespace}/${metadata.name}`
