import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s, type Schema } from '#machinery'
import { celTypeOfSchema, compile } from './index.ts'

const tree: Schema<unknown> = s.object('Tree', { name: s.required(s.string()), child: s.lazy((): Schema<unknown> => tree) })
const kind = s.object('Kind', {
  metadata: s.object('Meta', { labels: s.map(s.string()), creationTimestamp: s.time() }), replicas: s.int(), port: s.intOrString(), memory: s.quantity(), data: s.map(s.bytes()),
  ports: s.list(s.object('Port', { name: s.string(), number: s.required(s.int()) }), { listType: 'map', listKeys: ['number'] }), tree,
})

test("a kind's schema is a type that expressions are checked against", () => {
  const object = celTypeOfSchema(kind, 'Kind')
  const outcome = (source: string) => { const compiled = compile(source, { variables: { object } }); return compiled.ok ? compiled.program.outputTypeName : compiled.issues[0]?.message }
  for (const [source, expected] of [
    ['object.replicas', 'int'], ['object.metadata.labels', 'map(string, string)'], ['object.metadata.creationTimestamp', 'google.protobuf.Timestamp'], ['object.port', 'dyn'], ['object.memory', 'dyn'],
    ['object.data', 'map(string, bytes)'], ['object.ports', 'list(Kind.ports.@idx)'], ['object.tree.child', 'dyn'], ['object.tree', 'Kind.tree'], ['object.spec', "undefined field 'spec'"],
  ] as const) assert.equal(outcome(source), expected, source)
})

test('values are read by their types', () => {
  const object = celTypeOfSchema(kind, 'Kind'), value = { metadata: { creationTimestamp: '2026-01-02T03:04:05Z' }, port: 'http', data: { a: 'aGk=' }, ports: [{ name: 'a', number: 1 }, { name: 'b', number: 2 }] }
  const run = (source: string) => { const compiled = compile(source, { variables: { object, other: object } }); assert.ok(compiled.ok, source); return compiled.program.evaluate({ object: value, other: { ports: [...value.ports].reverse() } }, { perCall: 1e6, left: 1e7 }).json() }
  assert.equal(run('object.metadata.creationTimestamp.getFullYear()'), 2026)
  assert.equal(run("string(object.data.a) + object.port"), 'hihttp')
  assert.equal(run('object.ports == other.ports'), true, 'lists of type map are the same in any order')
  assert.deepEqual(run("(object.ports + other.ports).map(p, p.name)"), ['a', 'b'], 'and have each key once')
})
