import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap } from '#kinds'
import type { AnyObject, OwnerReference } from '#machinery'
import { judge } from './collect.ts'
import { OwnerGraph } from './graph.ts'

const owner = (uid: string, block = true): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid, blockOwnerDeletion: block })
const object = (uid: string, more: Partial<AnyObject['metadata']> = {}): AnyObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: uid, namespace: 'n', uid, resourceVersion: '1', creationTimestamp: '', ...more } })
const deleting = { deletionTimestamp: '2030-01-01T00:00:00Z' }

const cases: [promise: string, solid: string, gone: string, waiting: string, dependents: string, finalizers: string, expected: string][] = [
  ['an object with a living owner stays', 'a', '', '', '', '', 'keep'],
  ['an object without owners stays', '', '', '', '', '', 'keep'],
  ['an object whose owners are all gone is deleted', '', 'a b', '', '', '', 'delete Background'],
  ['an owner that is gone is taken off the list while another lives', 'a', 'b', '', '', '', 'release a'],
  ['an owner that waits is not held up when another lives', 'a', '', 'b', '', '', 'release a'],
  ['an object without dependents goes when its owner waits for it', '', '', 'a', '', '', 'delete Background'],
  ['dependents of a dependent go first', '', '', 'a', 'x', '', 'delete Foreground'],
  ['in a circle nobody holds up the other', '', '', 'a', 'x!', '', 'delete Foreground, unblocked'],
  ['an object that is to orphan its dependents does', '', 'a', '', '', 'orphan', 'delete Orphan'],
  ['an object that is to wait for its dependents does', '', 'a', '', '', 'foregroundDeletion', 'delete Foreground'],
]
const list = (text: string) => text.split(' ').filter(Boolean)
for (const [promise, solid, gone, waiting, dependents, finalizers, expected] of cases)
  test(promise, () => {
    const references = (text: string) => list(text).map((uid) => owner(uid))
    const verdict = judge(object('o', { finalizers: list(finalizers) }), { solid: references(solid), gone: references(gone), waiting: references(waiting) },
      list(dependents).map((word) => ({ waitsForDependents: word.endsWith('!') })))
    const said = verdict.act === 'delete' ? `delete ${verdict.policy}${verdict.unblock ? ', unblocked' : ''}` : verdict.act === 'release' ? `release ${verdict.keep.map((o) => o.uid).join(' ')}` : 'keep'
    assert.equal(said, expected)
  })

test('a dependent is looked at when its owner is gone', () => {
  const graph = new OwnerGraph()
  graph.set(configMap, object('a'))
  assert.deepEqual(graph.set(configMap, object('b', { ownerReferences: [owner('a')] })).items, [])
  assert.deepEqual(graph.delete('a').items, ['b'])
})
test('a dependent whose owner nobody has seen is looked at', () => {
  assert.deepEqual(new OwnerGraph().set(configMap, object('b', { ownerReferences: [owner('a')] })).items, ['b'])
})
test('an owner that waits is looked at with its dependents, and again when the last one is gone', () => {
  const graph = new OwnerGraph()
  graph.set(configMap, object('a'))
  graph.set(configMap, object('b', { ownerReferences: [owner('a')] }))
  graph.set(configMap, object('c', { ownerReferences: [owner('a', false)] }))
  assert.deepEqual(graph.set(configMap, object('a', { ...deleting, finalizers: ['foregroundDeletion'] })).items, ['b', 'c', 'a'])
  assert.deepEqual(graph.blockersOf('a').map((one) => one.uid), ['b'])
  assert.deepEqual(graph.delete('b').items, ['a'])
})
test('an owner that is to orphan its dependents is said so once', () => {
  const graph = new OwnerGraph(), going = object('a', { ...deleting, finalizers: ['orphan'] })
  assert.deepEqual(graph.set(configMap, going).orphaning, ['a'])
  assert.deepEqual(graph.set(configMap, going).orphaning, [])
})
test('an object that changes hands is a dependent of its new owner alone', () => {
  const graph = new OwnerGraph()
  for (const uid of ['a', 'b']) graph.set(configMap, object(uid))
  graph.set(configMap, object('c', { ownerReferences: [owner('a')] }))
  graph.set(configMap, object('c', { ownerReferences: [owner('b')] }))
  assert.deepEqual([graph.dependentsOf('a').length, graph.dependentsOf('b').length], [0, 1])
})
