// Who wrote which field last: metadata.managedFields, kept on every write.
import { formatTime, isFieldSet, newMetadataFields, same, updateManagedFields, wholeWhereAtomic, type FieldSet, type LooseObject, type ManagedFieldsEntry } from '#machinery'
import type { Call } from './core.ts'
import type { KnownBody } from './known-bodies.ts'
import { converted, type Served } from './served.ts'

/** What a request cannot change on /status. */
const onStatus = ({ kind }: Served): readonly (readonly string[])[] => [['spec'], ...kind.statusResets]
const noPaths: readonly (readonly string[])[] = []
/** What a request cannot change on the object itself. */
const onMain = ({ subresources, kind }: Served) => [...(subresources.has('status') ? [['status']] : noPaths), ...kind.untracked.map((field) => [field])]

/** Notes, in the object's metadata, which fields this write sets, before anybody else fills in more. `subresource` is '' for the object itself; `known`: what is known of a new object's body. */
export function trackFields(call: Call, object: LooseObject, old: LooseObject | undefined, manager: string, subresource: string, known?: KnownBody): void {
  const { core, served } = call
  const fields = known?.fields(() => newMetadataFields(served.schema, object.metadata))
  const entries = updateManagedFields(served.schema, {
    apiVersion: served.apiVersion, before: old && asManaged(call, converted(served, old)), after: asManaged(call, converted(served, object)), manager, subresource, time: formatTime(core.clock.now()),
    reset: resetPaths(served, subresource), inVersion: inVersionOf(call), fields,
  })
  if (known && !fields && entries) known.learn(entries[0]!.fieldsV1 as FieldSet)
  if (entries) object.metadata.managedFields = subresource === 'scale' ? entries.map(withoutScaleTime) : entries
  else delete object.metadata.managedFields
}

/** The object with its managers' fields as its schema has them now: those of custom resources change. */
export function asManaged({ core, served }: Call, object: LooseObject): LooseObject {
  const { managedFields } = object.metadata
  if (!served.custom || !managedFields) return object
  const entries = managedFields.map((entry) => {
    const schema = entry.fieldsV1 && entry.apiVersion !== undefined ? core.registry.find(...split(entry.apiVersion), served.resource)?.schema : undefined
    const fieldsV1 = schema && isFieldSet(entry.fieldsV1) ? wholeWhereAtomic(schema, entry.fieldsV1) : entry.fieldsV1
    return fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1: fieldsV1! }
  })
  return entries.every((entry, i) => entry === managedFields[i]) ? object : { ...object, metadata: { ...object.metadata, managedFields: entries } }
}

/** The reference loses the time of what is written through /scale. */
function withoutScaleTime(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const { time: _, ...rest } = entry
  return entry.subresource === 'scale' ? rest : entry
}

/** Paths that a request to this part of the object cannot change. */
export const resetPaths = (served: Served, subresource: string): readonly (readonly string[])[] =>
  subresource === 'status' ? onStatus(served) : subresource === '' ? onMain(served) : noPaths

/** How to see an object of the call's version in another version of its kind. */
export const inVersionOf = ({ core, served }: Call) => (object: object, apiVersion: string) =>
  inVersion(served, object as LooseObject, apiVersion, core.registry.find(...split(apiVersion), served.resource))

const split = (apiVersion: string): [string, string] => { const at = apiVersion.indexOf('/'); return at < 0 ? ['', apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)] }

function inVersion(from: Served, object: LooseObject, apiVersion: string, to: Served | undefined) {
  if (!to || to.kind.storagePrefix !== from.kind.storagePrefix) return undefined
  if (apiVersion === from.apiVersion) return { schema: from.schema, object }
  const stored = from.convert ? from.convert.from(object) as LooseObject : object
  return { schema: to.schema, object: converted(to, stored) }
}

/** Whether a write would change nothing but the time at which somebody set what was set already. */
export function isUnchanged(object: LooseObject, old: LooseObject): boolean {
  const now = object.metadata.managedFields, before = old.metadata.managedFields
  if (now === before) return same(object, old)
  if (haveOtherManagers(object, old)) return false
  if (!now!.every((entry, i) => { const other = before![i]!; return same({ ...entry, time: other.time }, other) })) return false
  return same({ ...object, metadata: { ...object.metadata, managedFields: before } }, old)
}
/** Whether the number of managers alone tells that something has changed. */
export const haveOtherManagers = ({ metadata: { managedFields: now } }: LooseObject, { metadata: { managedFields: before } }: LooseObject): boolean => now?.length !== before?.length
