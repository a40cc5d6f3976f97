import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, pod } from '#kinds'
import { conditionsOf } from './conditions.ts'

const now = Date.UTC(2030, 0, 1)
test('a namespace that is empty says so five times', () => {
  assert.deepEqual(conditionsOf([], { missing: [], errors: [], remaining: [] }, now).map((c) => `${c.type} ${c.status} ${c.reason ?? ''}`), [
    'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered', 'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions', 'NamespaceDeletionContentFailure False ContentDeleted',
    'NamespaceContentRemaining False ContentRemoved', 'NamespaceFinalizersRemaining False ContentHasNoFinalizers'])
})
test('what is left is listed by kind and by finalizer', () => {
  const remaining = [{ kind: pod, count: 2, finalizers: new Map([['a/b', 1]]) }, { kind: configMap, count: 1, finalizers: new Map([['a/b', 1], ['c/d', 1]]) }]
  assert.deepEqual(conditionsOf([], { missing: [], errors: [], remaining }, now).slice(3).map((c) => c.message), [
    'Some resources are remaining: configmaps. has 1 resource instances, pods. has 2 resource instances',
    'Some content in the namespace has finalizers remaining: a/b in 2 resource instances, c/d in 1 resource instances'])
})
test('failures are told in full', () => {
  assert.deepEqual(conditionsOf([], { missing: ['b.example/v1', 'a.example/v1'], errors: ['b', 'a'], remaining: [] }, now).slice(0, 3).map((c) => `${c.status} ${c.message ?? ''}`), [
    'True Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: a.example/v1: stale GroupVersion discovery: a.example/v1, b.example/v1: stale GroupVersion discovery: b.example/v1', 'False All legacy kube types successfully parsed', 'True Failed to delete all resource types, 2 remaining: a, b'])
})
test('a condition that says the same keeps its time, and foreign ones stay', () => {
  const first = conditionsOf([{ type: 'Mine', status: 'True' }], { missing: [], errors: [], remaining: [] }, now)
  assert.deepEqual(conditionsOf(first, { missing: [], errors: [], remaining: [] }, now + 60_000), first)
  assert.equal(first[0]?.type, 'Mine')
})
