// What is remembered of objects that were decoded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap } from '#kinds'
import { prefixEnd } from '#store'
import { map, maps, start } from './contract-kit.ts'

test('of an object that is changed only the newest version stays decoded', async () => {
  const { ask, objects } = await start()
  await ask(`POST ${maps}`, map('a'))
  const first = objects.find(configMap, 'n', 'a')!, decoded = objects.value(configMap, first)
  assert.equal(objects.value(configMap, first), decoded)
  await ask(`PATCH ${maps}/a`, { data: { x: '1' } })
  assert.notEqual(objects.value(configMap, first), decoded)
  assert.deepEqual(objects.value(configMap, first), decoded)
  const second = objects.find(configMap, 'n', 'a')!
  assert.equal(objects.value(configMap, second), objects.value(configMap, second))
})

test('when work has ceased, what was not read for long is let go and what was read last stays', async () => {
  const { ask, objects } = await start(), names = Array.from({ length: 40 }, (_, i) => `m${i}`)
  for (const name of names) await ask(`POST ${maps}`, { ...map(name), data: { filler: 'x'.repeat(100_000) } })
  const values = () => names.map((name) => objects.value(configMap, objects.find(configMap, 'n', name)!)), before = values()
  objects.rest()
  const kept = before.map((value, i) => value === objects.value(configMap, objects.find(configMap, 'n', names[i]!)!))
  assert.deepEqual([kept[0], kept.at(-1), kept.filter((is) => is).length], [false, true, 20])
  assert.deepEqual(values(), before)
})

test('what was written stays decoded where somebody asks for it before the write is over', async () => {
  const { ask, objects } = await start()
  const seen: object[] = [], prefix = objects.prefix(configMap)
  const stop = objects.store.watch(prefix, prefixEnd(prefix), objects.store.revision, ({ events }) => { for (const { kv } of events) seen.push(objects.value(configMap, kv)) })
  await ask(`POST ${maps}`, map('a'))
  stop()
  assert.equal(objects.value(configMap, objects.find(configMap, 'n', 'a')!), seen[0])
})
test('those who follow a kind inside the server see the very value that was written, and keep it alive themselves', async () => {
  const { ask, objects } = await start()
  const seen: (object | undefined)[] = []
  const stop = objects.follow(configMap, ({ object }) => { seen.push(object) })
  await ask(`POST ${maps}`, map('a'))
  stop()
  const decoded = objects.value(configMap, objects.find(configMap, 'n', 'a')!)
  assert.notEqual(decoded, seen[0])
  assert.deepEqual(decoded, seen[0])
})
