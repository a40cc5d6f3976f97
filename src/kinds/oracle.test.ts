// The recorded facts of the reference (tests/facts) against our kinds: nothing about a field, a verb or a column may differ.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Column, type Schema, type Verb } from '#machinery'
import definitions from '../../tests/facts/definitions.json' with { type: 'json' }
import resources from '../../tests/facts/resources.json' with { type: 'json' }
import prefixes from '../../tests/facts/storage-prefixes.json' with { type: 'json' }
import { authTokenRequest, eviction, kinds, loadSwitchedOff, scale, switchedOff } from './index.ts'

type Fact = Record<string, unknown>
const meta = 'io.k8s.apimachinery.pkg.'

/** What OpenAPI says of a value: a reference, or a type. */
function described(schema: Schema<unknown>): Fact {
  if (schema.type === 'quantity') return { $ref: meta + 'api.resource.Quantity' }
  if (schema.type === 'intOrString') return { $ref: meta + 'util.intstr.IntOrString' }
  if (schema.format === 'date-time') return { $ref: meta + 'apis.meta.v1.Time' }
  if (schema.format === 'micro-time') return { $ref: meta + 'apis.meta.v1.MicroTime' }
  if (schema.name) return { $ref: schema.name }
  if (schema.type === 'map') return { type: 'object', additionalProperties: described(schema.items!) }
  if (schema.type === 'array') return { type: 'array', items: described(schema.items!) }
  return { type: schema.type, ...(schema.format && { format: schema.format }) }
}
const empty: Record<string, unknown> = { string: '', integer: 0, number: 0, boolean: false }

function property(schema: Schema<unknown>): Fact {
  const timeOrBytes = schema.format === 'date-time' || schema.format === 'micro-time' || schema.format === 'byte'
  const shown = schema.default ?? schema.shownDefault ?? (schema.required && !schema.dropEmpty && !timeOrBytes ? empty[schema.type] : undefined)
  const fact: Fact = { ...described(schema) }
  if (shown !== undefined) fact.default = shown
  if (schema.listType) fact['x-kubernetes-list-type'] = schema.listType
  if (schema.listKeys) fact['x-kubernetes-list-map-keys'] = schema.listKeys
  if (schema.patchStrategy) fact['x-kubernetes-patch-strategy'] = schema.patchStrategy
  if (schema.patchMergeKey) fact['x-kubernetes-patch-merge-key'] = schema.patchMergeKey
  if (schema.mapType && (!schema.name || schema.mapType === 'granular')) fact['x-kubernetes-map-type'] = schema.mapType
  return fact
}

/** Every named object that the schemas reach. */
function named(roots: readonly Schema<unknown>[]): Map<string, Schema<unknown>> {
  const found = new Map<string, Schema<unknown>>()
  const visit = (schema: Schema<unknown>) => {
    if (schema.name && schema.fields && schema.mapType !== 'granular') {
      if (found.has(schema.name)) return
      found.set(schema.name, schema)
    }
    for (const field of Object.values(schema.fields ?? {})) visit(field)
    if (schema.items) visit(schema.items)
  }
  roots.forEach(visit)
  return found
}

const off = await loadSwitchedOff(), offVersions = [...off.furtherVersions].flatMap(([kind, versions]) => versions.map((version) => ({ of: kind, group: version.group, version: version.version, schema: version.schema })))
const roots = [...[...kinds, ...off.furtherKinds].flatMap((k) => [k.schema, ...k.alsoServedAs.map((v) => v.schema)]), ...offVersions.map((v) => v.schema as Schema<unknown>),
  ...[authTokenRequest, eviction, scale].map((t) => t.schema as Schema<unknown>)]

