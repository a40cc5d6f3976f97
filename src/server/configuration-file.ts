// Configuration files that the reference's flags name: YAML or JSON of a kind and version, read strictly.
import { decode, DecodeError, quote, type Schema } from '#machinery'
import { readYaml, unmarshalErrors } from './yaml.ts'

export interface ConfigurationKind<T> { readonly kind: string; readonly apiVersions: readonly string[]; readonly schema: Schema<T> }

/** The value of a configuration file's text. Throws an Error in the reference's words when it is of another kind, or has what nobody knows. */
export function readConfiguration<T>(text: string, { kind, apiVersions, schema }: ConfigurationKind<T>): T {
  if (text.trim() === '') throw new Error('empty config data')
  const { value, error, duplicates } = readYaml(text)
  if (error !== undefined) throw new Error(`error converting YAML to JSON: ${error}`)
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error("couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct { APIVersion string; Kind string }")
  const { kind: givenKind, apiVersion, ...rest } = value as Record<string, unknown>
  if (!givenKind) throw new Error(`Object 'Kind' is missing in '${text}'`)
  if (!apiVersion) throw new Error(`Object 'apiVersion' is missing in '${text}'`)
  if (givenKind !== kind || !apiVersions.includes(String(apiVersion)))
    throw new Error(`no kind ${quote(String(givenKind))} is registered for version ${quote(String(apiVersion))}; expected ${kind} of ${apiVersions.join(' or ')}`)
  const strict: string[] = duplicates.length > 0 ? [unmarshalErrors(duplicates)] : []
  let read: T
  try { read = decode(schema, rest, { strict }) } catch (cause) { throw cause instanceof DecodeError ? new Error(cause.message, { cause }) : cause }
  if (strict.length > 0) throw new Error(`strict decoding error: ${strict.join(', ')}`)
  return read
}
