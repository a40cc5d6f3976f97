// What is wrong in a body and yet can be read: named in the reference's words and order, whatever the body is written in.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { map, maps, start, type Ask } from './contract-kit.ts'
import { readYaml } from './yaml.ts'

let ask: Ask
before(async () => { ask = (await start()).ask; await ask(`POST ${maps}`, { ...map('a'), data: { k: '1' } }) })

const warnings = (texts: readonly string[]) => texts.length === 0 ? undefined : texts.map((text) => `299 - ${JSON.stringify(text)}`)
const yaml = { 'content-type': 'application/yaml' }, applied = { 'content-type': 'application/apply-patch+yaml' }, json = { 'content-type': 'application/json-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }

test('every key that YAML gives twice is named, where its value begins, inner ones first', () => {
  const cases: [text: string, wanted: string[]][] = [
    ['a: 1\na: 2\na: 3\n', ['line 2: key "a" already set in map', 'line 3: key "a" already set in map']],
    ['a: 1\na:\n  b: 1\n  b: 2\n', ['line 4: key "b" already set in map', 'line 3: key "a" already set in map']],
    ['l:\n- {x: 1, "x": 2}\n- z: 1\n  z:\n', ['line 2: key "x" already set in map', 'line 4: key "z" already set in map']],
    ['1: a\n1: b\ntrue: a\ntrue: b\n', ['line 2: key 1 already set in map', 'line 4: key true already set in map']],
    ['a: {b: 1}\nc: {b: 1}\n', []],
    ['base: &x\n  a: 1\nother:\n  <<: *x\n  a: 2\n', []],
    ['a: |\n  a: 1\n  a: 2\nb: 1\n', []],
  ]
  for (const [text, wanted] of cases) assert.deepEqual(readYaml(text).duplicates, wanted, text)
  assert.deepEqual(readYaml('a: 1\nb: {c: 1, c: 2}\na: 3\n').value, { a: 3, b: { c: 2 } }, 'the last one counts')
})

test('of a text the first document counts, and what is wrong with it is said in the words of the reference', () => {
  const cases: [text: string, value: unknown, error?: string][] = [
    ['', null], ['# nothing\n', null], ['---\na: 1\n---\nb: 2\n', { a: 1 }],
    ['a: b: c', undefined, 'yaml: mapping values are not allowed in this context'], ['x: 1\na: b: c', undefined, 'yaml: line 2: mapping values are not allowed in this context'],
    ['a: @x', undefined, 'yaml: found character that cannot start any token'], ['x: 1\na: - b', undefined, 'yaml: line 2: block sequence entries are not allowed in this context'],
    ['a: *b', undefined, "yaml: unknown anchor 'b' referenced"], ['x: 1\na: "x', undefined, 'yaml: line 2: found unexpected end of stream'], ['a: "\\q"', undefined, 'yaml: found unknown escape character'],
  ]
  for (const [text, value, error] of cases) assert.deepEqual([readYaml(text).value, readYaml(text).error], [value, error], text)
})

test('unknown fields of YAML come in the order of their names, after the keys given twice', async () => {
  const body = 'kind: ConfigMap\nzebra: 1\nmetadata:\n  name: y\n  name: z\n  bogus: 1\napple: {}\nimmutable: true\nimmutable: false\n'
  const texts = ['line 5: key "name" already set in map', 'line 9: key "immutable" already set in map', 'unknown field "apple"', 'unknown field "metadata.bogus"', 'unknown field "zebra"']
  assert.deepEqual((await ask(`POST ${maps}?dryRun=All`, body, yaml)).headers.warning, warnings(texts))
  const { status, body: refused } = await ask(`POST ${maps}?dryRun=All&fieldValidation=Strict`, body, yaml)
  assert.equal(status, 400)
  assert.equal(refused.message, `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  ${texts[0]}\n  ${texts.slice(1).join(', ')}`)
})

const patches: [name: string, headers: Record<string, string>, body: string, problems: string[]][] = [
  ['merge patch', {}, '{"x":{"u":1,"u":2},"data":{"k":"1","k":"2"},"immutable":false,"immutable":false}', ['duplicate field "x.u"', 'duplicate field "data.k"', 'duplicate field "immutable"', 'unknown field "x"']],
  ['merge patch of known fields', {}, '{"data":{"k":"1","k":"1"}}', ['duplicate field "data.k"']],
  ['strategic patch', strategic, '{"x":1,"data":{"k":"1","k":"2"}}', ['duplicate field "data.k"', 'unknown field "x"']],
  ['JSON patch', json, '[{"op":"add","path":"/x","path":"/y","value":1,"foo":2},{"op":"test","path":"/data/k","value":"1"},{"op":"add","path":"/data/l","value":"1","bar":{"q":1,"q":2}}]',
    ['json patch duplicate field "[0].path"', 'json patch unknown field "[0].foo"', 'json patch unknown field "[2].bar"', 'unknown field "y"']],
  ['JSON patch that only says too much', json, '[{"op":"test","path":"/data/k","value":"1","foo":2}]', ['json patch unknown field "[0].foo"']],
]
for (const [name, headers, body, problems] of patches) test(`a ${name} is told what it gives twice and what nobody knows`, async () => {
  const warned = await ask(`PATCH ${maps}/a?dryRun=All`, body, headers)
  assert.equal(warned.status, 200, warned.text)
  assert.deepEqual(warned.headers.warning, warnings(problems))
  assert.equal((await ask(`PATCH ${maps}/a?dryRun=All&fieldValidation=Ignore`, body, headers)).headers.warning, undefined)
  const { status, body: refused } = await ask(`PATCH ${maps}/a?dryRun=All&fieldValidation=Strict`, body, headers)
  assert.equal(status, 422)
  assert.ok(refused.message.endsWith(`: strict decoding error: ${problems.join(', ')}`), refused.message)
})

test('an applied configuration is told which keys it gives twice, in YAML and in JSON', async () => {
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  k: "1"\n  k: "2"\n  l: "1"\n  l: "2"\n'
  const twice = ['line 7: key "k" already set in map', 'line 9: key "l" already set in map']
  const path = `PATCH ${maps}/b?dryRun=All&fieldManager=m`
  assert.deepEqual((await ask(path, text, applied)).headers.warning, warnings(twice))
  assert.equal((await ask(`${path}&fieldValidation=Ignore`, text, applied)).headers.warning, undefined)
  assert.equal((await ask(`${path}&fieldValidation=Strict`, text, applied)).body.message, `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${twice.join('\n  ')}`)
  const inJson = '{\n\t"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "b"},\n\t"data": {\n\t\t"k": "1",\n\t\t"k": "2"\n\t}\n}'
  assert.deepEqual((await ask(path, inJson, applied)).headers.warning, warnings(['line 6: key "k" already set in map']))
  assert.equal((await ask(`${path}&fieldValidation=Strict`, inJson, applied)).status, 400)
})

test('a patch that cannot be read is refused once its object is found', async () => {
  const cases: [headers: Record<string, string>, query: string, body: string, status: number, message: string][] = [
    [{}, '', '{', 400, 'error decoding patch: unexpected end of JSON input'],
    [{}, '&fieldValidation=Ignore', '{', 400, 'Invalid JSON Patch'],
    [{}, '', '[]', 400, 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [{}, '', '"x"', 400, 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}'],
    [{}, '', 'null', 400, 'Invalid JSON Patch'],
    [{}, '&fieldValidation=Ignore', '3', 400, 'Invalid JSON Patch'],
    [strategic, '', '{', 400, 'unexpected end of JSON input'],
    [strategic, '&fieldValidation=Ignore', '[]', 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [json, '', '{', 400, 'error decoding patch: unexpected end of JSON input'],
    [json, '&fieldValidation=Ignore', '{', 400, 'unexpected end of JSON input'],
    [json, '', '{}', 400, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    [json, '&fieldValidation=Ignore', '{}', 400, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    [json, '', '[1]', 400, 'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp'],
    [json, '', '[{"op":"add","path":3}]', 400, 'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string'],
  ]
  for (const [headers, query, body, status, message] of cases) {
    const answer = await ask(`PATCH ${maps}/a?dryRun=All${query}`, body, headers)
    assert.deepEqual([answer.status, answer.body.message], [status, message], `${Object.values(headers)[0] ?? 'merge'} ${query} ${body}`)
    assert.equal((await ask(`PATCH ${maps}/missing?dryRun=All${query}`, body, headers)).body.message, 'configmaps "missing" not found')
  }
  for (const headers of [strategic, json]) assert.equal((await ask(`PATCH ${maps}/a?dryRun=All`, 'null', headers)).status, 200)
})

test('a patched scale is looked at like any other patched object', async () => {
  const deployments = '/apis/apps/v1/namespaces/n/deployments', template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await ask(`POST ${deployments}`, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
  const body = '{"spec":{"replicas":2,"replicas":3,"surplus":1}}', problems = ['duplicate field "spec.replicas"', 'unknown field "spec.surplus"']
  const warned = await ask(`PATCH ${deployments}/d/scale?dryRun=All`, body)
  assert.deepEqual([warned.status, warned.headers.warning], [200, warnings(problems)])
  const { status, body: refused } = await ask(`PATCH ${deployments}/d/scale?dryRun=All&fieldValidation=Strict`, body)
  assert.equal(status, 422)
  assert.ok(refused.message.endsWith(`: strict decoding error: ${problems.join(', ')}`), refused.message)
  assert.equal((await ask(`PATCH ${deployments}/none/scale`, '{')).body.message, 'deployments.apps "none" not found')
})
