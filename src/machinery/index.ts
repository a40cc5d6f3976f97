// What every room speaks.
export * from './environment.ts'
export * from './errors.ts'
export * from './kind.ts'
export * from './meta.ts'
export * from './same.ts'
export * as s from './schema.ts'
export type { Fields, Infer, InferFields, Schema, SchemaType } from './schema.ts'
export * from './wire.ts'
