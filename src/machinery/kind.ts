// A kind is one value: everything the cluster needs to know about one API type. A CustomResourceDefinition becomes one too.
import type { FieldError } from './errors.ts'
import { objectMeta, standardMetadata, typeMeta, type AnyObject, type LooseObject, type ObjectMeta } from './meta.ts'
import type { NameRule } from './names.ts'
import type { VerifySignature } from './signature.ts'
import type { User } from './wire.ts'
import { about, object, value, type Fields, type InferFields, type Schema } from './schema.ts'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'
const everyVerb: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** One column of `kubectl get`. A kind lists all of them in order, Name and Age too (kinds/cells.ts). */
export interface Column<T> {
  readonly name: string
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  /** 0 is always shown, 1 with -o wide. */
  readonly priority?: 0 | 1
  readonly description?: string
  /** A cell without a column of its own: the reference prints one for IPAddress, so clients see more cells than columns. */
  readonly undeclared?: true
  /** The cell as the reference prints it; `now` in milliseconds for ages. */
  readonly value: (object: T, now: number) => string | number | bigint | boolean | null | undefined
}
export interface ScalePaths { readonly specPath: string; readonly statusPath: string; readonly selectorPath?: string }

/** What a table row says of its object beside the cells (a pod that has ended). */
export interface RowCondition { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }

/** Feature gates that are on; those that are on by default need not be among them. */
export type Features = ReadonlySet<string>

/**
 * One thing that an update is checked for, after what holds for the metadata of every kind: `meta`, the metadata as that of a new object; `kept`, what of
 * it may not change; `rules`, `validate`; `change`, `validateChange`. The reference composes them kind by kind, and the causes of a refusal show it.
 */
export type UpdateCheck = 'meta' | 'kept' | 'rules' | 'change'

/** The part of a kind that is rules. All of them are pure; those that prepare change the object they are given, validators never do. */
export interface Rules<T> {
  /** What a schema cannot say of defaults; runs after decoding and schema defaults, also before an update is compared. */
  readonly defaults?: (object: T, features?: Features) => void
  /** Those concern the spec alone: who writes status and leaves the spec as it is needs none of them. */
  readonly defaultsOf?: 'spec'
  /** Runs before validation on create, after the ordinary strategy (status dropped, generation 1); metadata.name, uid and creationTimestamp are set by then. */
  readonly prepareCreate?: (object: T, user: User, features?: Features) => void
  /** Runs before validation on update, after the ordinary strategy (status or spec kept, generation bumped); `now` in milliseconds. */
  readonly prepareUpdate?: (object: T, old: T, subresource: string | undefined, now: number, features?: Features) => void
  /** Everything wrong with the object, in the reference's order; `old` and `now` (milliseconds) on update. Never throws. */
  readonly validate?: (object: T, old?: T, subresource?: string, now?: number) => FieldError[]
  /** What is wrong with what is signed in a new object; told before all that `validate` tells. Never throws. */
  readonly validateSigned?: (object: T, verify: VerifySignature) => FieldError[]
  /** What is wrong with a change, where it does not follow at once on what `validate` says; asked for by `onUpdate`. */
  readonly validateChange?: (object: T, old: T, subresource?: string) => FieldError[]
  /** What an update is checked for, in order; default: kept, rules. */
  readonly onUpdate?: readonly UpdateCheck[]
  /** The same for writes of its subresources, where they are checked otherwise than by default. */
  readonly onUpdateOf?: Readonly<Record<string, readonly UpdateCheck[]>>
  /** Its finalizers need no domain. */
  readonly anyFinalizer?: boolean
  /** Texts for Warning headers. */
  readonly warnings?: (object: T, old?: T) => string[]
  /** The same for what is written through /status. */
  readonly statusWarnings?: (object: T) => string[]
  /** Whether a change of anything but metadata and status makes a new generation; default: a change of spec. Only kinds with `generation: true`. */
  readonly generationChanged?: (object: T, old: T) => boolean
  /** How metadata.name is checked; default: a DNS subdomain. metadata is the server's business: `validate` leaves it alone. */
  readonly name?: NameRule
  /** Seconds of a graceful deletion (0: now); `requested` is what the client wants. Absent, or undefined: deletion is not graceful. */
  readonly gracePeriod?: (object: T, requested: number | undefined) => number | undefined
  /** Runs when an object that cannot go at once (finalizers, `mayGo`) begins to be deleted; its deletionTimestamp is set. */
  readonly prepareDelete?: (object: T) => void
  /** Whether an object without metadata.finalizers may go (a namespace holds finalizers in its spec). */
  readonly mayGo?: (object: T) => boolean
}

