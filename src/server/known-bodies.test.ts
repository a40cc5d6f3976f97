// Bodies like others before: nobody can tell whether one was read, or known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { kinds } from '#kinds'
import type { LooseObject } from '#machinery'
import { like } from './bodies-kit.ts'
import { map, maps, start, type Answer } from './contract-kit.ts'
import { admissionPlugins } from './index.ts'
import { KnownBodies, type Reader } from './known-bodies.ts'

const some = kinds.filter(({ kind }) => ['Pod', 'ConfigMap', 'Secret', 'Service', 'Deployment', 'Job', 'Role', 'Event', 'PersistentVolumeClaim', 'CronJob', 'Node'].includes(kind))

async function ready() {
  const { ask, clock } = await start({ admission: admissionPlugins })
  await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } })
  await ask('POST /api/v1/namespaces/n/serviceaccounts', { metadata: { name: 'default' } })
  clock.pass(60_000)
  return ask
}

test('whatever is created again and again under other names is answered as if it came for the first time', { timeout: 120_000 }, async () => {
  const [known, unknown] = [await ready(), await ready()]
  const body = fc.constantFrom(...some).chain((kind) => fc.record({ kind: fc.constant(kind), value: like(kind.schema, 0), more: like(kind.schema.fields!['metadata']!, 1).map((value) => (typeof value === 'object' ? value ?? {} : {})), others: fc.nat({ max: 8 }) }))
  let made = 0, alike = 0
  await fc.assert(fc.asyncProperty(body, fc.constantFrom('', '?fieldValidation=Strict', '?fieldValidation=Ignore', '?dryRun=All', '?fieldManager=me'), fc.boolean(), async ({ kind, value, more, others }, query, isGenerated) => {
    const { metadata, ...rest } = (typeof value === 'object' ? value ?? {} : {}) as Record<string, unknown>
    const path = `POST /${kind.group === '' ? 'api' : `apis/${kind.group}`}/${kind.version}/${kind.namespaced ? 'namespaces/n/' : ''}${kind.resource}${query}`
    for (let i = 0; i < 5; i++) {
      const name = `one${'-more'.repeat(i)}-${made++}`, own = isGenerated ? { name: undefined, generateName: 'some-' } : { name, generateName: undefined }
      const other = i === others ? more : {}
      const text = JSON.stringify({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: { ...(typeof metadata === 'object' ? metadata : {}), ...own, namespace: undefined, resourceVersion: undefined, ...other as object }, ...rest })
      const answers: Answer[] = [await known(path, text), await unknown(path, `${' '.repeat(made)}${text}`)] // no text of the second server's is like another
      assert.deepEqual(answers[0], answers[1])
      if (i > 1 && answers[0]!.status === 201) alike++
    }
  }), { numRuns: 500, interruptAfterTimeLimit: 60_000 })
  assert.ok(alike > 20, `only ${alike} were made that were like others`)
})

test('fields that a body has not say so every time', async () => {
  const { ask } = await start()
  const warned = ['299 - "unknown field \\"datta\\""']
  for (const name of ['a', 'b', 'c', 'd']) assert.deepEqual((await ask(`POST ${maps}`, { ...map(name), datta: {} })).headers.warning, warned)
  for (const name of ['a', 'b', 'c', 'd']) assert.equal((await ask(`POST ${maps}?fieldValidation=Strict&dryRun=All`, { ...map(name), datta: {} })).status, 400)
})

/** Reads JSON, and counts what is read: whole texts, and metadata. */
function counted(change: (object: LooseObject) => void = () => {}) {
  const bodies = new KnownBodies(), whole: string[] = [], metadata: string[] = []
  const reader: Reader = {
    whole(text, heeded) {
      whole.push(text)
      const object = JSON.parse(text) as LooseObject, own = object.metadata
      if (heeded) Object.defineProperty(object, 'metadata', { configurable: true, enumerable: true, get() { heeded(); return own } })
      change(object)
      return { object: Object.defineProperty(object, 'metadata', { configurable: true, enumerable: true, writable: true, value: own }), warnings: [] }
    },
    metadata(text) { metadata.push(text); return JSON.parse(text) as LooseObject['metadata'] },
  }
  return { whole, metadata, read: (text: string) => bodies.read(text, reader), names: (texts: readonly string[]) => texts.map((text) => {
    const { object } = bodies.read(text, reader), expected = JSON.parse(text) as LooseObject
    change(expected)
    assert.deepEqual(object, expected)
    return object.metadata.name
  }) }
}
const named = (name: string, more = ''): string => `{"metadata":{"name":"${name}"}${more}}`
const meta = (name: string): string => `{"name":"${name}"}`

test('a text that comes a third time with another name is not read again, and metadata neither', () => {
  const { names, whole, metadata } = counted(), all = ['a', 'b', 'c', 'dd', 'e.e', 'a']
  assert.deepEqual(names(all.map((name) => named(name))), all)
  assert.deepEqual(whole, [named('a'), named('b')])
  assert.deepEqual(metadata, [meta('b'), meta('c'), meta('dd'), meta('name-of-a-probe')])
})

