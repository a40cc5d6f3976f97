// Former versions against the recorded facts of their messages (the only ones there are), and through their conversions and back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProtobuf, type Schema } from '#machinery'
import current from '../../../tests/facts/protobuf.json' with { type: 'json' }
import removed from '../../../tests/facts/protobuf-removed-versions.json' with { type: 'json' }
import { formerKinds, formerVersions } from './index.ts'

type Message = Record<string, [number: number, label: string, type: string]>
const messages = { ...(removed as unknown as Record<string, Message>), ...(current as unknown as Record<string, Message>) } // allowed: JSON has no tuples
const factName = (definition: string) => definition.replace(/^io\.k8s\./, 'k8s.io.').replace('kube-aggregator', 'kube_aggregator').replace('apiextensions-apiserver', 'apiextensions_apiserver')

/** Fields that messages call otherwise. */
const inJson: Readonly<Record<string, string>> = { ingressRuleValue: 'http', aPIGroup: 'apiGroup', jSONPath: 'JSONPath' }
/** Messages within messages whose fields are the object's own in JSON. */
const inlined = new Set(['rule', 'ruleWithOperations'])
const jsonName = (name: string) => inJson[name] ?? (/^(?:Webhooks|Expression|Name)$/.test(name) ? name.toLowerCase() : name)
function flat(name: string): [string, Message[string]][] {
  return Object.entries(messages[name] ?? {}).flatMap(([f, fact]): [string, Message[string]][] => {
    if (!inlined.has(f) || fact[2] === 'string') return [[jsonName(f), fact]]
    const inner = fact[2].replace(/^\./, '')
    return flat(inner.includes('.') ? inner : `${name.slice(0, name.lastIndexOf('.'))}.${inner}`)
  })
}

const objects = new Map<string, Schema<any>>() // allowed: schemas of any type
const collect = (schema: Schema<any>) => { // allowed: as above
  if (schema.fields && schema.name && /\.v\d+(?:alpha|beta)\d+\./.test(schema.name)) {
    if (objects.has(schema.name)) return
    objects.set(schema.name, schema)
    for (const field of Object.values(schema.fields)) collect(field)
  } else if (schema.fields && !schema.name) for (const field of Object.values(schema.fields)) collect(field)
  if (schema.items) collect(schema.items)
}
for (const kind of formerKinds) collect(kind.schema)
for (const versions of formerVersions.values()) for (const version of versions) collect(version.schema)

for (const [name, schema] of objects) {
  test(`${name} has the fields that it had`, () => {
    const fact = messages[factName(name)]
    assert.ok(fact, 'no message of the reference is called so')
    if (name.endsWith('.JSONSchemaProps')) return // written with other names in JSON than in its message
    const isRoot = schema.fields!.metadata !== undefined && schema.fields!.apiVersion !== undefined
    const ours = Object.keys(schema.fields!).filter((f) => !isRoot || (f !== 'kind' && f !== 'apiVersion')).sort()
    const facts = new Map(flat(factName(name)))
    assert.deepEqual(ours, [...facts.keys()].sort())
    for (const field of ours) {
      const { type } = schema.fields![field]!
      assert.equal(type === 'array', facts.get(field)![1] === 'repeated', `${field} is a list in one and none in the other`)
    }
  })
}
const { hasMessage } = await loadProtobuf()
test('every former version has its protobuf messages', () => {
  assert.deepEqual([...objects.values()].filter((schema) => !hasMessage(schema)).map((s) => s.name), [])
})
