// A schema says what a field may hold. One value gives the TypeScript type, the OpenAPI document, decoding with pruning and
// strict errors, defaulting, merge keys for patches and apply, and the protobuf message.

export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'map' | 'array' | 'intOrString' | 'quantity' | 'any'

export interface Schema<T, Present extends boolean = boolean> {
  readonly type: SchemaType
  /** int32, int64, double, byte (base64), date-time (whole seconds), micro-time (microseconds). */
  readonly format?: string
  /** The definition's name in OpenAPI documents, e.g. io.k8s.api.core.v1.Container; named objects become $refs. */
  readonly name?: string
  /** What the field means, where it is of a named type: that describes only itself. */
  readonly about?: string
  /** Objects: their fields. */
  readonly fields?: Fields
  /** Arrays and maps: what they hold. */
  readonly items?: Schema<any>
  /** Objects: what fields hold that are not named (custom resources may leave them open). */
  readonly rest?: Schema<any>
  readonly required: boolean
  /** Filled in when absent, the way the reference fills it after decoding. */
  readonly default?: unknown
  readonly enum?: readonly string[]
  /** Scalars: an empty value ('' 0 false) is kept, because the reference holds it by pointer; others drop it when optional. Arrays and maps: kept when empty. */
  readonly keepEmpty?: true
  /** Written even when absent, though not required: null for times, lists, maps, objects and any; "0" for quantities; 0 for intOrString. The reference holds it by value. */
  readonly always?: true
  /** Required, yet left out when empty or absent (the reference says omitempty or holds it by pointer); OpenAPI shows no default. */
  readonly dropEmpty?: true
  /** A default that OpenAPI shows though nothing is filled in: the empty value of a field that is left out when empty. */
  readonly shownDefault?: unknown
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  /** Strategic merge patch: 'merge', 'retainKeys', 'replace' or 'merge,retainKeys'. */
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly unions?: unknown
  readonly description?: string
  /** True when a stored object always has the field: required or defaulted. */
  readonly present: Present
  readonly is?: T // phantom: carries the type only
}

export type Fields = Readonly<Record<string, Schema<any>>>
export type Infer<S> = S extends Schema<infer T> ? T : never
type Simplify<T> = { [K in keyof T]: T[K] } & {}
export type InferFields<F extends Fields> = Simplify<
  & { -readonly [K in keyof F as F[K] extends Schema<any, true> ? K : never]: Infer<F[K]> }
  & { -readonly [K in keyof F as F[K] extends Schema<any, true> ? never : K]?: Infer<F[K]> }
>

interface Options { readonly default?: unknown; readonly description?: string; readonly keepEmpty?: true; readonly always?: true; readonly shownDefault?: unknown }
type Made<T, O> = Schema<T, O extends { default: unknown } ? true : false>
const make = <T, O extends Options>(type: SchemaType, options: O | undefined, extra: object = {}): Made<T, O> =>
  ({ type, required: false, present: options?.default !== undefined, ...options, ...extra }) as unknown as Made<T, O> // allowed: the options decide the type, which no value shows

export const string = <const O extends Options>(options?: O) => make<string, O>('string', options)
/** Base64 of bytes. */
export const bytes = <const O extends Options>(options?: O) => make<string, O>('string', options, { format: 'byte' })
/** RFC 3339 in UTC with whole seconds. */
export const time = <const O extends Options>(options?: O) => make<string, O>('string', options, { format: 'date-time' })
/** RFC 3339 in UTC with microseconds. */
export const microTime = <const O extends Options>(options?: O) => make<string, O>('string', options, { format: 'micro-time' })
export const int = <const O extends Options>(options?: O) => make<number, O>('integer', options, { format: 'int32' })
export const int64 = <const O extends Options>(options?: O) => make<number, O>('integer', options, { format: 'int64' })
export const number = <const O extends Options>(options?: O) => make<number, O>('number', options, { format: 'double' })
export const bool = <const O extends Options>(options?: O) => make<boolean, O>('boolean', options)
export const oneOf = <const V extends string, const O extends Options = {}>(values: readonly V[], options?: O) => make<V, O>('string', options, { enum: values })
export const quantity = <const O extends Options>(options?: O) => make<string, O>('quantity', options)
export const intOrString = <const O extends Options>(options?: O) => make<number | string, O>('intOrString', options)
/** Anything at all, kept as it came. */
export const any = <T = unknown>(name?: string): Schema<T, false> => ({ type: 'any', required: false, present: false, ...(name && { name }) })

