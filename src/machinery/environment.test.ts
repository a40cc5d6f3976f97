import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, uuid } from './environment.ts'

test('a UUID says that it is random, and follows from the seed', () => {
  const random = seeded(3)
  const many = Array.from({ length: 1000 }, () => uuid(random))
  for (const one of many) assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(many).size, 1000)
  assert.equal(uuid(seeded(3)), many[0])
  assert.equal(uuid(() => 0), '00000000-0000-4000-8000-000000000000')
  assert.equal(uuid(() => 1 - 2 ** -32), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
})
