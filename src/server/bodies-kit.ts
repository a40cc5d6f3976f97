// What clients send, as fast-check makes it up.
import fc from 'fast-check'
import type { Schema } from '#machinery'

/** What nobody expects in a field. */
export const odd = fc.oneof(fc.constantFrom<unknown>(null, '', 0, -1, 1e21, 2 ** 53, true, [], {}, 'x'.repeat(5000), '\u0000', '1Gi', '-5', '100%', '$(A)', '../..', { $patch: 'delete' }, [null], [[]]), fc.jsonValue({ maxDepth: 3 }))
/** Values after a schema, now and then with something odd in them. */
export function like(schema: Schema<any>, depth: number): fc.Arbitrary<unknown> { // allowed: schemas of any type
  const plain = (): fc.Arbitrary<unknown> => {
    if (depth > 6) return fc.constant(undefined)
    switch (schema.type) {
      case 'string': return schema.format === 'date-time' || schema.format === 'micro-time' ? fc.constantFrom('2026-01-01T00:00:00Z', 'yesterday') : schema.enum ? fc.constantFrom(...schema.enum, 'Other') : fc.constantFrom('a', 'web', 'v1', 'Always', 'TCP', 'Never', 'ClusterIP', '10.0.0.1', 'a/b', '* * * * *')
      case 'integer': case 'number': return fc.constantFrom(0, 1, -1, 80, 65536, 2 ** 31)
      case 'boolean': return fc.boolean()
      case 'quantity': return fc.constantFrom('1', '100m', '1Gi', '-1', 'x')
      case 'intOrString': return fc.constantFrom<unknown>(1, '25%', 'http', -1)
      case 'array': return fc.array(like(schema.items!, depth + 1), { maxLength: 2 })
      case 'map': return fc.dictionary(fc.constantFrom('a', 'app', 'cpu', 'memory', '__proto__', 'x'.repeat(300), 'a/b/c'), like(schema.items!, depth + 1), { maxKeys: 2 })
      case 'object': {
        const fields = Object.entries(schema.fields ?? {}).filter(([field]) => field !== 'apiVersion' && field !== 'kind')
        if (fields.length === 0) return fc.constant({})
        return fc.record(Object.fromEntries(fields.map(([field, inner]) => [field, fc.oneof({ weight: inner.required ? 6 : 2, arbitrary: fc.constant(undefined).chain(() => like(inner, depth + 1)) }, { weight: 4, arbitrary: fc.constant(undefined) })])), { noNullPrototype: true })
      }
      default: return fc.jsonValue({ maxDepth: 2 })
    }
  }
  return fc.oneof({ weight: 25, arbitrary: fc.constant(undefined).chain(plain) }, { weight: 1, arbitrary: odd })
}
