import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listMeta, type Schema } from '#machinery'
import { describedType, fieldDescription, typeDescription } from './descriptions.ts'
import texts from './descriptions.json' with { type: 'json' }
import { knownWords } from './known-words.ts'
import { authTokenRequest, eviction, kinds, loadSwitchedOff, scale } from './index.ts'

const found = new Map<string, Schema<unknown>>()
function visit(schema: Schema<unknown>): void {
  if (schema.name && schema.fields) {
    if (found.has(schema.name)) return
    found.set(schema.name, schema)
  }
  Object.values(schema.fields ?? {}).forEach(visit)
  if (schema.items) visit(schema.items)
}
const off = await loadSwitchedOff()
for (const versions of off.furtherVersions.values()) for (const { schema } of versions) visit(schema)
for (const kind of [...kinds, ...off.furtherKinds]) [kind.schema, ...kind.alsoServedAs.map((v) => v.schema)].forEach(visit)
for (const type of [authTokenRequest, eviction, scale]) visit(type.schema)
visit(listMeta)

test('every type and every field of the built-in kinds says what it is', () => {
  const silent = [...found].flatMap(([name, { fields = {}, description }]) => [
    ...(description ?? typeDescription(name) ? [] : [name]),
    ...Object.entries(fields).filter(([field, schema]) => !(schema.about ?? (schema.name ? undefined : schema.description) ?? fieldDescription(name, field))).map(([field]) => `${name} ${field}`),
  ])
  assert.deepEqual(silent, [])
})

test('no text is kept for a type or field that is not there', () => {
  const known = new Set([...found].flatMap(([name, { fields = {} }]) => [`${describedType(name)} `, ...Object.keys(fields).map((field) => `${describedType(name)} ${field}`)]))
  const kept = Object.entries(texts).filter(([type]) => type !== '*').flatMap(([type, fields]) => Object.keys(fields).map((field) => `${type} ${field}`))
  assert.deepEqual(kept.filter((each) => !known.has(each)), [])
  const fields = new Set([...found.values()].flatMap((schema) => Object.keys(schema.fields ?? {})))
  assert.deepEqual(Object.keys(texts['*']).filter((field) => !fields.has(field)), [])
})

test('known words are those of text fields that are there, each once and in order', () => {
  const fields = new Map([...found].flatMap(([name, { fields = {} }]) => Object.entries(fields).map(([field, schema]) => [`${describedType(name)} ${field}`, schema] as const)))
  for (const [type, words] of Object.entries(knownWords)) {
    for (const [field, values] of Object.entries(words)) {
      const schema = fields.get(`${type} ${field}`)
      assert.equal(schema?.items?.type ?? schema?.type, 'string', `${type} ${field}`)
      assert.deepEqual(values, [...new Set(values)].toSorted(), `${type} ${field}`)
    }
  }
})
