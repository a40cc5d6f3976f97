// What is served where: every kind in each of its versions, found by group, version and plural.
import type { Column, Kind, LooseObject, ResourceName, Rules, Schema, ServedVersion, Verb } from '#machinery'
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
  readonly subresources: ReadonlyMap<string, Subresource>
  /** As errors name it. */
  readonly name: ResourceName
}

export interface ServedGroup {
  readonly name: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

export class Registry {
  readonly #byPath = new Map<string, Served>()
  readonly #groups = new Map<string, string[]>()
  readonly #kinds: readonly Kind[]
  readonly #types = new Set<string>()

  /** `former`: versions that the reference no longer serves, for a server that is asked to. */
  constructor(kinds: readonly Kind[], subresourcesOf: (kind: Kind) => readonly Subresource[], former?: ReadonlyMap<Kind, readonly ServedVersion<any>[]>) { // allowed: versions of any kind
    this.#kinds = kinds
    for (const kind of kinds) {
      const subresources = new Map(subresourcesOf(kind).map((s) => [s.name, s]))
      this.#add({
        group: kind.group, version: kind.version, apiVersion: kind.apiVersion, resource: kind.resource, kindName: kind.kind, kind, namespaced: kind.namespaced,
        verbs: kind.verbs, definition: kind.definition, schema: kind.schema, rules: kind.rules, columns: kind.columns, selectable: kind.selectable, subresources,
        name: { group: kind.group, resource: kind.resource },
      })
      for (const other of [...kind.alsoServedAs, ...(former?.get(kind) ?? [])]) {
        const resource = other.plural ?? kind.resource
        this.#add({
          group: other.group, version: other.version, apiVersion: other.group ? `${other.group}/${other.version}` : other.version, resource,
          kindName: other.kind ?? kind.kind, kind, namespaced: kind.namespaced, verbs: kind.verbs, definition: other.definition, schema: other.schema,
          rules: other.rules ?? {}, columns: other.columns ?? kind.columns, selectable: other.selectable ?? kind.selectable, convert: { from: other.from, to: other.to },
          ...(other.deprecated !== undefined && { deprecated: other.deprecated }), subresources: other.former ? ofFormerVersion(other, subresources) : subresources, name: { group: other.group, resource },
        })
      }
    }
  }

  get kinds(): readonly Kind[] { return this.#kinds }
  /** Whether anything is called so: kinds, their lists, and the types that every version has. */
  knowsType(group: string, version: string, kind: string): boolean {
    if (!this.hasVersion(group, version)) return false
    return this.#types.has(`${group}/${version}/${kind.replace(/List$/, '')}`) || everywhere.has(kind)
  }
  find(group: string, version: string, resource: string): Served | undefined { return this.#byPath.get(`${group}/${version}/${resource}`) }
  hasGroup(group: string): boolean { return this.#groups.has(group) }
  hasVersion(group: string, version: string): boolean { return this.#groups.get(group)?.includes(version) ?? false }
  /** All resources of a version, in order of their names. */
  resources(group: string, version: string): Served[] {
    return [...this.#byPath.values()].filter((s) => s.group === group && s.version === version).sort((a, b) => (a.resource < b.resource ? -1 : 1))
  }
  groups(): ServedGroup[] { return [...this.#groups].map(([name, versions]) => ({ name, versions })) }
  all(): Iterable<Served> { return this.#byPath.values() }

  #add(served: Served): void {
    this.#byPath.set(`${served.group}/${served.version}/${served.resource}`, served)
    this.#types.add(`${served.group}/${served.version}/${served.kindName}`)
    const versions = this.#groups.get(served.group)
    if (!versions) this.#groups.set(served.group, [served.version])
    else if (!versions.includes(served.version)) { versions.push(served.version); versions.sort(preferredFirst) }
  }
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
