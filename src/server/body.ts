// Bodies of writes: bytes to the normal form of what the resource takes, with the reference's errors for everything that is not it.
import { badRequest, cannotBeHandled, CborError, decode, decodeCbor, DecodeError, deleteOptions, JsonError, parseJsonStrict, quote, type ApiError, type ApiRequest, type DecodeOptions, type Key, type LooseObject, type Schema } from '#machinery'
import { bodyEncoding, type Encoding } from './media.ts'
import type { WriteOptions } from './options.ts'
import { readProtobuf, type Wanted } from './protobuf-body.ts'
import { internalPackage } from './internal-package.ts'
import type { CustomForm, Registry } from './served.ts'
import { readYaml, unmarshalErrors } from './yaml.ts'

/** What a body must be. */
export interface Accepted {
  readonly group: string; readonly version: string; readonly kindName: string; readonly apiVersion: string; readonly schema: Schema<any>
  /** What older clients call the same version. */
  readonly formerly?: string
  /** A custom resource. */
  readonly custom?: CustomForm
}

const decoder = new TextDecoder()

export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** The decoded object, with kind and apiVersion, not yet defaulted: a new value. `text`: of JSON, in place of the body. Throws BadRequest, UnsupportedMediaType. */
export function readObject(request: ApiRequest, accepted: Accepted, { fieldValidation }: Pick<WriteOptions, 'fieldValidation'>, registry: Registry, warn: (text: string) => void, text?: string): LooseObject {
  const { body } = request
  if (body !== undefined && 'object' in body) return decoded(body.object, accepted)
  const bytes = body ?? new Uint8Array()
  const encoding = bodyEncoding(request)
  const refuse: Refuse = (why) => unrecognized(accepted, why, bytes)
  const { value, problems } = parse(bytes, encoding, accepted, fieldValidation !== 'Ignore', refuse, text)
  checkType(value, accepted, registry, refuse)
  const strict: string[] = []
  const object = inForm(value, accepted, { strict, keys: problems.keys, ...(problems.fractions && { fractions: problems.fractions }), sorted: encoding === 'yaml' }, (why) => cannotBeHandled(givenType(value, accepted), accepted.kindName, why))
  if (fieldValidation === 'Strict' && problems.yaml.length + strict.length > 0) {
    const all = [...(problems.yaml.length > 0 ? [unmarshalErrors(problems.yaml)] : []), ...strict]
    throw cannotBeHandled({ kind: accepted.kindName, version: accepted.version }, accepted.kindName, `strict decoding error: ${all.join(', ')}`)
  }
  if (fieldValidation === 'Warn') for (const text of [...problems.yaml, ...strict]) warn(text)
  return object
}

/** A value of the accepted type in normal form, with kind and apiVersion: a new value. A custom resource keeps what it says it is; whether that is right is for validation. */
export function inForm(value: unknown, { schema, kindName, apiVersion, custom }: Accepted, options: DecodeOptions, refuse: (why: string) => ApiError): LooseObject {
  let object: LooseObject
  try {
    object = custom ? custom.decode(value, options) : decode(schema, value, options) as LooseObject
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
  keepEmptyManagers(object, value)
  return custom ? object : Object.assign(object, { apiVersion, kind: kindName })
}

/** The text of an object's metadata alone, decoded; undefined where something is wrong with it, or it is more than what it says (managers). */
export function readMetadata(text: string, { fields }: Schema<any>): LooseObject['metadata'] | undefined {
  const schema = fields?.['metadata']
  try {
    const { value, keys, fractions } = parseJsonStrict(text), strict: string[] = []
    if (!schema || typeof value !== 'object' || value === null || 'managedFields' in value || keys.length + fractions.size > 0) return undefined
    const metadata = decode(schema, value, { strict }) as LooseObject['metadata']
    return strict.length > 0 ? undefined : metadata
  } catch (error) {
    if (error instanceof JsonError || error instanceof DecodeError) return undefined
    throw error
  }
}

/** An empty list of managers is a wish (to forget them all), not nothing. */
export function keepEmptyManagers(object: LooseObject, given: unknown): void {
  const managers = (given as { metadata?: { managedFields?: unknown } } | null)?.metadata?.managedFields
  if (Array.isArray(managers) && managers.length === 0) object.metadata.managedFields = []
}

/** A value that came without bytes (direct calls): pruned, never strict. */
function decoded(value: unknown, accepted: Accepted): LooseObject {
  const { kindName: kind, apiVersion, version, custom } = accepted
  const given = custom ? { apiVersion, kind, ...value as object } : value // direct callers leave the type out
  return inForm(given, accepted, {}, (why) => cannotBeHandled({ kind, version }, kind, why))
}

/** The JSON value of an optional body (DeleteOptions, of whatever group): undefined when there is none. Of what is wrong with it the reference says no more than why. */
export function readOptional(request: ApiRequest): unknown {
  const { body } = request
  if (body === undefined) return undefined
  if ('object' in body) return body.object
  if (body.length === 0) return undefined
  const { value } = parse(body, bodyEncoding(request), { kindName: 'DeleteOptions', schema: deleteOptions }, false, badRequest)
  const { kind, apiVersion } = typeOf(value, badRequest)
  if (kind && kind !== 'DeleteOptions') {
    throw badRequest(ofEveryVersion.includes(kind) ? `converting (v1.${kind}) to (v1.DeleteOptions): unknown conversion`
      : `no kind ${quote(kind)} is registered for version ${quote(apiVersion || 'meta.k8s.io/v1')} in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`)
  }
  return value
}
/** Kinds that the reference knows in all groups. */
const ofEveryVersion = ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'CreateOptions', 'Status', 'UpdateOptions']

