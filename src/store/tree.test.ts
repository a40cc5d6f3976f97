import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seeded } from '#machinery'
import { Tree } from './tree.ts'

/** What a tree should hold, in key order. */
const sorted = (model: Map<string, number>) => [...model].sort(([a], [b]) => a < b ? -1 : 1)

function checkSame(tree: Tree<number>, model: Map<string, number>) {
  assert.equal(tree.size, model.size)
  assert.deepEqual(tree.slice(''), sorted(model).map(([, value]) => value))
}

// Few letters, so that keys meet; many keys, so that nodes split and join.
const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\0', '\xff'), maxLength: 6 })
const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clone' as const), key }) })

test('a tree holds what a sorted map would, and its copies never notice each other', () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
    const copies = [{ tree: new Tree<number>(), model: new Map<string, number>() }]
    changes.forEach((step, i) => {
      const { tree, model } = copies[i % copies.length]!
      if (step.do === 'set') { tree.set(step.key, i); model.set(step.key, i) }
      else if (step.do === 'delete') assert.equal(tree.delete(step.key), model.delete(step.key))
      else if (copies.length < 4) copies.push({ tree: tree.clone(), model: new Map(model) })
    })
    for (const { tree, model } of copies) checkSame(tree, model)
  }), { numRuns: 200 })
})

test('slice and count see exactly the keys of a range', () => {
  const tree = new Tree<number>()
  const model = new Map<string, number>()
  for (let i = 0; i < 3000; i++) { const k = String((i * 7919) % 3000).padStart(4, '0'); tree.set(k, i); model.set(k, i) }
  const rows: [start: string, end: string | undefined, limit?: number][] = [
    ['', undefined], ['0500', '0600'], ['05', '06'], ['2999', undefined], ['3', undefined], ['', '0000'], ['0600', '0500'], ['0500', '0500'],
    ['', undefined, 10], ['0100', '2900', 100], ['0100', '2900', 0], ['2990', undefined, 100],
  ]
  for (const [start, end, limit] of rows) {
    const expected = sorted(model).filter(([k]) => k >= start && (end === undefined || k < end)).map(([, value]) => value)
    assert.deepEqual(tree.slice(start, end, limit), expected.slice(0, limit), `${start}..${end}`)
    assert.equal(tree.count(start, end), expected.length, `${start}..${end}`)
  }
})

test('a tree that grew to thousands of keys and was emptied again is an empty tree', () => {
  const tree = new Tree<number>()
  const model = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) { tree.set(`k${(i * 7919) % 20_000}`, i); model.set(`k${(i * 7919) % 20_000}`, i) }
  const full = tree.clone()
  for (let i = 0; i < 20_000; i++) {
    assert.ok(tree.delete(`k${(i * 104_729) % 20_000}`))
    if (i === 15_000) assert.equal(tree.slice('').length, tree.size)
  }
  checkSame(tree, new Map())
  checkSame(full, model)
  tree.set('again', 1)
  assert.deepEqual(tree.slice(''), [1])
})

test('keys compare by code unit, not by language', () => {
  const tree = new Tree<string>()
  for (const k of ['é', 'z', 'Z', 'a', '\xff', '~']) tree.set(k, k)
  assert.deepEqual(tree.slice(''), ['Z', 'a', 'z', '~', 'é', '\xff'])
})

test('a tree of three levels stays in order while whole stretches of it go and come back', () => {
  const tree = new Tree<number>()
  const model = new Map<string, number>()
  const random = seeded(7)
  const name = (i: number) => i.toString().padStart(5, '0')
  for (let round = 0; round < 120; round++) {
    const first = Math.floor(random() * 30_000)
    const length = Math.floor(random() * 6000)
    const deleting = random() < 0.45
    for (let i = first; i < first + length; i++) {
      if (deleting) assert.equal(tree.delete(name(i)), model.delete(name(i)))
      else if (random() < 0.6) { tree.set(name(i), i); model.set(name(i), i) }
    }
    const inOrder = [...model.values()].sort((a, b) => a - b)
    assert.deepEqual(tree.slice(''), inOrder)
    for (let i = first - 50; i < first + 50; i++) assert.equal(tree.get(name(i)), model.get(name(i)))
    assert.equal(tree.count(name(first), name(first + length)), inOrder.filter((i) => i >= first && i < first + length).length)
  }
})
