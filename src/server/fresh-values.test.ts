// Values of bytes that are on their way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FreshValues } from './fresh-values.ts'

test('is what a map would be, but for so many at most', () => {
  const keys = Array.from({ length: 700 }, () => new Uint8Array(1))
  const step = fc.tuple(fc.constantFrom('set', 'set', 'set', 'get', 'take', 'take first'), fc.nat(keys.length - 1))
  fc.assert(fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
    const fresh = new FreshValues<number>(), order: number[] = [], model = new Map<number, number>()
    let last = 0 // ages of the entries: those that are 256 or more behind the last are gone
    for (const [what, i] of steps) {
      const at = what === 'take first' ? order.find((key) => model.has(key)) ?? i : i
      if (what === 'set') {
        if (model.has(at)) continue // the same bytes are written once
        fresh.set(keys[at]!, at)
        model.set(at, last++)
        order.push(at)
        for (const [key, age] of model) if (age < last - 256) model.delete(key)
      } else {
        const expected = model.has(at) ? at : undefined
        assert.equal(what === 'get' ? fresh.get(keys[at]!) : fresh.take(keys[at]!), expected)
        if (what !== 'get') model.delete(at)
      }
    }
  }))
})
