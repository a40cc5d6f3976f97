// How another version, one that the reference no longer serves or only where it is asked for, is made from the kind of today: its schema under
// that version's names with the few fields that are different, its defaults, its deprecation.
import { type AnyObject, type Fields, type Kind, type LooseObject, type Rules, type Schema, type ServedVersion } from '#machinery'

/** What was different in an object of this (short) name: new fields from today's. */
export type Differences = Readonly<Record<string, (fields: Fields) => Fields>>

export interface Former {
  readonly group?: string
  readonly version: string
  /** Where its definitions are, without the trailing dot: io.k8s.api.apps.v1beta2. */
  readonly names: string
  readonly differences?: Differences
  /** What is different of an object (short name) beside its fields. */
  readonly schemas?: Readonly<Record<string, (schema: Schema<any>) => Schema<any>>> // allowed: schemas of any type
  /** Definitions (short names) that were not of that version but today's already. */
  readonly shared?: readonly string[]
  /** Defaults of its time, in this version; default: today's. */
  readonly defaults?: (object: any) => void // allowed: an object of a version that has no type of its own here
  /** What else went by other rules. */
  readonly rules?: Rules<any> // allowed: as above
  /** From and to today's form, where fields differ. New objects; what is unchanged may be shared. */
  readonly from?: (object: any) => any // allowed: as above
  readonly to?: (object: any) => any // allowed: as above
  /** First minor version that called it deprecated, and that no longer has it; absent: none yet. */
  readonly deprecated?: readonly [deprecated: number, removed?: number]
  /** What took its place; default: the kind of today. '': nothing. */
  readonly instead?: string
  readonly plural?: string
  readonly kind?: string
  readonly parts?: ServedVersion<any>['former'] // allowed: as above
  readonly verbs?: ServedVersion<any>['verbs'] // allowed: as above
  /** What was made by an object that was deleted through it stayed. */
  readonly orphans?: true
  /** A version of today that it resembles more than the stored one: schema, conversions and rules are taken from there. */
  readonly like?: ServedVersion<any> // allowed: as above
}

/** A version of `kind` as it was. `home` is where the kind's own definitions are. */
export function former(kind: Kind, f: Former): ServedVersion<any> { // allowed: versions of any kind in one table
  const { like } = f, base: Pick<ServedVersion<any>, 'group' | 'version' | 'definition' | 'schema' | 'rules'> = like ?? kind // allowed: as above
  const { group = base.group, version, names, from = like?.from, to = like?.to, instead } = f, [since, gone] = f.deprecated ?? []
  const apiVersion = group ? `${group}/${version}` : version, name = f.kind ?? kind.kind
  const home = base.definition.slice(0, base.definition.lastIndexOf('.'))
  const successor = instead ?? `${base.group ? `${base.group}/` : ''}${base.version} ${kind.kind}`
  return {
    group, version, ...(f.plural && { plural: f.plural }), ...(f.kind && { kind: f.kind }),
    definition: `${names}.${name}`, schema: renamed(base.schema, home, names, f.differences ?? {}, f.shared, f.schemas),
    from: (object: LooseObject) => ({ ...(from ? from(object) as LooseObject : object), apiVersion: kind.apiVersion, kind: kind.kind }),
    to: (object: LooseObject) => ({ ...(to ? to(object) as LooseObject : object), apiVersion, kind: name }),
    ...(f.parts && { former: f.parts }), ...(f.verbs && { verbs: f.verbs }), ...(f.orphans && { deletePolicy: 'Orphan' as const }), ...(like?.selectable && { selectable: like.selectable }),
    // Validation is today's, on today's form, unless it went by other rules.
    rules: { ...withoutValidation(base.rules), ...f.rules, ...(f.defaults && { defaults: f.defaults }) },
    ...(since !== undefined && { deprecated: `${apiVersion} ${name} is deprecated in v1.${since}+${gone === undefined ? '' : `, unavailable in v1.${gone}+`}${successor && `; use ${successor}`}` }),
  }
}

function withoutValidation({ validate: _, ...rules }: Rules<any> = {}): Rules<any> { return rules } // allowed: rules of any kind

/** The schema with the definitions of one version renamed to another's; what belongs to other groups is shared. */
export function renamed(schema: Schema<any>, home: string, names: string, differences: Differences, shared: readonly string[] = [], schemas: Former['schemas'] = {}): Schema<any> { // allowed: schemas of any type
  const made = new Map<Fields, Fields>()
  const walk = (s: Schema<any>): Schema<any> => { // allowed: as above
    if (s.items) return { ...s, items: walk(s.items) }
    if (!s.fields) return s.name?.startsWith(`${home}.`) ? { ...s, name: names + s.name.slice(home.length) } : s
    if (s.name !== undefined && !s.name.startsWith(`${home}.`)) return s
    const short = s.name?.slice(home.length + 1)
    if (short !== undefined && shared.includes(short)) return s
    let fields = made.get(s.fields)
    if (!fields) {
      const filled: Record<string, Schema<any>> = {} // allowed: as above
      made.set(s.fields, filled) // before its fields: schemas may refer to themselves
      const changed = short === undefined ? undefined : differences[short]
      for (const [name, field] of Object.entries(changed ? changed(s.fields) : s.fields)) filled[name] = walk(field)
      fields = filled
    }
    const named = { ...s, ...(short !== undefined && { name: `${names}.${short}` }), fields }
    return (short === undefined ? undefined : schemas[short])?.(named) ?? named
  }
  return walk(schema)
}

/** Fields in the order of their names, as everywhere. */
export const inOrder = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
export const without = (fields: Fields, ...names: string[]): Fields => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

/** An object with other annotations: those named undefined are gone; none left, none written. */
export function annotated<T extends AnyObject>(object: T, changes: Readonly<Record<string, string | undefined>>): T {
  const all = Object.entries({ ...object.metadata.annotations, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const { annotations: _, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, ...(all.length > 0 && { annotations: Object.fromEntries(all) }) } }
}