type Refuse = (why: string) => ApiError
interface Problems { readonly keys: readonly Key[]; readonly yaml: readonly string[]; readonly fractions?: ReadonlyMap<string, string> }
const noProblems: Problems = { keys: [], yaml: [] }

function parse(bytes: Uint8Array, encoding: Encoding, accepted: Wanted, strict: boolean, refuse: Refuse, given?: string): { value: unknown; problems: Problems } {
  if (encoding === 'cbor') return { value: readCbor(bytes, (why) => refuse(`couldn't get version/kind; ${why}`)), problems: noProblems }
  if (encoding === 'protobuf') return { value: readProtobuf(bytes, accepted, refuse), problems: noProblems }
  const text = given ?? textOf(bytes)
  if (encoding === 'yaml') {
    const { value, error, duplicates } = readYaml(text)
    if (error !== undefined) throw refuse(error)
    return { value, problems: { keys: [], yaml: duplicates } }
  }
  try {
    const { value, keys, fractions } = parseJsonStrict(text)
    return { value, problems: { keys: strict ? keys : [], yaml: [], fractions } }
  } catch (error) {
    if (error instanceof JsonError) throw refuse(`couldn't get version/kind; json parse error: ${error.message}`)
    throw error
  }
}

const typeStruct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
/** What a value says it is. */
function typeOf(value: unknown, refuse: Refuse): { kind?: string; apiVersion?: string } {
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${goName(value)} into Go value of type ${typeStruct}`)
  const given = value as { kind?: string; apiVersion?: string }
  for (const field of ['kind', 'apiVersion'] as const) {
    const text: unknown = given[field]
    if (text !== undefined && text !== null && typeof text !== 'string')
      throw refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${goName(text)} into Go struct field .${field} of type string`)
  }
  return given
}
/** kind and apiVersion must be what the resource takes, or absent. */
function checkType(value: unknown, accepted: Accepted, registry: Registry, refuse: Refuse): void {
  if (value === null) return
  const given = typeOf(value, refuse)
  if (accepted.custom) { checkCustomType(given, accepted); return }
  const kind = given.kind || accepted.kindName
  const apiVersion = given.apiVersion || accepted.apiVersion
  if (kind === accepted.kindName && (apiVersion === accepted.apiVersion || apiVersion === accepted.formerly)) return
  const parts = apiVersion.split('/')
  if (parts.length > 2) throw refuse(`unexpected GroupVersion string: ${apiVersion}`)
  const group = parts.length === 2 ? parts[0]! : ''
  const version = parts.at(-1)!
  throw cannotBeHandledAs({ group, version, apiVersion, kind }, accepted, registry)
}

/** A custom resource must say what it is; whether the kind is right is for validation. */
function checkCustomType({ kind = '', apiVersion = '' }: { kind?: string; apiVersion?: string }, accepted: Accepted): void {
  if (kind === '') throw badRequest("Object 'Kind' is missing in 'unstructured object has no kind'")
  if (apiVersion !== accepted.apiVersion) throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${accepted.apiVersion})`)
}

/** The body is a kind of its own, or of nobody. */
function cannotBeHandledAs(given: { group: string; version: string; apiVersion: string; kind: string }, accepted: Accepted, registry: Registry) {
  const isKnown = registry.knowsType(given.group, given.version, given.kind)
  if (isKnown && given.group === accepted.group && given.kind === accepted.kindName)
    return badRequest(`the API version in the data (${given.apiVersion}) does not match the expected API version (${accepted.apiVersion})`)
  return cannotBeHandled({ kind: given.kind, version: given.version }, accepted.kindName, isKnown ? unknownConversion(given, accepted) : unregistered(given))
}
const unknownConversion = (given: { version: string; kind: string }, accepted: Accepted): string =>
  `converting (${given.version}.${given.kind}) to (${internalPackage(accepted.group)}.${accepted.kindName}): unknown conversion`
const unregistered = (given: { apiVersion: string; kind: string }): string =>
  `no kind ${quote(given.kind)} is registered for version ${quote(given.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`

/** Why a patched object is no longer what it was; undefined when it still is. */
export function whyAnotherType(value: unknown, accepted: Accepted, registry: Registry): string | undefined {
  const { kind, apiVersion } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown }
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || (kind === accepted.kindName && apiVersion === accepted.apiVersion)) return undefined
  const at = apiVersion.indexOf('/')
  const given = { kind, apiVersion, group: apiVersion.slice(0, Math.max(at, 0)), version: apiVersion.slice(at + 1) }
  return registry.knowsType(given.group, given.version, kind) ? unknownConversion(given, accepted) : unregistered(given)
}

function givenType(value: unknown, accepted: Accepted): { kind: string; version: string } {
  const { kind } = (value ?? {}) as { kind?: string }
  return { kind: kind || accepted.kindName, version: accepted.version }
}
const goName = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value)

const unrecognized = (accepted: { readonly kindName: string }, why: string, bytes: Uint8Array) =>
  badRequest(`the object provided is unrecognized (must be of type ${accepted.kindName}): ${why} (${summary(bytes)})`)

/** The JSON value of a body in CBOR; what it is not is refused. */
export function readCbor(bytes: Uint8Array, refuse: (why: string) => Error): unknown {
  try {
    return decodeCbor(bytes)
  } catch (error) {
    throw error instanceof CborError ? refuse(error.message) : error
  }
}

const summaryBytes = 30
/** The beginning of a body: as text where it looks like JSON, in hexadecimal where it does not. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, summaryBytes)
  const shown = bytes[0] === 0x7b ? decoder.decode(start) : Array.from(start, (b) => b.toString(16).padStart(2, '0')).join('')
  return bytes.length > summaryBytes ? `${shown} ...` : shown
}
