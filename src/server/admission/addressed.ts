// The resource that a write addresses, in the version of the request and in all others in which the same objects are served; and its
// objects in each of them.
import { ApiError, copy, decode, DecodeError, internalError, parseApiVersion, printApiVersion, same, toStoredForm, type DecodeOptions, type LooseObject, type Schema } from '#machinery'
import { inForm, whyAnotherType } from '../body.ts'
import { converted, type Registry, type Served } from '../served.ts'
import { asStored } from '../write.ts'
import type { AdmissionAttributes } from './admission.ts'

export interface GroupVersionKind { readonly group: string; readonly version: string; readonly kind: string }
export interface GroupVersionResource { readonly group: string; readonly version: string; readonly resource: string }

/** A resource in one version of the API, and the kind that its requests carry there. */
export interface Addressed {
  readonly resource: GroupVersionResource
  readonly kind: GroupVersionKind
  readonly served: Served
  /** The objects are those of the resource; false for subresources with a kind of their own (an eviction). */
  readonly own: boolean
  /** Of what such a subresource takes. */
  readonly schema?: Schema<any> // allowed: each takes something else
}

type Write = Pick<AdmissionAttributes, 'served' | 'subresource' | 'registry'>

/** What the request itself addresses. */
export const requested = ({ served, subresource }: Pick<Write, 'served' | 'subresource'>): Addressed => addressed(served, subresource)!

/** The other versions (and groups) of the same objects, as far as they have the subresource. */
export function equivalents({ served, subresource, registry }: Write): readonly Addressed[] {
  return (siblings(registry).get(served.kind.storagePrefix) ?? []).flatMap((other) => (other === served ? [] : addressed(other, subresource) ?? []))
}

function addressed(served: Served, subresource: string): Addressed | undefined {
  const { group, version, resource, kindName } = served
  const parent = { resource: { group, version, resource }, kind: { group, version, kind: kindName }, served, own: true }
  if (subresource === '') return parent
  const { type, schema } = served.subresources.get(subresource) ?? {}
  if (!type) return undefined
  if (type.group === '' && (type.kind === kindName || type.kind === served.kind.kind)) return parent
  return { ...parent, own: false, ...(schema && { schema }), kind: { group: type.group || group, version: type.version || version, kind: type.kind } }
}

const known = new WeakMap<Registry, { readonly revision: number; readonly byPrefix: ReadonlyMap<string, readonly Served[]> }>()
/** What is stored in one place is the same, whatever it is called. */
function siblings(registry: Registry): ReadonlyMap<string, readonly Served[]> {
  const there = known.get(registry)
  if (there?.revision === registry.revision) return there.byPrefix
  const byPrefix = Map.groupBy(registry.all(), (served) => served.kind.storagePrefix)
  known.set(registry, { revision: registry.revision, byPrefix })
  return byPrefix
}

/** An object of the write as it looks in a version: a new value. Takes time only where a webhook converts. */
export function shown(object: LooseObject, write: Pick<Write, 'served'>, { kind, served, own }: Addressed): LooseObject | Promise<LooseObject> {
  const apiVersion = printApiVersion(kind)
  if (!own) return { ...copy(object), apiVersion, kind: kind.kind }
  if (served.custom) return served !== write.served && served.custom.convert ? served.custom.convert(copy(object), apiVersion) : { ...copy(object), apiVersion, kind: kind.kind }
  const there = copy(served.convert ? converted(served, object) : object)
  return Object.assign(toStoredForm(served.schema, there), { apiVersion, kind: kind.kind })
}

type Written = Pick<DecodeOptions, 'fractions'>
/** A JSON value in a version, as an object that the write goes on with: decoded and defaulted. Rejects with InternalError when it is none. */
export const taken = async (json: unknown, write: Pick<Write, 'served' | 'registry'>, view: Addressed): Promise<LooseObject> => goneOnWith(decodedIn(json, write, view), write, view)

/** A JSON value in a version, decoded only. Throws InternalError when it is no object of that version. */
export function decodedIn(json: unknown, { registry }: Pick<Write, 'registry'>, { kind, served, own, schema }: Addressed, written: Written = {}): LooseObject {
  if (!own) return schema ? readAs(schema, json, kind, written) : json as LooseObject
  const { apiVersion, kindName, custom } = served, said = json as { kind?: unknown; apiVersion?: unknown }
  if (custom) return inForm({ apiVersion, kind: kindName, ...json as object }, served, written, internalError)
  const other = said.kind && said.apiVersion ? whyAnotherType(json, served, registry) : undefined
  // Of a type that is known it could be read: only then it turns out that it is not what the request is about.
  if (other !== undefined) throw registry.knowsType(...typeOf(said)) ? new ApiError('', other, undefined, { code: 500 }) : internalError(other)
  return inForm(json, served, written, internalError)
}
const typeOf = ({ kind, apiVersion }: { kind?: unknown; apiVersion?: unknown }): [group: string, version: string, kind: string] => {
  const { group, version } = parseApiVersion(String(apiVersion))
  return [group, version, String(kind)]
}
/** Whether what was decoded is another object than `before`, with which webhooks were shown it; what defaults would add does not count. */
export function differs(json: unknown, decoded: LooseObject, before: LooseObject, { kind, served, own }: Addressed): boolean {
  if (!own) return !same(decoded, before)
  return !same(served.custom ? json : Object.assign(toStoredForm(served.schema, copy(decoded)), { apiVersion: printApiVersion(kind), kind: kind.kind }), before)
}
/** What was decoded, defaulted and as the write has it. */
export async function goneOnWith(decoded: LooseObject, write: Pick<Write, 'served' | 'registry'>, { served, own }: Addressed): Promise<LooseObject> {
  if (!own) return decoded
  const object = asStored(served, decoded)
  if (!served.custom || served === write.served) return object
  const there = served.custom.convert ? await served.custom.convert(object, write.served.apiVersion) : { ...object, apiVersion: write.served.apiVersion }
  return asStored(write.served, inForm(there, write.served, {}, internalError))
}
function readAs(schema: Schema<any>, json: unknown, gvk: GroupVersionKind, written: Written): LooseObject { // allowed: each subresource takes something else
  try {
    return { ...decode(schema, json, written) as LooseObject, apiVersion: printApiVersion(gvk), kind: gvk.kind }
  } catch (error) {
    if (error instanceof DecodeError) throw internalError(error.message, error)
    throw error
  }
}

/** Puts all of one object in place of another, in the same value: whoever holds it sees the change. */
export function replaceAll(object: LooseObject, by: LooseObject): void {
  for (const field of Object.keys(object)) if (!(field in by)) delete object[field]
  Object.assign(object, by)
}

/** A namespace lies in itself: requests about it carry its name as their namespace. */
export const namespaceOf = ({ served, namespace, name, object }: Pick<AdmissionAttributes, 'served' | 'namespace' | 'name' | 'object'>): string =>
  namespace || (served.group === '' && served.resource === 'namespaces' ? name || object?.metadata?.name || '' : '')

/** How refusals name what is written: generated names are not known yet. */
export const shownName = ({ name, object }: Pick<AdmissionAttributes, 'name' | 'object'>): string => {
  const { name: own, generateName } = (object?.metadata ?? {}) as { name?: string; generateName?: string }
  return name || own || generateName || 'Unknown'
}
