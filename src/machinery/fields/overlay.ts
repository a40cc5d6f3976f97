// Laying a configuration over an object without owning anything: what mutating policies do. Only what is merged part by part may be named.
import type { Schema } from '../schema.ts'
import { appliedSet } from './applied-set.ts'
import { innerOf, isAtomic, isKeyed, mergeApplied } from './merge.ts'

/** A configuration that does not fit. The message is the reference's. */
export class OverlayError extends Error { override readonly name = 'OverlayError' }

/** The object with everything that the configuration says. Neither is changed. Throws OverlayError. */
export function overlaid(schema: Schema<any>, object: object, config: object): object {
  const { errors } = appliedSet(schema, config)
  const wrong = errors.length === 1 ? errors[0] : `errors:\n${errors.map((each) => `  ${each}`).join('\n')}`
  if (errors.length > 0) throw new OverlayError(`failed to convert patch object to typed object: ${wrong}`)
  const atomic = atomicParts(schema, config, '')
  if (atomic.length > 0) throw new OverlayError(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`)
  return mergeApplied(schema, object, config) as object
}

/** Paths of what would be replaced as a whole. */
function atomicParts(schema: Schema<any>, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) {
    if (schema.type !== 'array') return []
    return [...(isKeyed(schema) ? [] : [path]), ...value.flatMap((item, i) => atomicParts(schema.items!, item, `${path}[${i}]`))]
  }
  if (schema.type !== 'object' && schema.type !== 'map' && schema.type !== 'any') return []
  return [...(isAtomic(schema) ? [path] : []), ...Object.entries(value).flatMap(([name, inner]) => {
    const field = schema.type === 'object' && schema.fields && Object.hasOwn(schema.fields, name) ? innerOf(schema, name) : undefined
    return field ? atomicParts(field, inner, `${path}.${name}`) : []
  })]
}
