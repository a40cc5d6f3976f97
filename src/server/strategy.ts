// What happens to every object before it is validated, whatever its kind: metadata that only the server writes, status and spec kept
// apart, generation. What a kind adds to it is in its rules.
import {
  copy, formatTime, invalid, keepObjectMeta, nameIsDNSSubdomain, nameIsPathSegment, nameSuffix, same, toStoredForm, uuid, validateObjectMeta, validateObjectMetaUpdate,
  validateOwnFinalizers, zeroOf, type Clock, type FieldError, type Kind, type LooseObject, type ObjectMetaRules, type Random, type Rules, type TemplateMeta, type UpdateCheck, type User, type VerifySignature,
} from '#machinery'
import type { Served } from './served.ts'

const longestName = 63
const suffixLength = 5

/** A name made of a prefix and chance: at most 63 characters. */
export const generatedName = (prefix: string, random: Random): string => prefix.slice(0, longestName - suffixLength) + nameSuffix(random, suffixLength)

/** Drops from a new object's metadata what only the server may set; its version is for the store to refuse. */
export function wipeMetadata(object: LooseObject): void {
  const meta = object.metadata as Partial<TemplateMeta>
  for (const field of ['selfLink', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) delete meta[field]
}

/** Metadata of a new object: uid, birth, a name where one is to be made. */
export function beginMetadata(object: LooseObject, { clock, random }: { readonly clock: Clock; readonly random: Random }): void {
  wipeMetadata(object)
  const meta = object.metadata
  meta.uid = uuid(random)
  meta.creationTimestamp = formatTime(clock.now())
  if (!meta.name) meta.name = meta.generateName ? generatedName(meta.generateName, random) : '' // rules may rely on its being there
}

/** The ordinary strategy on create, then the kind's own. */
export function prepareCreate({ kind, convert, rules, subresources, features }: Served, object: LooseObject, user: User): void {
  if (subresources.has('status') && kind.statusOnCreate === 'drop') resetStatus(kind, object)
  if (kind.generation) object.metadata.generation = 1
  else delete object.metadata.generation
  const own = (convert && rules.prepareCreate) ?? kind.rules.prepareCreate
  own?.(object, user, features)
}

/** The ordinary strategy on update (`subresource`: '' or 'status' or another), then the kind's own. */
export function prepareUpdate({ kind, convert, rules, subresources, features }: Served, object: LooseObject, old: LooseObject, subresource: string, now: number): void {
  const { metadata } = object
  keepObjectMeta(metadata, old.metadata)
  if (old.metadata.generation === undefined) delete metadata.generation
  else metadata.generation = old.metadata.generation
  if (subresource === 'status') keepAllButStatus(object, old)
  else if (subresources.has('status') && subresource === '') keepStatus(object, old)
  const own = (convert && rules.prepareUpdate) ?? kind.rules.prepareUpdate
  own?.(object, old, subresource === '' ? undefined : subresource, now, features)
  if (kind.generation && subresource !== 'status' && generationChanged(kind, object, old)) metadata.generation = (old.metadata.generation ?? 0) + 1
}

function resetStatus(kind: Kind, object: LooseObject): void {
  const schema = kind.schema.fields?.status
  if (schema?.default !== undefined || schema?.required) object.status = zeroOf(schema)
  else delete object.status
}
function keepStatus(object: LooseObject, old: LooseObject): void {
  if (old.status === undefined) delete object.status
  else object.status = copy(old.status)
}
/** What a write of /status cannot change and has not tried to is the stored object's own: nobody has to look through it, before or after. */
export function shareUnwritten(object: LooseObject, old: LooseObject): void {
  for (const field of Object.keys(object)) if (!writtenByStatus.has(field) && same(object[field], old[field])) object[field] = old[field]
}
const writtenByStatus: ReadonlySet<string> = new Set(['status', 'metadata', 'kind', 'apiVersion'])
/** /status writes status, and of metadata what belongs to it: labels, annotations and the rest stay. */
function keepAllButStatus(object: LooseObject, old: LooseObject): void {
  for (const field of Object.keys(object)) if (!(field in old) && !writtenByStatus.has(field)) delete object[field]
  for (const [field, value] of Object.entries(old)) if (!writtenByStatus.has(field) && object[field] !== value) object[field] = copy(value)
}

function generationChanged(kind: Kind, object: LooseObject, old: LooseObject): boolean {
  const { rules: { generationChanged: changed }, schema, stored } = kind
  const differs = (now: LooseObject): boolean => (changed ? changed(now, old) : !same(now.spec, old.spec))
  return differs(object) && (stored !== undefined || differs(toStoredForm(schema, copy(object)))) // an empty list is as good as the none that is stored
}

/** Everything wrong with a new object. Throws Invalid. Without `verify` nobody looks at signatures. */
export function validateCreate(served: Served, object: LooseObject, verify?: VerifySignature): void {
  const { custom } = served, meta = validateObjectMeta(object.metadata, ownMetaRules(served, object))
  refuse(served, object, custom ? custom.validate(object, undefined, '', meta, noWarnings) : [...meta, ...(verify && rule(served, 'validateSigned')?.(object, verify)) ?? [], ...rule(served, 'validate')?.(object) ?? []])
}

const noWarnings = () => {}
/** A version's own rule stands in place of the kind's, and looks at the stored form like it. */
const rule = <K extends keyof Rules<any>>({ convert, rules, kind }: Served, name: K): Rules<any>[K] => (convert && rules[name]) ?? kind.rules[name]
/** Names of some kinds follow from more than themselves. */
function ownMetaRules(served: Served, object: LooseObject): ObjectMetaRules {
  const named = rule(served, 'name') ?? nameIsDNSSubdomain
  const anyFinalizer = served.custom !== undefined || rule(served, 'anyFinalizer') === true
  return { namespaced: served.kind.namespaced, name: (name, prefix) => named(name, prefix, object), anyFinalizer }
}

/** Everything wrong with a changed object. Throws Invalid. `warn` hears of what is wrong but was so before. */
export function validateUpdate(served: Served, object: LooseObject, old: LooseObject, subresource: string, warn: (text: string) => void = noWarnings, now?: number): void {
  const { custom, kind } = served, meta = validateObjectMetaUpdate(object.metadata, old.metadata)
  // The reference asks again and again: once for all kinds, then in each, kind by kind.
  const forAll = [...validateObjectMeta(object.metadata, { namespaced: kind.namespaced, name: nameIsPathSegment, anyFinalizer: true }), ...meta]
  if (custom) { refuse(served, object, [...forAll, ...custom.validate(object, old, subresource, meta, warn)]); return }
  const own = ownMetaRules(served, object), part = subresource === '' ? undefined : subresource
  const checks: Readonly<Record<UpdateCheck, () => readonly FieldError[]>> = {
    meta: () => validateObjectMeta(object.metadata, own), kept: () => [...meta, ...(own.anyFinalizer ? [] : validateOwnFinalizers(object.metadata))],
    rules: () => rule(served, 'validate')?.(object, old, part, now) ?? [], change: () => rule(served, 'validateChange')?.(object, old, part) ?? [],
  }
  const order = (part === undefined ? rule(served, 'onUpdate') : rule(served, 'onUpdateOf')?.[part]) ?? usualChecks
  refuse(served, object, [...forAll, ...order.flatMap((check) => checks[check]())])
}
const usualChecks: readonly UpdateCheck[] = ['kept', 'rules']

function refuse({ group, kindName, custom }: Served, object: LooseObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group, kind: custom ? object.kind : kindName }, object.metadata.name ?? '', errors)
}