/** Another version of the same objects (same storage). */
export interface ServedVersion<T> {
  readonly group: string; readonly version: string; readonly kind?: string; readonly plural?: string
  readonly schema: Schema<any>; readonly definition: string
  /** Both make new objects; what `from` reads is decoded and defaulted, what `to` returns has kind and apiVersion. */
  readonly from: (other: any) => T; readonly to: (object: T) => any // allowed: another version is another type, known only where it is defined
  /** `defaults` runs on the object in this version, before it is converted; the other rules run on the stored form in place of the kind's own. */
  readonly rules?: Rules<any>; readonly columns?: readonly Column<any>[]
  /** Fields that field selectors may name in this version, read from the stored form; default: the kind's. */
  readonly selectable?: Readonly<Record<string, (object: T) => string>>
  readonly deprecated?: string
  /** What a DELETE through this version does without a propagationPolicy; default: as the kind. */
  readonly deletePolicy?: 'Orphan'
  /** Parts of objects that this version had in a form of its own: a Scale with its selector as a map, a way to roll back. */
  readonly former?: { readonly scale?: true; readonly rollback?: true; /** It had no parts but these. */ readonly onlyParts?: true }
  /** default: the kind's. */
  readonly verbs?: readonly Verb[]
}

export interface Definition<F extends Fields> extends Rules<Body<F>> {
  readonly group: string; readonly version: string; readonly kind: string; readonly plural: string
  readonly singular?: string; readonly shortNames?: readonly string[]; readonly categories?: readonly string[]
  readonly scope: 'Namespaced' | 'Cluster'
  /** Name of its OpenAPI definition. */
  readonly definition: string
  /** The Warning that goes with every answer about this version. */
  readonly deprecated?: string
  readonly verbs?: readonly Verb[]
  readonly fields: F
  readonly subresources?: { readonly status?: true; readonly scale?: ScalePaths }
  /** metadata.generation is kept. */
  readonly generation?: true
  /** status given on create is kept (Node); default: dropped when there is a status subresource. */
  readonly statusOnCreate?: 'keep'
  /** PUT of a missing object creates it. */
  readonly createOnUpdate?: true
  /** PUT without resourceVersion is refused. */
  readonly versionRequiredOnUpdate?: true
  /** What a DELETE without a propagationPolicy does; default Background. Unsupported: no policy means anything, dependents are never waited for. */
  readonly deletePolicy?: 'Orphan' | 'Unsupported'
  /** The Warning of a DELETE that orphans because nobody said otherwise. */
  readonly orphanWarning?: string
  /** Why an object of this name is never deleted by a request for it alone, whether it is there or not; undefined: it may be. */
  readonly whyKept?: (name: string) => string | undefined
  /** Objects go by themselves this long after they were last written. */
  readonly ttlSeconds?: number
  /** Fields that managedFields leaves out, beside status: nobody but the server can change them. */
  readonly untracked?: readonly string[]
  /** Paths that managedFields leaves out of what is written to /status, beside spec: the kind puts back what was there. */
  readonly statusResets?: readonly (readonly string[])[]
  /** DELETE answers with the object as it last was; else with a Status. */
  readonly returnsDeleted?: true
  readonly columns?: readonly Column<Body<F>>[]
  readonly rowConditions?: (object: Body<F>) => readonly RowCondition[]
  /** How a table of many is sorted; default: as the list is. */
  readonly rowOrder?: (a: Body<F>, b: Body<F>) => number
  /** Fields that field selectors may name, beside metadata.name and metadata.namespace. */
  readonly selectable?: Readonly<Record<string, (object: Body<F>) => string>>
  /** What is said of a field that selectors may not name, where the kind has words of its own for it. */
  readonly notSelectable?: (field: string) => string
  /** Key prefix in the store, e.g. /registry/pods/ (k8s-facts/storage-prefixes.json); default /registry/<plural>/. */
  readonly storagePrefix?: string
  readonly alsoServedAs?: readonly ServedVersion<Body<F>>[]
}
type Body<F extends Fields> = AnyObject & InferFields<F>

export interface Kind<T extends AnyObject = any> {
  readonly group: string; readonly version: string; readonly kind: string
  /** Lower-case plural, as in URLs. */
  readonly resource: string
  readonly singular: string; readonly shortNames: readonly string[]; readonly categories: readonly string[]
  /** "apps/v1", or "v1" for the core group. */
  readonly apiVersion: string
  readonly namespaced: boolean
  readonly definition: string
  readonly deprecated?: string
  readonly verbs: readonly Verb[]
  /** The whole object: apiVersion, kind, metadata and the kind's own fields. */
  readonly schema: Schema<any>
  readonly subresources: { readonly status?: true; readonly scale?: ScalePaths }
  readonly generation: boolean; readonly statusOnCreate: 'keep' | 'drop'
  readonly createOnUpdate: boolean; readonly versionRequiredOnUpdate: boolean
  readonly deletePolicy: 'Background' | 'Orphan' | 'Unsupported'
  readonly orphanWarning?: string
  readonly whyKept?: (name: string) => string | undefined
  readonly returnsDeleted: boolean
  readonly ttlSeconds?: number
  readonly untracked: readonly string[]
  readonly statusResets: readonly (readonly string[])[]
  readonly columns: readonly Column<T>[]
  readonly rowConditions?: (object: T) => readonly RowCondition[]
  readonly rowOrder?: (a: T, b: T) => number
  readonly selectable: Readonly<Record<string, (object: T) => string>>
  readonly notSelectable?: (field: string) => string
  readonly storagePrefix: string
  /** Custom resources are kept in one of their versions, and read by the definition as it is now. */
  readonly stored?: StoredForm
  readonly rules: Rules<T>
  readonly alsoServedAs: readonly ServedVersion<T>[]
}
/** How objects of one version of a custom resource are kept. Their stored form says in which version it was written. */
export interface StoredForm {
  /** A stored value as an object of this version; `bytes` are those it was read from. May change the value. */
  readonly read: (value: LooseObject, bytes: Uint8Array) => LooseObject
  /** An object of this version as it is to be kept: itself where nothing changes. */
  readonly write: (object: LooseObject) => LooseObject | Promise<LooseObject>
  /** Makes ready what reading these bytes takes (conversion by others); undefined: everything is. Absent: nothing ever has to be. */
  readonly ready?: (values: readonly Uint8Array[]) => Promise<void> | undefined
  /** Whether these bytes were written in another version than would be written now. */
  readonly isStale: (bytes: Uint8Array) => boolean
}
export type ObjectOf<K> = K extends Kind<infer T> ? T : never

