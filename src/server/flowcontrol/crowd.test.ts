// Things that come and go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Crowd, type Place } from './crowd.ts'

test('keeps who is there in the order of their coming, whoever goes', () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (steps) => {
    const crowd = new Crowd<number>(), model: number[] = [], places: Place<number>[] = []
    for (const [i, step] of steps.entries()) {
      const gone = places[step]
      if (step < 8 || !gone) { places.push(crowd.add(i)); model.push(i); continue }
      if (gone.one !== undefined) model.splice(model.indexOf(gone.one), 1)
      crowd.remove(gone)
      crowd.remove(gone)
    }
    assert.deepEqual([...crowd], model)
    assert.equal(crowd.size, model.length)
  }))
})
