// Bodies like others before: nobody can tell whether one was read, or known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { kinds } from '#kinds'
import type { LooseObject } from '#machinery'
import { like } from './bodies-kit.ts'
import { map, maps, start, type Answer } from './contract-kit.ts'
import { admissionPlugins } from './index.ts'
import { KnownBodies } from './known-bodies.ts'

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
  const body = fc.constantFrom(...some).chain((kind) => like(kind.schema, 0).map((value) => ({ kind, value })))
  let made = 0, alike = 0
  await fc.assert(fc.asyncProperty(body, fc.constantFrom('', '?fieldValidation=Strict', '?fieldValidation=Ignore', '?dryRun=All', '?fieldManager=me'), fc.boolean(), async ({ kind, value }, query, isGenerated) => {
    const { metadata, ...rest } = (typeof value === 'object' ? value ?? {} : {}) as Record<string, unknown>
    const path = `POST /${kind.group === '' ? 'api' : `apis/${kind.group}`}/${kind.version}/${kind.namespaced ? 'namespaces/n/' : ''}${kind.resource}${query}`
    for (let i = 0; i < 4; i++) {
      const name = `one${'-more'.repeat(i)}-${made++}`, own = isGenerated ? { name: undefined, generateName: 'some-' } : { name, generateName: undefined }
      const text = JSON.stringify({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: { ...(typeof metadata === 'object' ? metadata : {}), ...own, namespace: undefined, resourceVersion: undefined }, ...rest })
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

/** Reads JSON, and counts how often. */
function counted(change: (object: LooseObject) => void = () => {}) {
  const bodies = new KnownBodies(), read: string[] = []
  return { read, names: (texts: readonly string[]) => texts.map((text) => {
    const { object } = bodies.read(text, (again) => { read.push(again); const value = JSON.parse(again) as LooseObject; change(value); return { object: value, warnings: [] } })
    const expected = JSON.parse(text) as LooseObject
    change(expected)
    assert.deepEqual(object, expected)
    return object.metadata.name
  }) }
}
const named = (name: string, more = ''): string => `{"metadata":{"name":"${name}"}${more}}`

test('a text that comes a third time with another name is not read again', () => {
  const { names, read } = counted()
  assert.deepEqual(names(['a', 'b', 'c', 'dd', 'e.e', 'a'].map((name) => named(name))), ['a', 'b', 'c', 'dd', 'e.e', 'a'])
  assert.deepEqual(read, [named('a'), named('b'), named('name-of-a-probe')])
})

test('what is read is everybody\'s own', () => {
  const bodies = new KnownBodies(), read = (text: string) => ({ object: JSON.parse(text) as LooseObject, warnings: [] })
  for (const name of ['a', 'b', 'c', 'd']) {
    const { object } = bodies.read(named(name, ',"spec":{"list":[{"x":1}]}'), read)
    assert.deepEqual(object['spec'], { list: [{ x: 1 }] });
    (object['spec'] as { list: object[] }).list.push({})
  }
})

test('names that are no plain ones, and what only looks like a name, are read', () => {
  const { names, read } = counted()
  const texts = ['a', 'b', 'c', 'A', 'a\\u0062', '', 'x'.repeat(254)].map((name) => named(name))
  names(texts)
  assert.deepEqual(read.slice(3), texts.slice(3))
  const label = (app: string, name: string): string => `{"metadata":{"labels":{"app":"${app}"},"name":"${name}"}}`
  const labelled = [label('a', 'a'), label('b', 'a'), label('c', 'a'), label('d', 'a')]
  assert.deepEqual(names(labelled), ['a', 'a', 'a', 'a'])
})

test('objects may be called as their fields are', async () => {
  const { ask } = await start()
  for (const name of ['metadata', 'name', 'kind']) for (let i = 0; i < 3; i++) {
    const { status, body } = await ask(`POST ${maps}?dryRun=All&fieldValidation=Strict`, map(name))
    assert.deepEqual([status, body.metadata?.name], [201, name])
  }
})

test('where more follows from the name than the name, every text is read', () => {
  const { names, read } = counted((object) => { object['spec'] = { hostname: object.metadata.name } })
  names(['a', 'b', 'c', 'd'].map((name) => named(name)))
  assert.deepEqual(read.filter((text) => !text.includes('probe')), ['a', 'b', 'c', 'd'].map((name) => named(name)))
})

test('what leaves a note beside the value is read: empty lists, managers, keys that mean something', () => {
  for (const more of [',"list":[ ]', ',"a":{"__proto__":{"x":1}}']) {
    const { names, read } = counted(), texts = ['a', 'b', 'c', 'd'].map((name) => named(name, more))
    names(texts)
    assert.deepEqual(read.filter((text) => !text.includes('probe')), texts)
  }
})

test('so many texts are remembered; the oldest gives way', () => {
  const { names, read } = counted()
  const of = (i: number) => ['a', 'b', 'c'].map((name) => named(name, `,"n":${i}`))
  for (let i = 0; i < 9; i++) names(of(i))
  read.length = 0
  names([named('d', ',"n":8'), named('d', ',"n":1')])
  assert.deepEqual(read, [])
  names([named('d', ',"n":0')])
  assert.deepEqual(read, [named('d', ',"n":0')])
})