/** What a caller gives to create an object: everything that the server fills in may be left out. */
export type New<T extends AnyObject> = { apiVersion?: string; kind?: string; metadata: Partial<ObjectMeta> } & Loose<Omit<T, 'apiVersion' | 'kind' | 'metadata'>>
/** T with every field optional, all the way down. */
export type Loose<T> = T extends (infer E)[] ? Loose<E>[] : T extends object ? { [K in keyof T]?: Loose<T[K]> | undefined } : T

/** Makes a kind from its definition. */
export function defineKind<const F extends Fields>(d: Definition<F>): Kind<Body<F>> {
  const { defaults, defaultsOf, prepareCreate, prepareUpdate, warnings, statusWarnings, generationChanged, name, gracePeriod, prepareDelete, mayGo } = d
  const { validate, validateSigned, validateChange, onUpdate, onUpdateOf, anyFinalizer } = d
  return {
    group: d.group, version: d.version, kind: d.kind, resource: d.plural, singular: d.singular ?? d.kind.toLowerCase(),
    shortNames: d.shortNames ?? [], categories: d.categories ?? [], apiVersion: d.group ? `${d.group}/${d.version}` : d.version,
    namespaced: d.scope === 'Namespaced', definition: d.definition,
    ...(d.deprecated !== undefined && { deprecated: d.deprecated }), verbs: d.verbs ?? everyVerb,
    schema: wholeObject(d.definition, d.fields),
    subresources: d.subresources ?? {}, generation: d.generation ?? false, statusOnCreate: d.statusOnCreate ?? 'drop',
    createOnUpdate: d.createOnUpdate ?? false, versionRequiredOnUpdate: d.versionRequiredOnUpdate ?? false,
    deletePolicy: d.deletePolicy ?? 'Background', ...(d.orphanWarning !== undefined && { orphanWarning: d.orphanWarning }), returnsDeleted: d.returnsDeleted ?? false, untracked: d.untracked ?? [], statusResets: d.statusResets ?? [], ...(d.ttlSeconds !== undefined && { ttlSeconds: d.ttlSeconds }), columns: d.columns ?? [], selectable: d.selectable ?? {}, ...(d.notSelectable && { notSelectable: d.notSelectable }),
    ...(d.whyKept && { whyKept: d.whyKept }), ...(d.rowConditions && { rowConditions: d.rowConditions }), ...(d.rowOrder && { rowOrder: d.rowOrder }),
    storagePrefix: d.storagePrefix ?? `/registry/${d.plural}/`,
    rules: { ...(defaults && { defaults }), ...(defaultsOf && { defaultsOf }), ...(prepareCreate && { prepareCreate }), ...(prepareUpdate && { prepareUpdate }),
      ...(validate && { validate }), ...(validateSigned && { validateSigned }), ...(validateChange && { validateChange }), ...(onUpdate && { onUpdate }),
      ...(onUpdateOf && { onUpdateOf }), ...(anyFinalizer && { anyFinalizer }),
      ...(warnings && { warnings }), ...(statusWarnings && { statusWarnings }), ...(generationChanged && { generationChanged }), ...(name && { name }),
      ...(gracePeriod && { gracePeriod }), ...(prepareDelete && { prepareDelete }), ...(mayGo && { mayGo }) },
    alsoServedAs: d.alsoServedAs ?? [],
  }
}

/** The schema of a whole object: type, metadata and the given fields. */
export const wholeObject = (definition: string, fields: Fields): Schema<any> =>
  object(definition, { ...typeMeta, metadata: about(value(objectMeta), standardMetadata), ...fields })

/** A type without a resource of its own (Scale, Eviction, TokenRequest ...): what a subresource takes. */
export function defineType<const F extends Fields>(apiVersion: string, kind: string, definition: string, fields: F) {
  return { apiVersion, kind, definition, schema: wholeObject(definition, fields) as Schema<Body<F>> }
}
