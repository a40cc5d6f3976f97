// Services with their endpoint slices, found by name: what the proxy and the DNS both read.
import type { AnyObject } from '#machinery'
import type { EndpointSlice, Service } from '#kinds'

/** All objects of a kind, and what happens to them. An informer is one. */
export interface Source<T extends AnyObject> {
  list(): Iterable<T>
  /** Calls for every change from now on, `gone` when the object is no more; the returned function ends that. */
  onChange(listener: (object: T, gone: boolean) => void): () => void
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
    // Listening comes first: what changes while the lists are read is then seen twice rather than never.
    this.#stop = [services.onChange((service, gone) => this.#onService(service, gone)), slices.onChange((slice, gone) => this.#onSlice(slice, gone))]
    for (const service of services.list()) this.#onService(service, false)
    for (const slice of slices.list()) this.#onSlice(slice, false)
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
