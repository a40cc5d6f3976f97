import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchLog } from './batch-log.ts'

const batch = (revision: number) => ({ revision, events: [] })

test('a log gives back what it was given, from its first revision to its last', () => {
  const log = new BatchLog(5)
  for (let revision = 5; revision < 5000; revision++) log.append(batch(revision))
  for (const revision of [5, 6, 1028, 1029, 1030, 4999]) assert.equal(log.at(revision).revision, revision)
  assert.throws(() => log.at(4), /no batch of revision 4/)
  assert.throws(() => log.at(5000), /no batch of revision 5000/)
  assert.throws(() => { log.append(batch(5001)) }, /where 5000 should follow/)
})

test('dropping the oldest leaves the rest, in the log and in its copies', () => {
  for (const drop of [6, 1028, 1029, 1030, 3000, 4999]) {
    const log = new BatchLog(5)
    for (let revision = 5; revision < 5000; revision++) log.append(batch(revision))
    const copy = log.clone()
    log.dropBefore(drop)
    log.append(batch(5000))
    copy.append({ revision: 5000, events: [] })
    assert.deepEqual([log.first, copy.first], [drop, 5])
    for (let revision = 5; revision <= 5000; revision++) {
      assert.equal(copy.at(revision).revision, revision)
      if (revision >= drop) assert.equal(log.at(revision).revision, revision)
      else assert.throws(() => log.at(revision))
    }
    assert.notEqual(log.at(5000), copy.at(5000))
  }
})
