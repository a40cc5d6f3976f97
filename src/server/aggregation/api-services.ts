// APIServices as the server goes by them: which versions are served elsewhere, and the order of all groups and versions.
import { apiService as apiServiceKind, type APIService } from '#kinds'
import type { PeerTrust } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { preferredFirst, type Registry, type ServedGroup } from '../served.ts'
import { priorityOf, type Priority } from './priorities.ts'

/** A version that another server serves. */
export interface Remote {
  /** Of its APIService. */
  readonly name: string
  readonly group: string
  readonly version: string
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number }
  readonly trust: PeerTrust
  readonly available: boolean
}

/** The group that aggregation itself is configured in always comes first. */
const ownGroup = 'apiregistration.k8s.io'

export class ApiServices {
  readonly #registry: Registry
  readonly #all = new Map<string, APIService>()
  readonly #remotes = new Map<string, Remote>()
  readonly #listeners = new Set<(name: string, service: APIService | undefined) => void>()
  readonly #stop: () => void
  #revision = 1
  #ordered: { readonly of: string; readonly byService: readonly ServedGroup[]; readonly byGroup: readonly ServedGroup[] } | undefined

  /** Follows them from now on. */
  constructor(objects: ObjectReader, registry: Registry) {
    this.#registry = registry
    this.#stop = objects.follow(apiServiceKind, ({ object, old }) => { this.#set((object ?? old!).metadata.name, object) })
  }
  stop(): void { this.#stop() }

  /** Grows with every change of an APIService. */
  get revision(): number { return this.#revision }
  get(name: string): APIService | undefined { return this.#all.get(name) }
  all(): Iterable<APIService> { return this.#all.values() }
  /** Where a version is served, when it is not here. */
  remote(group: string, version: string): Remote | undefined { return this.#remotes.size === 0 ? undefined : this.#remotes.get(`${version}.${group}`) }
  remotes(): Iterable<Remote> { return this.#remotes.values() }
  /** Calls `changed` after every change of an APIService. Returns a function that stops. */
  listen(changed: (name: string, service: APIService | undefined) => void): () => void {
    this.#listeners.add(changed)
    return () => { this.#listeners.delete(changed) }
  }

  /** All groups but the core one, with their versions, in order of priority; equals by the names of their APIServices (the old discovery) or of the groups. */
  groups(equals: 'byService' | 'byGroup'): readonly ServedGroup[] {
    const of = `${this.#registry.revision}/${this.#revision}`
    if (this.#ordered?.of !== of) this.#ordered = { of, ...this.#order() }
    return this.#ordered[equals]
  }

  #order() {
    const entries = new Map<string, Entry>()
    const add = (group: string, version: string, { groupPriorityMinimum, versionPriority }: Priority) => {
      const name = `${version}.${group}`
      if (group !== '' && !entries.has(name)) entries.set(name, { name, group, version, groupPriorityMinimum, versionPriority })
    }
    for (const { group, version } of this.#remotes.values()) add(group, version, this.#all.get(`${version}.${group}`)!.spec)
    for (const { name: group, versions } of this.#registry.groups()) for (const version of versions) add(group, version, this.#all.get(`${version}.${group}`)?.spec ?? priorityOf(group, version))
    const sorted = [...entries.values()].sort((a, b) => first(b, ownGroup) - first(a, ownGroup) || b.groupPriorityMinimum - a.groupPriorityMinimum || (a.name < b.name ? -1 : 1))
    const groups = new Map<string, Entry[]>()
    for (const each of sorted) groups.set(each.group, [...(groups.get(each.group) ?? []), each])
    const byService = [...groups].map(([name, versions]) => ({ name, versions: versions.sort(byPriority).map((v) => v.version), priority: Math.max(...versions.map((v) => v.groupPriorityMinimum)) }))
    const byGroup = [...byService].sort((a, b) => Number(b.name === ownGroup) - Number(a.name === ownGroup) || b.priority - a.priority || (a.name < b.name ? -1 : 1))
    return { byService, byGroup }
  }

  #set(name: string, service: APIService | undefined): void {
    this.#revision++
    this.#remotes.delete(name)
    if (service) this.#all.set(name, service)
    else this.#all.delete(name)
    const remote = service && remoteOf(service)
    if (remote) this.#remotes.set(name, remote)
    for (const changed of this.#listeners) changed(name, service)
  }
}
interface Entry extends Priority { readonly name: string; readonly group: string; readonly version: string }
const first = ({ group }: Entry, name: string): number => (group === name ? 1 : 0)
const byPriority = (a: Entry, b: Entry): number => b.versionPriority - a.versionPriority || preferredFirst(a.version, b.version)

function remoteOf({ metadata: { name }, spec, status }: APIService): Remote | undefined {
  const { group = '', version = '', service, caBundle, insecureSkipTLSVerify } = spec
  if (!service || group === '') return undefined
  const { name: of = '', namespace = '', port = 443 } = service
  return {
    name, group, version, service: { name: of, namespace, port }, available: status.conditions?.some((c) => c.type === 'Available' && c.status === 'True') ?? false,
    trust: { serverName: `${of}.${namespace}.svc`, ...(insecureSkipTLSVerify ? { insecure: true } : caBundle ? { ca: atob(caBundle) } : {}) },
  }
}
