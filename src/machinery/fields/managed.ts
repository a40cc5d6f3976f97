// metadata.managedFields: who set which field. Called on create and update after decoding and defaulting, before admission and the
// strategy (what those fill in belongs to nobody). Server-side apply comes beside this.
import { quote } from '../go-quote.ts'
import { zeroOf } from '../decode.ts'
import type { ManagedFieldsEntry, ObjectMeta } from '../meta.ts'
import type { Schema } from '../schema.ts'
import { compareFields, newFields, type Difference } from './compare.ts'
import { differenceOf, intersectionOf, isFieldSet, isNoFields, noFields, unionOf, withoutPath, type FieldSet } from './set.ts'

/** Update entries beyond this many are folded into one named ancient-changes. */
export const maxUpdateManagers = 10
const managerBytes = 128

type Managed = { readonly metadata: Partial<ObjectMeta> }
export interface FieldsUpdate {
  readonly apiVersion: string
  /** The object before; undefined on create. */
  readonly before?: object | undefined
  /** The object as it will be; its own managedFields count unless it went through a subresource. */
  readonly after: object
  readonly manager: string
  readonly subresource?: string | undefined
  /** RFC 3339. */
  readonly time: string
  /** Paths that this request cannot change: `status` on the main resource, `spec` on /status. */
  readonly reset?: readonly (readonly string[])[]
  /** What a new object sets, where that is known. */
  readonly fields?: FieldSet | undefined
  /** The object in another version of its kind, for entries made through that; entries of versions it does not know are dropped. Without it all versions are taken to be alike. */
  readonly inVersion?: (object: object, apiVersion: string) => { readonly schema: Schema<any>; readonly object: object } | undefined
}

/** The managedFields of an object after a create, update or patch; undefined when nobody manages anything. The object is not changed. */
export function updateManagedFields(schema: Schema<any>, update: FieldsUpdate): ManagedFieldsEntry[] | undefined {
  const live = (update.before as Managed | undefined)?.metadata.managedFields
  const given = (update.after as Managed).metadata.managedFields
  const entries = update.subresource ? live ?? [] : entriesOf(given, live)
  if (!entries.length && update.before) return undefined // tracking begins with creation or the first apply
  const difference = update.fields ? { changed: update.fields, removed: noFields } : without(update.before ? compareFields(schema, update.before, update.after) : newFields(schema, update.after), update.reset)
  const compared = new Map<string, Difference>([[update.apiVersion, difference]])
  let kept: ManagedFieldsEntry[] = []
  for (const entry of entries) {
    const found = compared.get(entry.apiVersion!) ?? elsewhere(entry.apiVersion!, update, difference)
    if (!found) continue
    const { changed, removed } = found
    compared.set(entry.apiVersion!, found)
    const fields = differenceOf(differenceOf(setOf(entry), intersectionOf(setOf(entry), changed)), removed)
    if (!isNoFields(fields)) kept.push(fields === entry.fieldsV1 ? entry : { ...entry, fieldsV1: fields })
  }
  if (!isNoFields(difference.changed)) kept = withMine(kept, entries, update, difference.changed)
  kept = cappedEntries(kept)
  return kept.length ? sortEntries(kept) : undefined
}

const setOf = (entry: ManagedFieldsEntry): FieldSet => (entry.fieldsV1 ?? noFields) as FieldSet
function without({ changed, removed }: Difference, reset: FieldsUpdate['reset'] = []): Difference {
  return { changed: reset.reduce(withoutPath, changed), removed: reset.reduce(withoutPath, removed) }
}
/** The difference as another version sees it; undefined when nobody knows that version. */
function elsewhere(apiVersion: string, { inVersion, before, after, reset }: FieldsUpdate, difference: Difference): Difference | undefined {
  if (!inVersion) return difference
  const now = inVersion(after, apiVersion)
  return now && without(compareFields(now.schema, (before && inVersion(before, apiVersion)?.object) ?? zeroOf(now.schema), now.object), reset)
}

