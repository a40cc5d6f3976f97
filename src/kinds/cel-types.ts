// The types of built-in kinds, as expressions see them.
import type { CelField, CelType } from '#cel'
import type { Schema } from '#machinery'

const known = new WeakMap<Schema<any>, CelType>()

/** The type of values of a schema. Schemas that contain themselves stay open. */
export function declaredType(schema: Schema<any>): CelType { // allowed: a schema of any kind
  const there = known.get(schema)
  if (there) return there
  known.set(schema, { type: 'dyn' }) // whoever asks while it is being made
  const made = make(schema)
  known.set(schema, made)
  return made
}

function make(schema: Schema<any>): CelType { // allowed: a schema of any kind
  switch (schema.type) {
    case 'boolean': return { type: 'bool' }
    case 'integer': return { type: 'int' }
    case 'number': return { type: 'double' }
    case 'string': return { type: schema.format === 'byte' ? 'bytes' : schema.format === 'date-time' || schema.format === 'micro-time' ? 'timestamp' : 'string' }
    case 'array': {
      const { listType, listKeys } = schema
      return { type: 'list', items: declaredType(schema.items!), ...(listType && { listType }), ...(listKeys && { listKeys }) }
    }
    case 'map': return { type: 'map', keys: { type: 'string' }, values: declaredType(schema.items!) }
    case 'object': return schema.rest ? { type: 'dyn' } : {
      type: 'object', name: schema.name?.split('.').at(-1) ?? 'object',
      fields: Object.fromEntries(Object.entries(schema.fields ?? {}).map(([name, field]): [string, CelField] =>
        [name, { of: declaredType(field), ...(field.required && { required: true }) }])),
    }
    default: return { type: 'dyn' } // amounts, numbers or words, anything
  }
}
