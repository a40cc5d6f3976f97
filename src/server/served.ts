// What is served where: every kind in each of its versions, found by group, version and plural.
import type { ApiError, Column, DecodeOptions, Features, FieldError, Kind, LooseObject, ResourceName, Rules, ScalePaths, Schema, ServedVersion, Verb } from '#machinery'
import { ofFormerVersion } from './subresources/former.ts'
import type { Subresource } from './subresources/subresource.ts'

/** One resource as one version of the API serves it. */
export interface Served {
  readonly group: string
  readonly version: string
  readonly apiVersion: string
  /** Lower-case plural. */
  readonly resource: string
  /** The kind's name in this version. */
  readonly kindName: string
  /** What is stored. */
  readonly kind: Kind
  readonly namespaced: boolean
  readonly verbs: readonly Verb[]
  readonly definition: string
  readonly schema: Schema<any>
  readonly rules: Rules<any>
  readonly columns: readonly Column<any>[]
  /** Fields that field selectors may name in this version, read from the stored form. */
  readonly selectable: Readonly<Record<string, (object: any) => string>> // allowed: of any kind
  /** Absent: served as it is stored. */
  readonly convert?: { readonly from: (object: any) => any; readonly to: (object: any) => any } // allowed: between any two versions
  readonly deprecated?: string
  /** Feature gates that rules look at. */
  readonly features?: Features
  /** What a DELETE without a propagationPolicy does. */
  readonly deletePolicy: Kind['deletePolicy']
  readonly subresources: ReadonlyMap<string, Subresource>
  /** Where the scale subresource reads and writes. */
  readonly scale?: ScalePaths
  /** As errors name it. */
  readonly name: ResourceName
  /** A custom resource: what is different where no struct of the reference stands behind a kind. */
  readonly custom?: CustomForm
}

/** How custom resources are read and refused. */
export interface CustomForm {
  /** A JSON value as an object of this version: pruned, its metadata checked, defaulted. A new value. Throws DecodeError. */
  readonly decode: (json: unknown, options: DecodeOptions) => LooseObject
  /** Everything wrong with an object of this version, in the reference's order. `meta` is what is wrong with its metadata; `warn` hears of what unchanged parts break. */
  readonly validate: (object: LooseObject, old: LooseObject | undefined, subresource: string, meta: readonly FieldError[], warn: (text: string) => void) => FieldError[]
  /** Its definition in OpenAPI documents; `reference` makes the path of another one. */
  readonly describe: (dialect: 'v2' | 'v3', reference: (name: string) => string) => Record<string, unknown>
  /** Another text when what the definition says changes: documents made from it are kept until then. */
  readonly stamp: string
  /** The version in which objects are kept. */
  readonly storageVersion: string
  /** An object as another version has it, where versions differ by more than their name. Rejects with an ApiError. */
  readonly convert?: (object: LooseObject, apiVersion: string) => Promise<LooseObject>
  /** Why nothing can be created (the definition is going); asked on every create. */
  readonly refuseCreate: (name: string) => ApiError | undefined
}

export interface ServedGroup {
  readonly name: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

/** What one group and version serve, with what is worked out from it until it changes. */
interface VersionEntry { readonly resources: Map<string, Served>; sorted: readonly Served[] | undefined; revision: number }

export class Registry {
  readonly #versions = new Map<string, VersionEntry>()
  readonly #groups = new Map<string, string[]>()
  readonly #builtIn = new Set<string>()
  readonly #kinds: readonly Kind[]
  readonly #types = new Map<string, number>()
  /** What each definition of custom resources serves now. */
  readonly #custom = new Map<string, readonly Served[]>()
  readonly #listeners = new Set<() => void>()
  #revision = 1