/** What the request changed goes to the manager's own entry, which becomes as new as the request. */
function withMine(kept: ManagedFieldsEntry[], before: readonly ManagedFieldsEntry[], update: FieldsUpdate, changed: FieldSet): ManagedFieldsEntry[] {
  const isMine = (entry: ManagedFieldsEntry) => entry.manager === update.manager && entry.operation === 'Update' && entry.apiVersion === update.apiVersion && (entry.subresource ?? '') === (update.subresource ?? '')
  const fields = kept.filter(isMine).reduce((set, entry) => unionOf(set, setOf(entry)), changed)
  // The same fields as before: the entry is shared as it was but for its time.
  const old = before.find(isMine)
  return [...kept.filter((entry) => !isMine(entry)), {
    manager: update.manager, operation: 'Update', apiVersion: update.apiVersion, time: update.time, fieldsType: 'FieldsV1',
    fieldsV1: old && sameSet(setOf(old), fields) ? old.fieldsV1! : fields, ...(update.subresource && { subresource: update.subresource }),
  }]
}
const sameSet = (a: FieldSet, b: FieldSet): boolean => a === b || (isNoFields(differenceOf(a, b)) && isNoFields(differenceOf(b, a)))

/** A client may rewrite the list: none or one empty entry empties it, no entries at all (or unreadable ones) keep what was there. */
function entriesOf(given: readonly ManagedFieldsEntry[] | undefined, live: readonly ManagedFieldsEntry[] | undefined): readonly ManagedFieldsEntry[] {
  if (given && (given.length === 0 || (given.length === 1 && Object.keys(given[0]!).length === 0))) return []
  if (given === live) return live ?? []
  const read = readEntries(given)
  return read.length ? read : live ?? []
}
/** The entries, none when one cannot be read; of several with one identifier the last. */
const readEntries = (entries: readonly ManagedFieldsEntry[] | undefined): readonly ManagedFieldsEntry[] =>
  (entries && whyUnreadable(entries) === undefined ? [...new Map(entries.map((entry) => [identifier(entry), entry])).values()] : [])

/** Why a list of managers cannot be used, in the reference's words; undefined when it can. */
export function whyUnreadable(entries: readonly ManagedFieldsEntry[]): string | undefined {
  for (const [i, { operation, apiVersion, fieldsType, fieldsV1 }] of entries.entries()) {
    if (operation !== 'Update' && operation !== 'Apply') return 'operation must be `Apply` or `Update`'
    if (!apiVersion) return 'apiVersion must not be empty'
    if (!fieldsType) return `missing fieldsType in managed fields entry ${i}`
    if (fieldsType !== 'FieldsV1') return `invalid fieldsType ${quote(fieldsType)} in managed fields entry ${i}`
    if (fieldsV1 !== undefined && !isFieldSet(fieldsV1)) return 'error decoding manager from managed fields'
  }
  return undefined
}

/** What tells entries apart, as the reference writes it: who applies does so in one version only. */
const identifier = ({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string =>
  JSON.stringify({ ...(manager && { manager }), operation, ...(apiVersion && operation !== 'Apply' && { apiVersion }), ...(subresource && { subresource }) })

/** Folds the oldest Update entries together when there are too many. */
export function cappedEntries(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updates = entries.filter((entry) => entry.operation === 'Update').sort((a, b) => compareText(a.time, b.time) || compareText(identifier(a), identifier(b)))
  let excess = updates.length - maxUpdateManagers
  if (excess <= 0) return entries
  const out = new Set(entries)
  /** Per version: the oldest entry, waiting for a second one, or the folded one. */
  const buckets = new Map<string, ManagedFieldsEntry>()
  for (const entry of updates) {
    if (excess <= 0) break
    const version = entry.apiVersion ?? '', first = buckets.get(version)
    if (!first) { buckets.set(version, entry); continue }
    const folded: ManagedFieldsEntry = { manager: 'ancient-changes', operation: 'Update', apiVersion: version, ...(entry.time && { time: entry.time }), fieldsType: 'FieldsV1', fieldsV1: unionOf(setOf(first), setOf(entry)) }
    out.delete(first)
    out.delete(entry)
    out.add(folded)
    buckets.set(version, folded)
    excess--
  }
  return [...out]
}

/** Apply before Update, older before newer, then by name. */
export function sortEntries(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.sort((a, b) => compareText(a.operation, b.operation) || compareText(a.time, b.time) || compareText(a.manager, b.manager)
    || compareText(a.apiVersion, b.apiVersion) || compareText(a.subresource, b.subresource))
}
const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0)

/** Who a request's changes belong to: its fieldManager, or the first word of its user agent. */
export function managerName(fieldManager: string | undefined, userAgent: string | undefined): string {
  if (fieldManager) return fieldManager
  const agent = userAgent?.split('/', 1)[0] ?? ''
  if (agent.length <= managerBytes && /^[ -~]+$/.test(agent)) return agent
  let name = '', bytes = 0
  for (const c of agent) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(c)) continue
    const code = c.codePointAt(0)!
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes > managerBytes) break
    name += c
  }
  return name || 'unknown'
}