test('a text that comes a third time with other metadata is not read again, but for those', () => {
  const { names, whole, metadata } = counted(), labelled = (i: number) => `{"metadata":{"name":"a${i}","labels":{"serial":"${i}"}},"spec":{"x":[{"y":1}]}}`
  names([0, 1, 2, 3, 4].map(labelled))
  assert.deepEqual(whole, [labelled(0), labelled(1)])
  assert.equal(metadata.length, 4)
})

test('where the rest follows from metadata, every text is read', () => {
  const { names, whole } = counted((object) => { if (object.metadata.labels) object['spec'] = { labelled: true } })
  const texts = [named('a'), named('b'), named('c'), '{"metadata":{"name":"d","labels":{"x":"y"}}}', named('e')]
  names(texts)
  assert.deepEqual(whole, texts)
})

test('what is read is everybody\'s own', () => {
  const { read } = counted()
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const { object } = read(`{"metadata":{"name":"${name}","labels":{"x":"y"}},"spec":{"list":[{"x":1}]}}`)
    assert.deepEqual(object, { metadata: { name, labels: { x: 'y' } }, spec: { list: [{ x: 1 }] } });
    (object['spec'] as { list: object[] }).list.push({})
    object.metadata.labels!['z'] = 'z'
  }
})

test('names that are no plain ones, and what only looks like a name, are read', () => {
  const { names, metadata } = counted()
  const odd = ['A', 'a\\u0062', '', 'x'.repeat(254)]
  names(['a', 'b', 'c', 'd'].map((name) => named(name)))
  metadata.length = 0
  names([...odd, 'e'].map((name) => named(name)))
  assert.deepEqual(metadata, odd.map(meta))
  const label = (app: string, name: string): string => `{"metadata":{"labels":{"app":"${app}"},"name":"${name}"}}`
  assert.deepEqual(names([label('a', 'a'), label('b', 'a'), label('c', 'a'), label('d', 'a'), label('a', 'b'), label('a', 'c')]), ['a', 'a', 'a', 'a', 'b', 'c'])
})

test('what only looks like metadata is none', () => {
  const { names, whole } = counted()
  const texts = ['a', 'b', 'c', 'd'].map((name) => `{"spec":{"metadata":{"name":"${name}"}},"metadata":{"name":"${name}"}}`)
  names(texts)
  assert.deepEqual(whole, texts)
  const quoted = ['a', 'b', 'c', 'd'].map((name) => `{"x":"\\"metadata\\":{","metadata":{"name":"${name}","annotations":{"y":"}\\"{"}}}`)
  whole.length = 0
  names(quoted)
  assert.deepEqual(whole, quoted.slice(0, 2))
})

test('objects may be called as their fields are', async () => {
  const { ask } = await start()
  for (const name of ['metadata', 'name', 'kind']) for (let i = 0; i < 4; i++) {
    const { status, body } = await ask(`POST ${maps}?dryRun=All&fieldValidation=Strict`, map(name))
    assert.deepEqual([status, body.metadata?.name], [201, name])
  }
})

test('every kind is created again as it was the first time', async () => {
  const { ask } = await start({ admission: admissionPlugins })
  for (const kind of kinds.filter(({ verbs }) => verbs.includes('create'))) {
    const path = `POST /${kind.group === '' ? 'api' : `apis/${kind.group}`}/${kind.version}/${kind.namespaced ? 'namespaces/default/' : ''}${kind.resource}?dryRun=All`, answers: unknown[] = []
    for (let i = 0; i < 4; i++) {
      const { status, body } = await ask(path, { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'again' } })
      answers.push([status, body.message ?? Object.keys(body)])
    }
    assert.deepEqual(answers, answers.map(() => answers[0]), kind.kind)
    assert.notEqual((answers[0] as [number])[0], 500, kind.kind)
  }
})

test('a job has the labels of its pods, whatever other jobs have', async () => {
  const { ask } = await start(), labels: unknown[] = []
  for (const own of [undefined, { a: 'b' }, undefined, { c: 'd' }, undefined]) {
    const { body } = await ask('POST /apis/batch/v1/namespaces/default/jobs?dryRun=All', { metadata: { name: 'j', labels: own }, spec: { template: { metadata: { labels: { x: 'y' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } })
    labels.push(body.metadata.labels)
  }
  const of = (more: object) => more
  assert.deepEqual(labels.map((all) => Object.keys(of(all as object)).filter((key) => key.length === 1)), [['x'], ['a'], ['x'], ['c'], ['x']])
})

test('what leaves a note beside the value is read: empty lists, keys that mean something', () => {
  for (const more of [',"list":[ ]', ',"a":{"__proto__":{"x":1}}']) {
    const { names, whole } = counted(), texts = ['a', 'b', 'c', 'd'].map((name) => named(name, more))
    names(texts)
    assert.deepEqual(whole, texts)
  }
})

test('so many texts are remembered; the oldest gives way', () => {
  const { names, whole } = counted()
  const of = (i: number) => ['a', 'b', 'c'].map((name) => named(name, `,"n":${i}`))
  for (let i = 0; i < 9; i++) names(of(i))
  whole.length = 0
  names([named('d', ',"n":8'), named('d', ',"n":1')])
  assert.deepEqual(whole, [])
  names([named('d', ',"n":0')])
  assert.deepEqual(whole, [named('d', ',"n":0')])
})
