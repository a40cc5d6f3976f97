// Server-side apply: a configuration says what its manager wants; the object takes it over unless others own what would change.
import { quote } from '../go-quote.ts'
import { applyConflict, patchRefused } from '../errors.ts'
import type { ManagedFieldsEntry } from '../meta.ts'
import { same } from '../same.ts'
import type { Schema } from '../schema.ts'
import { zeroOf } from '../decode.ts'
import { appliedSet, shownPaths } from './applied-set.ts'
import { compareFields, type Difference } from './compare.ts'
import { clientSideApplier, fieldsLastApplied, withLastApplied } from './last-applied.ts'
import { sortEntries, updateManagedFields, type FieldsUpdate } from './managed.ts'
import { mergeApplied, withNamedFields, withoutFields } from './merge.ts'
import { differenceOf, intersectionOf, isNoFields, noFields, unionOf, withoutPath, type FieldSet } from './set.ts'

export interface FieldsApply extends Omit<FieldsUpdate, 'before' | 'after'> {
  readonly kind: string
  /** The object as it is, in the version of the request; undefined when applying creates it. */
  readonly live?: object | undefined
  /** What the client sent, as it came. */
  readonly config: object
  /** Take over what others own. */
  readonly force: boolean
}
export interface Applied {
  /** JSON to be decoded and defaulted as an update would be; without managedFields. */
  readonly object: object
  readonly managedFields: ManagedFieldsEntry[] | undefined
}

/** Applies a configuration. Throws ApiError: 400 for a config with managedFields, 409 with every conflict, 500 when it does not fit the schema. */
export function applyFields(schema: Schema<any>, apply: FieldsApply): Applied {
  const { config, apiVersion, manager, reset = [] } = apply
  const metadata = (config as { metadata?: { name?: string; namespace?: string; managedFields?: unknown } }).metadata ?? {}
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) throw patchRefused(400, 'metadata.managedFields must be nil')
  const { set: named, errors } = appliedSet(schema, config)
  if (errors.length) {
    const id = `${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${apiVersion.includes('/') ? apiVersion : '/' + apiVersion}, Kind=${apply.kind}`
    throw patchRefused(500, `failed to create typed patch object (${id}): ${errors.length === 1 ? errors[0] : `errors:\n${errors.map((e) => `  ${e}`).join('\n')}`}`)
  }
  const live = unmanaged(apply.live ?? zeroOf(schema) as object)
  const entries = managedSoFar(schema, apply)
  const isMine = (entry: ManagedFieldsEntry) => entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === (apply.subresource ?? '')
  const last = entries.find(isMine), others = entries.filter((entry) => !isMine(entry))
  const mine = reset.reduce(withoutPath, named)

  let object = mergeApplied(schema, live, config) as object
  if (last) object = pruned(schema, object, setOf(last), others.reduce((all, entry) => unionOf(all, setOf(entry)), unionOf(mine, identity)))
  const difference = without(compareFields(schema, live, object), reset)
  // Entries of versions that are no more go.
  const changes = others.flatMap((entry) => { const seen = inVersionOf(entry, apply, live, object, difference); return seen ? [{ entry, ...seen }] : [] })
  if (!apply.force) refuseConflicts(changes, manager === clientSideApplier && apply.live ? fieldsLastApplied(schema, live, apply) : undefined)

  const kept = changes.flatMap(({ entry, changed, removed }) => {
    const fields = differenceOf(differenceOf(setOf(entry), changed), removed)
    return isNoFields(fields) ? [] : [same(fields, entry.fieldsV1) ? entry : { ...entry, fieldsV1: fields }]
  })
  const unchanged = isNoFields(difference.changed) && isNoFields(difference.removed)
  if (!isNoFields(mine)) kept.push({ manager, operation: 'Apply', apiVersion, ...(unchanged ? last?.time && { time: last.time } : { time: apply.time }), fieldsType: 'FieldsV1', fieldsV1: mine, ...(apply.subresource && { subresource: apply.subresource }) })
  if (manager === clientSideApplier) object = withLastApplied(object, config)
  return { object, managedFields: kept.length ? sortEntries(kept) : undefined }
}

const setOf = (entry: ManagedFieldsEntry): FieldSet => (entry.fieldsV1 ?? noFields) as FieldSet
const without = ({ changed, removed }: Difference, reset: readonly (readonly string[])[]): Difference => ({ changed: reset.reduce(withoutPath, changed), removed: reset.reduce(withoutPath, removed) })
function unmanaged(object: object): object {
  const { metadata, ...rest } = object as { metadata?: Record<string, unknown> }
  const { managedFields: _, ...kept } = metadata ?? {}
  return { ...rest, metadata: kept }
}

/** The entries before this apply. An object that nobody managed belongs, as it is, to before-first-apply. */
function managedSoFar(schema: Schema<any>, { live, ...apply }: FieldsApply): readonly ManagedFieldsEntry[] {
  const entries = (live as { metadata?: { managedFields?: ManagedFieldsEntry[] } } | undefined)?.metadata?.managedFields
  if (!live || entries?.length) return entries ?? []
  const { apiVersion, time, reset = [] } = apply
  return updateManagedFields(schema, { apiVersion, time, reset, manager: 'before-first-apply', after: unmanaged(live) }) ?? []
}

/** Every configuration says what object it is about: what holds that stays. */
const identity: FieldSet = { 'f:metadata': { 'f:name': noFields } }
/** What the manager applied before, applies no more and nobody else owns, goes. */
function pruned(schema: Schema<any>, object: object, before: FieldSet, owned: FieldSet): object {
  const gone = differenceOf(withNamedFields(schema, before), withNamedFields(schema, owned))
  return withoutFields(schema, object, gone) as object ?? {}
}

function inVersionOf(entry: ManagedFieldsEntry, apply: FieldsApply, live: object, object: object, difference: Difference): Difference | undefined {
  if (entry.apiVersion === apply.apiVersion || !apply.inVersion) return difference
  const before = apply.inVersion(live, entry.apiVersion!), after = apply.inVersion(object, entry.apiVersion!)
  return before && after && without(compareFields(after.schema, before.object, after.object), apply.reset ?? [])
}

/** Fields that are the manager's own by what it applied before are no conflict. */
function refuseConflicts(changes: readonly (Difference & { readonly entry: ManagedFieldsEntry })[], own: FieldSet = noFields): void {
  const conflicts = changes.flatMap(({ entry, changed }) => shownPaths(differenceOf(intersectionOf(setOf(entry), changed), own)).map((field) => ({ field, with: shownManager(entry) })))
  if (conflicts.length) throw applyConflict(conflicts)
}
function shownManager({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name = quote(manager ?? '') + (subresource ? ` with subresource ${quote(subresource)}` : '')
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
