// What kubectl applied on the client's side, as its annotation remembers it: kubectl's first server-side apply takes those fields over, and keeps
// the annotation true for older kubectls. Other managers are not concerned.
import { JsonError, parseJson } from '../json.ts'
import type { Schema } from '../schema.ts'
import { appliedSet } from './applied-set.ts'
import { compareFields } from './compare.ts'
import { differenceOf, type FieldSet } from './set.ts'
import { goJson } from '../go-quote.ts'

/** The only manager that is meant. */
export const clientSideApplier = 'kubectl'
const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** Annotations of one object have no more bytes; beyond that the annotation goes. */
const mostAnnotationBytes = 256 * 1024

interface Annotated { readonly apiVersion?: unknown; readonly kind?: unknown; readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null } }
const lastApplied = (object: object): string => (object as Annotated).metadata?.annotations?.[annotation] ?? ''

/** The fields that the live object has as they were applied; undefined when nothing was, in this version, or when that cannot be read. */
export function fieldsLastApplied(schema: Schema<any>, live: object, type: { readonly apiVersion: string; readonly kind: string }): FieldSet | undefined {
  const text = lastApplied(live)
  if (text === '') return undefined
  const config = read(text)
  if (!config || config.apiVersion !== type.apiVersion || config.kind !== type.kind) return undefined
  const { set, errors } = appliedSet(schema, config)
  if (errors.length > 0) return undefined
  const { changed, removed } = compareFields(schema, config, live)
  return differenceOf(differenceOf(set, changed), removed)
}
function read(text: string): Annotated | undefined {
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** The object with its annotation, where it has one, saying what is applied now. */
export function withLastApplied(object: object, config: object): object {
  if (lastApplied(object) === '') return object
  const { metadata } = object as { metadata: { annotations: Readonly<Record<string, string>> } }
  const annotations: Record<string, string> = { ...metadata.annotations, [annotation]: written(config) }
  const encoder = new TextEncoder()
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + encoder.encode(key).length + encoder.encode(value).length, 0)
  if (size > mostAnnotationBytes) delete annotations[annotation]
  return { ...object, metadata: { ...metadata, annotations } }
}

/** A configuration as Go's encoder writes it, without the annotation itself. */
function written(config: object): string {
  const { metadata, ...rest } = config as Annotated & object
  const { [annotation]: _, ...kept } = metadata?.annotations ?? {}
  const shown = { ...rest, metadata: { ...metadata, annotations: metadata?.annotations ? kept : undefined } }
  return `${goJson(JSON.stringify(sorted(shown)))}\n`
}
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]))
}