  /** `former`: further versions, for a server that is asked to serve them. `serves`: whether a resource of a version (GROUP/VERSION) is served at all; default: all are. */
  constructor(kinds: readonly Kind[], subresourcesOf: (kind: Kind) => readonly Subresource[], former?: ReadonlyMap<Kind, readonly ServedVersion<any>[]>, serves: (groupVersion: string, resource: string) => boolean = () => true, features?: Features) { // allowed: versions of any kind
    this.#kinds = kinds
    for (const kind of kinds) {
      const subresources = new Map(subresourcesOf(kind).map((s) => [s.name, s]))
      const shared = { kind, namespaced: kind.namespaced, verbs: kind.verbs, deletePolicy: kind.deletePolicy, subresources, ...(features && { features }), ...(kind.subresources.scale && { scale: kind.subresources.scale }) }
      if (serves(`${kind.group}/${kind.version}`, kind.resource)) this.#add({
        ...shared, group: kind.group, version: kind.version, apiVersion: kind.apiVersion, resource: kind.resource, kindName: kind.kind,
        definition: kind.definition, schema: kind.schema, rules: kind.rules, columns: kind.columns, selectable: kind.selectable, ...(kind.deprecated !== undefined && { deprecated: kind.deprecated }),
        name: { group: kind.group, resource: kind.resource },
      })
      const also = kind.alsoServedAs.filter((other) => serves(`${other.group}/${other.version}`, other.plural ?? kind.resource))
      for (const other of [...also, ...(former?.get(kind) ?? [])]) {
        const resource = other.plural ?? kind.resource
        this.#add({
          ...shared, group: other.group, version: other.version, apiVersion: other.group ? `${other.group}/${other.version}` : other.version, resource,
          kindName: other.kind ?? kind.kind, definition: other.definition, schema: other.schema,
          rules: other.rules ?? {}, columns: other.columns ?? kind.columns, selectable: other.selectable ?? kind.selectable, convert: { from: other.from, to: other.to },
          ...(other.deprecated !== undefined && { deprecated: other.deprecated }), ...(other.deletePolicy && { deletePolicy: other.deletePolicy }), ...(other.former && { subresources: ofFormerVersion(other, subresources) }), ...(other.verbs && { verbs: other.verbs }), name: { group: other.group, resource },
        })
      }
    }
    for (const group of this.#groups.keys()) this.#builtIn.add(group)
  }

  /** The built-in kinds. */
  get kinds(): readonly Kind[] { return this.#kinds }
  /** Kinds that are served now, built in or custom, each once. */
  allKinds(): Kind[] { return [...this.#kinds, ...[...this.#custom.values()].map((served) => served[0]!.kind)] }
  /** Grows with every change of what is served. */
  get revision(): number { return this.#revision }
  /** The revision at which what this version serves changed last; 0 when it is not served. What is made from it may be kept until then. */
  revisionOf(group: string, version: string): number { return this.#versions.get(`${group}/${version}`)?.revision ?? 0 }
  /** Calls `changed` after every change of what is served, at once. Returns a function that stops. */
  listen(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => { this.#listeners.delete(changed) }
  }
  /** Sets what one definition of custom resources serves, in place of what it served (which is returned); nothing: it goes. What is built in stays. */
  setCustom(definition: string, served: readonly Served[]): readonly Served[] {
    const before = this.#custom.get(definition) ?? []
    if (before.length === 0 && served.length === 0) return before
    this.#revision++
    for (const each of before) this.#remove(each)
    for (const each of served) this.#add(each)
    if (served.length > 0) this.#custom.set(definition, served)
    else this.#custom.delete(definition)
    for (const changed of this.#listeners) changed()
    return before
  }

  custom(definition: string): readonly Served[] { return this.#custom.get(definition) ?? [] }

  /** Whether anything is called so: kinds, their lists, and the types that every version has. */
  knowsType(group: string, version: string, kind: string): boolean {
    if (!this.hasVersion(group, version)) return false
    return this.#types.has(`${group}/${version}/${kind.replace(/List$/, '')}`) || everywhere.has(kind)
  }
  find(group: string, version: string, resource: string): Served | undefined { return this.#versions.get(`${group}/${version}`)?.resources.get(resource) }
  hasGroup(group: string): boolean { return this.#groups.has(group) }
  /** Whether the group is one of Kubernetes' own. */
  isBuiltIn(group: string): boolean { return this.#builtIn.has(group) }
  hasVersion(group: string, version: string): boolean { return this.#versions.has(`${group}/${version}`) }
  /** All resources of a version, in order of their names. */
  resources(group: string, version: string): readonly Served[] {
    const entry = this.#versions.get(`${group}/${version}`)
    if (!entry) return []
    return entry.sorted ??= [...entry.resources.values()].sort((a, b) => (a.resource < b.resource ? -1 : 1))
  }
  /** Versions of a group, the preferred one first. */
  versions(group: string): readonly string[] { return this.#groups.get(group) ?? [] }
  groups(): ServedGroup[] { return [...this.#groups].map(([name, versions]) => ({ name, versions })) }
  * all(): Iterable<Served> { for (const { resources } of this.#versions.values()) yield* resources.values() }

  #add(served: Served): void {
    const { group, version, resource } = served
    let entry = this.#versions.get(`${group}/${version}`)
    if (!entry) {
      entry = { resources: new Map(), sorted: undefined, revision: this.#revision }
      this.#versions.set(`${group}/${version}`, entry)
      const versions = this.#groups.get(group)
      if (!versions) this.#groups.set(group, [version])
      else { versions.push(version); versions.sort(preferredFirst) }
    }
    const there = entry.resources.get(resource)
    if (there && !there.custom) return
    entry.resources.set(resource, served)
    this.#touch(entry)
    const type = `${group}/${version}/${served.kindName}`
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
  }
  #remove(served: Served): void {
    const { group, version, resource } = served
    const entry = this.#versions.get(`${group}/${version}`)
    if (entry?.resources.get(resource) !== served) return
    entry.resources.delete(resource)
    this.#touch(entry)
    const type = `${group}/${version}/${served.kindName}`, left = (this.#types.get(type) ?? 1) - 1
    if (left > 0) this.#types.set(type, left)
    else this.#types.delete(type)
    if (entry.resources.size > 0) return
    this.#versions.delete(`${group}/${version}`)
    const versions = (this.#groups.get(group) ?? []).filter((v) => v !== version)
    if (versions.length > 0) this.#groups.set(group, versions)
    else this.#groups.delete(group)
  }
  #touch(entry: VersionEntry): void { entry.sorted = undefined; entry.revision = this.#revision }
}

const everywhere = new Set(['DeleteOptions', 'ListOptions', 'GetOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions', 'WatchEvent'])

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1. */
export function preferredFirst(a: string, b: string): number {
  const x = rank(a), y = rank(b)
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return y[i]! - x[i]!
  return a < b ? -1 : a > b ? 1 : 0
}
function rank(version: string): readonly [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!match) return [0, 0, 0]
  const stage = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stage, Number(match[1]), Number(match[3] ?? 0)]
}

/** An object of the stored version, as this version shows it. */
export function converted(served: Served, object: LooseObject): LooseObject {
  if (!served.convert) return object
  return served.convert.to(object) as LooseObject
}
