import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '#client'
import type { Pod } from '#kinds'
import { ApiError, silent, type Reason } from '#machinery'
import { rest } from '#testing'
import { noFigures } from '../figures.ts'
import type { Handle } from '../framework.ts'
import { NodeInfo } from '../node-info.ts'
import { podInfoOf } from '../pod-info.ts'
import { podOf } from '../still-cluster.ts'
import { candidate } from './choose.ts'
import { Evictions } from './evictions.ts'

/** Victims a, b and c of one preemptor; what was done, and what the cache shows. `refused`: how statuses of pods of this name cannot be written. */
function set(refused: Readonly<Record<string, Reason>> = {}) {
  const done: string[] = [], activated: string[] = [], cache = new Map<string, Pod>(['a', 'b', 'c'].map((name) => [name, podOf({}, name)]))
  const cluster = {
    clock: { now: () => 0, after: () => () => {} }, log: silent, get: (_: unknown, { name }: { name: string }) => cache.get(name),
    patch: async (_: unknown, { name }: { name: string }) => { const why = refused[name]; if (why) throw new ApiError(why, 'no'); done.push(`told ${name}`) },
    delete: async (_: unknown, { metadata }: Pod) => { done.push(`deleted ${metadata.name}`) },
  } as unknown as Cluster // allowed: nothing else is asked
  const handle = {
    cluster, figures: noFigures, events: { record: (_: unknown, { metadata }: Pod, __: unknown, reason: string) => { done.push(`${reason} ${metadata.name}`) } },
    waiting: () => undefined, activate: (pods: Iterable<Pod>) => { for (const { metadata } of pods) activated.push(metadata.name) }, background() {},
  } as unknown as Handle // allowed: as above
  const hoping = podInfoOf(podOf({ priority: 1 }, 'hoping', {}, { nominatedNodeName: 'n' }))
  const evictions = new Evictions(handle, () => [hoping]), preemptor = podInfoOf(podOf({ priority: 10 }, 'big'))
  evictions.start(candidate(new NodeInfo('n'), { pods: [...cache.values()].map((p) => podInfoOf(p)), violations: 0 }), preemptor)
  return { done, activated, cache, isRunning: () => evictions.runningFor(preemptor.uid) }
}

test('victims are told, deleted and heard of, the last one after the others; who hoped for their room hopes no more', async () => {
  const { done, activated } = set()
  await rest()
  assert.deepEqual([done[0], new Set(done.slice(1, 7)), done.slice(7), activated], ['told hoping', new Set(['told a', 'told b', 'deleted a', 'deleted b', 'Preempted a', 'Preempted b']), ['told c', 'deleted c', 'Preempted c'], []])
})
test('the pod is not tried again before all of them are seen to leave, however late that is heard', async () => {
  const { cache, isRunning } = set()
  await rest()
  assert.equal(isRunning(), true)
  cache.delete('a')
  cache.set('c', podOf({}, 'c'))
  assert.equal(isRunning(), true, 'b is still there; that c is another pod by now changes nothing')
  cache.set('b', { ...cache.get('b')!, metadata: { ...cache.get('b')!.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } })
  assert.equal(isRunning(), false)
})
test('a victim that is gone is not spoken of; one that cannot be told ends it, and the pod is tried again', async () => {
  const gone = set({ a: 'NotFound' }), broken = set({ a: 'Forbidden' }), deaf = set({ hoping: 'Forbidden' })
  await rest()
  assert.deepEqual([gone.done.filter((what) => what.endsWith(' a')), gone.activated], [[], []])
  assert.deepEqual([broken.done.some((what) => what.endsWith(' c')), broken.activated, broken.isRunning()], [false, ['big'], false])
  assert.deepEqual([deaf.done.at(-1), deaf.activated], ['Preempted c', ['big']])
})
