// Server-side apply: a client says which fields it wants how; the server works out what that changes, and who owns what.
import { applyFields, badRequest, cannotBeHandled, conflict, formatTime, JsonError, parseJsonStrict, patchRefused, type ApiError, type ApiResponse, type LooseObject } from '#machinery'
import { inForm, readCbor } from './body.ts'
import type { Call } from './core.ts'
import { checkNamespace } from './create.ts'
import { asManaged, inVersionOf, resetPaths } from './managed-fields.ts'
import { mediaType } from './media.ts'
import type { WriteOptions } from './options.ts'
import { converted, type Served } from './served.ts'
import { answer, checkName, modify, type Adopt } from './update.ts'
import { asStored } from './write.ts'
import { duplicatesInJson, readYaml, unmarshalErrors } from './yaml.ts'

/** PATCH with an apply configuration: changes the object, or creates it. */
export async function apply(call: Call, options: WriteOptions, adopt?: Adopt): Promise<ApiResponse> {
  const { served, info } = call
  const { config, reportTwice } = readConfig(call, options)
  checkType(served, config)
  checkNamespace(call, { ...config, metadata: { ...config.metadata } })
  const result = (old: LooseObject | undefined): LooseObject => {
    const object = applied(call, options, config, old)
    reportTwice()
    return object
  }
  const change = (old: LooseObject): LooseObject => adopt ? adopt(result(old), old) : result(old)
  const create = info.subresource === '' && served.kind.verbs.includes('create') ? () => result(undefined) : undefined
  const retry = !config.metadata.resourceVersion
  return answer(call, await modify(call, { options, change, create, retry, tracked: true }))
}

/** The stored object (undefined: none) with a configuration of the served version applied, and who owns what noted. Throws Conflict, BadRequest. */
export function applied(call: Call, options: WriteOptions, config: LooseObject, old: LooseObject | undefined): LooseObject {
  const { core, served, info: { subresource } } = call
  const { object, managedFields } = applyFields(served.schema, {
    kind: served.kindName, live: old && asManaged(call, converted(served, old)), config, apiVersion: served.apiVersion, manager: options.fieldManager, force: options.force ?? false,
    time: formatTime(core.clock.now()), subresource: subresource || undefined, reset: resetPaths(served, subresource), inVersion: inVersionOf(call),
  })
  const result = inForm(served.custom ? { apiVersion: served.apiVersion, kind: served.kindName, ...object } : object, served, { converting: true }, (why) => unconvertible(served, config, why))
  if (!old && result.metadata.uid) throw conflict(served.name, call.info.name, `uid mismatch: the provided object specified uid ${result.metadata.uid}, and no existing object was found`)
  if (!old) result.metadata.name ||= call.info.name
  checkName(call, result)
  checkNamespace(call, result)
  const stored = asStored(served, result)
  if (managedFields) stored.metadata.managedFields = managedFields
  else delete stored.metadata.managedFields
  return stored
}

interface Configuration {
  readonly config: LooseObject
  /** Refuses or warns (once) of keys given twice, as the client wants it: after what is wrong with the fields themselves. */
  reportTwice(): void
}
/** 500: what fits the fields is of no form that the type takes. */
function unconvertible({ apiVersion, kindName, custom }: Served, { metadata: { namespace = '', name = '' } }: LooseObject, why: string): ApiError {
  const type = `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kindName}`
  if (custom) return cannotBeHandled({ kind: kindName, version: apiVersion.slice(apiVersion.indexOf('/') + 1) }, kindName, why)
  return patchRefused(500, `failed to convert new object (${namespace}/${name}; ${type}) to proper version: unable to convert unstructured object to ${type}: ${why}`)
}

/** The configuration as it came, in YAML (JSON is that too). Throws BadRequest. */
export function readConfig(call: Call, options: WriteOptions): Configuration {
  const { config, duplicates } = parseConfig(call, options)
  call.context.audit?.requestPatch(config)
  let told = duplicates.length === 0 || options.fieldValidation === 'Ignore'
  return { config, reportTwice() {
    if (told) return
    if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${unmarshalErrors(duplicates)}`)
    call.warnings.push(...duplicates)
    told = true
  } }
}
function parseConfig({ request: { body, headers } }: Call, { fieldValidation }: WriteOptions): { config: LooseObject; duplicates: readonly string[] } {
  if (body !== undefined && 'object' in body) return { config: withMetadata(body.object), duplicates: [] }
  if (mediaType(headers['content-type']) === 'application/apply-patch+cbor') return { config: withMetadata(readCbor(body ?? new Uint8Array(), (why) => badRequest(`error decoding CBOR: ${why}`))), duplicates: [] }
  const text = new TextDecoder().decode(body)
  if (text.trim() === '') return { config: withMetadata(null), duplicates: [] }
  if (text.trimStart().startsWith('{')) {
    try {
      const { value, keys } = parseJsonStrict(text)
      return { config: withMetadata(value), duplicates: keys.length > 0 && fieldValidation !== 'Ignore' ? duplicatesInJson(text) : [] }
    } catch (error) {
      if (!(error instanceof JsonError)) throw error // perhaps it is YAML's flow style
    }
  }
  const { value, error, duplicates } = readYaml(text)
  if (error !== undefined) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error}`)
  return { config: withMetadata(value), duplicates }
}
function withMetadata(value: unknown): LooseObject {
  if (typeof value !== 'object' || Array.isArray(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`)
  }
  const object = (value ?? {}) as LooseObject
  return { ...object, metadata: { ...object.metadata } }
}

/** Throws BadRequest where the configuration is of another type than what it is applied to. */
export function checkType(wanted: { readonly apiVersion: string; readonly kindName: string }, { apiVersion = '', kind = '' }: LooseObject): void {
  if (apiVersion === wanted.apiVersion && kind === wanted.kindName) return
  throw badRequest(`invalid object type: ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`)
}
