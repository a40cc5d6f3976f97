import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from './sha256.ts'

test('the hash is the one that everybody else finds', () => {
  for (const text of ['', 'abc', 'ä€😀', ...[55, 56, 63, 64, 65, 119, 120, 1000].map((n) => 'x'.repeat(n))]) assert.equal(sha256(text), createHash('sha256').update(text).digest('hex'), text)
})