for (const [name, schema] of named(roots)) {
  test(`${name} has the fields the reference has`, () => {
    const fact = (definitions as Record<string, Fact>)[name]
    assert.ok(fact, 'is no definition of the reference')
    const { 'x-kubernetes-group-version-kind': _, properties = {}, required = [], ...rest } = fact
    const ours = Object.fromEntries(Object.entries(schema.fields ?? {}).map(([field, s]) => [field, property(s)]))
    assert.deepEqual(ours, properties)
    const wanted = [...(required as string[])].sort()
    assert.deepEqual(Object.keys(schema.fields ?? {}).filter((f) => schema.fields![f]!.required).sort(), wanted)
    assert.deepEqual({ type: 'object', ...(schema.mapType && { 'x-kubernetes-map-type': schema.mapType }), ...(schema.unions !== undefined && { 'x-kubernetes-unions': schema.unions }) }, rest)
  })
}

interface Served {
  group: string; version: string; resource: string; kind: string; singular: string; scope: string
  verbs: readonly Verb[]; shortNames: readonly string[]; categories: readonly string[]; columns: readonly object[]
}
const columnFacts = (columns: readonly Column<any>[]) => // allowed: columns of every kind in one list
  columns.filter((c) => !c.undeclared).map((c) => ({ name: c.name, type: c.type ?? 'string', format: c.format ?? '', priority: c.priority ?? 0 }))
const served: Served[] = kinds.flatMap((k) => {
  const rest = { singular: k.singular, scope: k.namespaced ? 'Namespaced' : 'Cluster', verbs: [...k.verbs].sort(), shortNames: k.shortNames, categories: k.categories }
  return [
    { group: k.group, version: k.version, resource: k.resource, kind: k.kind, ...rest, columns: columnFacts(k.columns) },
    ...k.alsoServedAs.map((v) => ({ group: v.group, version: v.version, resource: v.plural ?? k.resource, kind: v.kind ?? k.kind, ...rest, columns: columnFacts(v.columns ?? k.columns) })),
  ]
})
const id = (r: { group: string; version: string; resource: string }) => `${r.group || 'core'}/${r.version} ${r.resource}`

test('exactly the resources of the reference are served', () => {
  assert.deepEqual(served.map(id).sort(), resources.map(id).sort())
})
for (const ours of served) {
  test(`${id(ours)} is served as the reference serves it`, () => {
    const fact = resources.find((r) => id(r) === id(ours))
    assert.ok(fact)
    const { subresources: _, columns = [], ...rest } = fact as typeof fact & { columns?: object[] }
    assert.deepEqual(ours, { ...rest, verbs: [...rest.verbs].sort(), columns })
  })
}

/** Every kind of a version with a list of its own in the reference's definitions, and whose kind is served in none of the facts. */
test('what v1.36 has switched off is all that it knows and does not serve', () => {
  type Type = { group: string; version: string; kind: string }
  const types = Object.values(definitions as Record<string, Fact>).flatMap((fact) => ((fact['x-kubernetes-group-version-kind'] ?? []) as Type[])), named = new Set(types.map((t) => `${t.group}/${t.version} ${t.kind}`))
  const known = types.filter((t) => t.group !== '' && named.has(`${t.group}/${t.version} ${t.kind}List`)).map((t) => `${t.group}/${t.version} ${t.kind}`)
  const ours = [...off.furtherKinds.map((k) => `${k.apiVersion} ${k.kind}`), ...offVersions.map((v) => `${v.group}/${v.version} ${v.of.kind}`)]
  assert.deepEqual(ours.sort(), known.filter((type) => !resources.some((r) => `${r.group}/${r.version} ${r.kind}` === type)).sort())
  const names = [...off.furtherKinds.map((k) => `${k.apiVersion}/${k.resource}`), ...offVersions.map((v) => `${v.group}/${v.version}/${v.of.resource}`)]
  assert.deepEqual(names.sort(), Object.entries(switchedOff).flatMap(([version, list]) => Object.keys(list).map((resource) => `${version}/${resource}`)).sort())
})

test('objects lie in the store where the reference keeps them', () => {
  const known = prefixes as Record<string, { example: string }>
  const wrong = [...kinds, ...off.furtherKinds].filter((k) => {
    const fact = known[`${k.group ? k.group + '/' : '/'}${k.version}/${k.resource}`] ?? known[`${k.apiVersion}/${k.resource}`]
    return fact && !fact.example.startsWith(k.storagePrefix)
  })
  assert.deepEqual(wrong.map((k) => k.definition), [])
})
