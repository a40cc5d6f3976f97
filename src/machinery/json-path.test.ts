import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findByPath, JsonPathError, parseJsonPath } from './json-path.ts'

const object = {
  metadata: { labels: { 'a.b': 'dotted', plain: 'p' } },
  spec: { n: 1, list: [10, 20, 30, 40], ports: [{ name: 'web', port: 80 }, { name: 'dns', port: 53, on: true }, { port: 99 }], empty: {}, nothing: null },
  status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Seen', status: 'False' }] },
}
for (const [path, ...found] of [
  ['.spec.n', 1], ['spec.n', 1], ['$.spec.n', 1], ['.spec.nothing', null], ['.spec.missing'], ['.spec.n.deeper'], ['.spec.empty', {}],
  ['.metadata.labels.a\\.b', 'dotted'], [".metadata.labels['a.b']", 'dotted'], ['.metadata.labels["plain"]', 'p'], [".metadata.labels['plain','a.b']", 'p', 'dotted'],
  ['.spec.list[0]', 10], ['.spec.list[-1]', 40], ['.spec.list[9]'], ['.spec.list[1:3]', 20, 30], ['.spec.list[:2]', 10, 20], ['.spec.list[-2:]', 30, 40], ['.spec.list[0:4:2]', 10, 30], ['.spec.list[0,2]', 10, 30],
  ['.spec.list[*]', 10, 20, 30, 40], ['.spec.ports[*].name', 'web', 'dns'], ['.spec.ports.name'],
  ['.status.conditions[?(@.type=="Ready")].status', 'True'], [".status.conditions[?(@.type=='Seen')].status", 'False'], ['.status.conditions[?(@.type!="Ready")].type', 'Seen'],
  ['.spec.ports[?(@.port>60)].port', 80, 99], ['.spec.ports[?(@.port<=80)].port', 80, 53], ['.spec.ports[?(@.name)].port', 80, 53], ['.spec.ports[?(@.on==true)].port', 53], ['.spec.ports[?(@.name=="a]b")].port'],
  ['..port', 80, 53, 99], ['.status..type', 'Ready', 'Seen'], ['.spec.list[*', JsonPathError], ['.spec.list[x]', JsonPathError], ['.spec n', JsonPathError],
] as [string, ...unknown[]][])
  test(`path ${path}`, () => {
    if (found[0] === JsonPathError) assert.throws(() => parseJsonPath(path), JsonPathError)
    else assert.deepEqual(findByPath(parseJsonPath(path), object), found)
  })
