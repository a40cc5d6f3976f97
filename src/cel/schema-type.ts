// A kind's schema as the type of an expression's variable.
import type { Schema } from '#machinery'
import type { CelField, CelType } from './cel-type.ts'

/**
 * The type of values of a schema. Objects are named after where they stand: `name`, `name.spec`, and behind lists and maps
 * `name.items.@idx`, `name.labels.@elem`. Quantities, int-or-strings and what may be anything are dyn, and so is a schema inside itself.
 */
export function celTypeOfSchema(schema: Schema<unknown>, name: string): CelType { return typeOf(schema, name, []) }

function typeOf(schema: Schema<unknown>, name: string, around: readonly unknown[]): CelType {
  switch (schema.type) {
    case 'boolean': return { type: 'bool' }
    case 'integer': return { type: 'int' }
    case 'number': return { type: 'double' }
    case 'string': return textType(schema)
    case 'array': {
      const { items, listType, listKeys } = schema
      return { type: 'list', items: items ? typeOf(items, `${name}.@idx`, around) : { type: 'dyn' }, ...(listType && { listType }), ...(listKeys && { listKeys }) }
    }
    case 'map': return { type: 'map', keys: { type: 'string' }, values: schema.items ? typeOf(schema.items, `${name}.@elem`, around) : { type: 'dyn' } }
    case 'object': {
      // Schemas that refer to themselves make their fields anew; what they have in common is the fields' record.
      const { fields = {} } = schema
      if (around.includes(fields)) return { type: 'dyn' }
      const inside = [...around, fields]
      return { type: 'object', name, fields: Object.fromEntries(Object.entries(fields).map(([field, inner]): [string, CelField] => {
        const isGiven = inner.required && inner.default === undefined
        return [field, { of: typeOf(inner, `${name}.${field}`, inside), ...(isGiven && { required: true }) }]
      })) }
    }
    default: return { type: 'dyn' }
  }
}

function textType({ format, enum: values }: Schema<unknown>): CelType {
  if (format === 'byte') return { type: 'bytes' }
  if (format === 'date-time' || format === 'micro-time') return { type: 'timestamp' }
  return { type: 'string', ...(values && { oneOf: values }) }
}
