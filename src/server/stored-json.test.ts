import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyValue } from '#store'
import { unreadBytes } from './listen/limits.ts'
import { bareHead, listWindows } from './stored-json.ts'

const items: readonly KeyValue[] = Array.from({ length: 3000 }, (_, i) => ({
  key: `/registry/things/${i}`, value: new TextEncoder().encode(`{"metadata":{"name":"thing-${i}"},"text":"${'\u00fc'.repeat(1_000 + i * 7919 % 5_000)}"}`), createRevision: i + 1, modRevision: i + 1, version: 1, lease: 0,
}))

test('a large list needs one window of memory, whatever its items weigh', () => {
  const windows = [...listWindows('{"items":[', bareHead, items, ']}\n', true)]
  assert.ok(windows.length > 4)
  assert.equal(new Set(windows.map(({ buffer }) => buffer)).size, 1)
})

test('every window but the last is more than a reader may leave unread, also before an item that is huge', () => {
  const sizes = [20_000, 3_600_000, 700_000, 4_100_000, 3_000_000, 5_000_000, 10], huge = sizes.map((size, i): KeyValue => ({ ...items[i]!, value: new TextEncoder().encode(`{"metadata":{"name":"h"},"text":"${'x'.repeat(size)}"}`) }))
  const lengths = [...listWindows('{"items":[', bareHead, huge, ']}\n', true)].map(({ length }) => length)
  assert.deepEqual(lengths.slice(0, -1).filter((length) => length <= unreadBytes), [])
})

test('windows say the same whether they lie in one memory or each in its own', () => {
  const text = (inTurn: boolean) => [...function* () { for (const window of listWindows('{"items":[', bareHead, items, ']}\n', inTurn)) yield Buffer.from(window).toString('latin1') }()].join('')
  assert.equal(text(true), text(false))
  const { items: read } = JSON.parse(Buffer.from(text(true), 'latin1').toString()) as { items: { metadata: { name: string; resourceVersion: string } }[] }
  assert.deepEqual(read.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`), items.map((_, i) => `thing-${i} ${i + 1}`))
})