interface Keys { readonly listType?: 'atomic' | 'set' | 'map'; readonly listKeys?: readonly string[]; readonly patchStrategy?: string; readonly patchMergeKey?: string; readonly keepEmpty?: true; readonly always?: true; readonly default?: unknown; readonly description?: string }
export const list = <T, const O extends Keys>(items: Schema<T>, options?: O): Schema<T[], O extends { default: unknown } ? true : false> =>
  ({ type: 'array', items, required: false, present: options?.default !== undefined, ...options }) as never
interface MapOptions { readonly mapType?: 'atomic' | 'granular'; readonly keepEmpty?: true; readonly always?: true; readonly description?: string }
export const map = <T>(items: Schema<T>, options?: MapOptions): Schema<Record<string, T>, false> =>
  ({ type: 'map', items, required: false, present: false, ...options })

interface ObjectOptions { readonly mapType?: 'atomic'; readonly unions?: unknown; readonly description?: string }
/** A named object: one OpenAPI definition. */
export const object = <F extends Fields>(name: string, fields: F, options?: ObjectOptions): Schema<InferFields<F>, false> =>
  ({ type: 'object', ...(name && { name }), fields, required: false, present: false, ...options })
/** A schema that refers to itself: resolved on first use. */
export const lazy = <T>(resolve: () => Schema<T>): Schema<T, false> => {
  const self: Record<string, unknown> = { required: false, present: false }
  for (const key of ['type', 'name', 'fields', 'items', 'mapType', 'unions'] as const)
    Object.defineProperty(self, key, { enumerable: true, get: () => resolve()[key] })
  return self as unknown as Schema<T, false> // allowed: its properties are getters that TypeScript cannot see
}

/** The field must be given. Strings, numbers and booleans are written even when empty, as the reference does. */
export const required = <T>(schema: Schema<T>): Schema<T, true> => ({ ...schema, required: true, present: true })
/** Required in OpenAPI and by validation, but left out when empty (see Schema.dropEmpty). */
export const mandatory = <T>(schema: Schema<T>): Schema<T, true> => ({ ...schema, required: true, present: true, dropEmpty: true })
/** Written as null when absent (see Schema.always). */
export const always = <T, P extends boolean>(schema: Schema<T, P>): Schema<T, P> => ({ ...schema, always: true })
/** An object the reference holds by value: written as {} when absent. */
export const value = <T>(schema: Schema<T>): Schema<T, true> => ({ ...schema, default: {}, present: true })
/** A field of a named type (or any other) with what it means. */
export const about = <T, P extends boolean>(schema: Schema<T, P>, text: string): Schema<T, P> => ({ ...schema, about: text })
/** Patch facts of an object field (retainKeys and the like). */
export const patched = <T, P extends boolean>(schema: Schema<T, P>, patchStrategy: string): Schema<T, P> => ({ ...schema, patchStrategy })
/** The same object, but merged field by field at this place though its type is atomic elsewhere. */
export const granular = <T, P extends boolean>(schema: Schema<T, P>): Schema<T, P> => ({ ...schema, mapType: 'granular' })
/** The same schema with an atomic map type at this place. */
export const atomic = <T, P extends boolean>(schema: Schema<T, P>): Schema<T, P> => ({ ...schema, mapType: 'atomic' })
