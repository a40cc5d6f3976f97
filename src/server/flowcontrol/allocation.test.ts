import assert from 'node:assert/strict'
import { test } from 'node:test'
import defaults from '../bootstrap/objects.json' with { type: 'json' }
import type { PriorityLevelConfiguration } from '#kinds'
import { Demand, fairShares, limitsOf } from './allocation.ts'
import { flowHash, hand } from './shuffle.ts'

test('the seats of the suggested levels are the reference\'s', () => {
  const levels = (defaults as readonly { kind: string }[]).filter((o) => o.kind === 'PriorityLevelConfiguration') as unknown as PriorityLevelConfiguration[] // allowed: facts
  assert.deepEqual(Object.fromEntries(limitsOf(levels, 600)), {
    'catch-all': { nominal: 13, least: 13, most: 613 }, exempt: { nominal: 0, least: 0, most: 600 }, 'global-default': { nominal: 49, least: 24, most: 649 }, 'leader-election': { nominal: 25, least: 25, most: 625 },
    'node-high': { nominal: 98, least: 73, most: 698 }, system: { nominal: 74, least: 50, most: 674 }, 'workload-high': { nominal: 98, least: 49, most: 698 }, 'workload-low': { nominal: 245, least: 24, most: 845 },
  })
})

test('everybody gets the same fraction of its target within its bounds', () => {
  for (const [total, claims, wanted] of [
    [10, [[0, 10, 5], [0, 10, 5]], [5, 5]], [10, [[0, 10, 1], [0, 10, 3]], [2.5, 7.5]], [10, [[4, 10, 1], [0, 10, 3]], [4, 6]], [10, [[0, 2, 5], [0, 10, 5]], [2, 8]],
    [10, [[0, 10, 0], [0, 10, 0]], [5, 5]], [10, [[6, 10, 1], [6, 10, 1]], [6, 6]], [10, [[0, 2, 1], [0, 3, 1]], [2, 3]], [0, [], []],
  ] as const) {
    const { shares } = fairShares(total, claims.map(([lower, upper, target]) => ({ lower, upper, target })))
    assert.deepEqual(shares.map((share) => Math.round(share * 1e6) / 1e6), wanted)
  }
})

test('demand is a mean over time', () => {
  const demand = new Demand(0)
  demand.set(4, 1000)
  demand.set(0, 2000)
  const { average, deviation, most } = demand.take(4000)
  assert.deepEqual([average, Math.round(deviation * 1000) / 1000, most], [1, 1.732, 4])
  assert.deepEqual(demand.take(5000), { average: 0, deviation: 0, most: 0 })
})

test('a hand has different cards of the deck, the same for the same flow', () => {
  for (let i = 0; i < 200; i++) {
    const cards = hand(flowHash('schema', `user-${i}`), 64, 6)
    assert.equal(new Set(cards).size, 6)
    assert.ok(cards.every((card) => card >= 0 && card < 64))
  }
  assert.deepEqual(hand(0n, 5, 3), [0, 1, 2])
  assert.deepEqual(hand(4n + 5n * 3n, 5, 2), [4, 3])
  assert.deepEqual(hand(flowHash('a', 'b'), 64, 6), hand(flowHash('a', 'b'), 64, 6))
})
