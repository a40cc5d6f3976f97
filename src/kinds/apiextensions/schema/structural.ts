// The schema of a custom resource as its definition holds it, and what is asked of it everywhere.
import type { JSONSchemaProps } from '../customresourcedefinition.ts'

/** A structural schema: JSON as it stands in the definition. */
export interface Structural {
  readonly type?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, Structural>>
  readonly items?: Structural
  readonly additionalProperties?: Structural | boolean
  readonly nullable?: boolean
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number | bigint
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly Structural[]
  readonly anyOf?: readonly Structural[]
  readonly oneOf?: readonly Structural[]
  readonly not?: Structural
  readonly description?: string
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly Validation[]
}
/** A rule in the Common Expression Language. */
export interface Validation {
  readonly rule: string; readonly message?: string; readonly messageExpression?: string; readonly reason?: string; readonly fieldPath?: string; readonly optionalOldSelf?: boolean
}

export const structural = (schema: JSONSchemaProps | undefined): Structural => (schema ?? {}) as Structural

export type Json = unknown
export type JsonObject = Record<string, Json>
export const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema of a field that is named; undefined where it is not. */
export const propertyOf = ({ properties }: Structural, name: string): Structural | undefined => (properties && Object.hasOwn(properties, name) ? properties[name] : undefined)
/** The schema of every other field: undefined where there may be none, `true` where anything goes. */
export const additionalOf = ({ additionalProperties }: Structural): Structural | true | undefined => (additionalProperties === false ? undefined : additionalProperties)
/** What an object has beside its own fields, when it is a resource. */
export const metaFields: readonly string[] = ['apiVersion', 'kind', 'metadata']
export const isEmbedded = (schema: Structural): boolean => schema['x-kubernetes-embedded-resource'] === true
export const keepsUnknown = (schema: Structural): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true
/** null where the schema does not allow it: as if the field were not there. */
export const isWrongNull = (value: Json, schema: Structural | undefined): boolean => value === null && schema !== undefined && !schema.nullable
