import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodDisruptionBudget } from '#kinds'
import { disruptedOf, expect, failedStatus, statusOf } from './plan.ts'

const now = Date.UTC(2030, 0, 1)
const budgetOf = (spec: object, status: object = {}): PodDisruptionBudget => ({ metadata: { name: 'b', generation: 1 }, spec, status }) as unknown as PodDisruptionBudget
/** Each letter a pod: ! not ready, - on its way out. */
const podsOf = (words: string): Pod[] => words.split(' ').filter(Boolean).map((word) => ({
  metadata: { name: word[0], ...(word.includes('-') && { deletionTimestamp: '2030-01-01T00:00:00Z' }) }, spec: {}, status: { conditions: [{ type: 'Ready', status: word.includes('!') ? 'False' : 'True' }] },
}) as unknown as Pod)

const cases: [promise: string, spec: object, pods: string, scale: number, expected: string][] = [
  ['a number that must be available', { minAvailable: 2 }, 'a b c', 0, '1 of 3 healthy, 2 wanted'],
  ['pods that are not ready or going do not count as healthy', { minAvailable: 1 }, 'a b! c-', 0, '0 of 1 healthy, 1 wanted'],
  ['a share that must be available rounds up', { minAvailable: '50%' }, 'a b c', 3, '1 of 3 healthy, 2 wanted'],
  ['a number that may be unavailable', { maxUnavailable: 1 }, 'a b c', 3, '1 of 3 healthy, 2 wanted'],
  ['a share that may be unavailable rounds up', { maxUnavailable: '30%' }, 'a b c', 4, '1 of 3 healthy, 2 wanted'],
  ['pods that are missing count against it', { maxUnavailable: 1 }, 'a b', 4, '0 of 2 healthy, 3 wanted'],
  ['without pods nothing may be disrupted', { minAvailable: 0 }, '', 0, '0 of 0 healthy, 0 wanted'],
]
for (const [promise, spec, words, scale, expected] of cases)
  test(`a disruption budget: ${promise}`, () => {
    const pods = podsOf(words), budget = budgetOf(spec)
    const status = statusOf(budget, pods, expect(budget, pods, () => scale), {}, now)
    assert.equal(`${status.disruptionsAllowed} of ${status.currentHealthy} healthy, ${status.desiredHealthy} wanted`, expected)
    assert.equal(status.conditions?.[0]?.reason, status.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods')
  })

test('an evicted pod counts as gone for two minutes, then as still there', () => {
  const pods = podsOf('a b'), at = (ms: number) => new Date(now - ms).toISOString()
  const budget = budgetOf({ minAvailable: 1 }, { disruptedPods: { a: at(60_000), b: at(130_000), gone: at(0) } })
  const disrupted = disruptedOf(budget.status, pods, now)
  assert.deepEqual([Object.keys(disrupted.pods), disrupted.late.map((p) => p.metadata.name), disrupted.lookAgainInMs], [['a'], ['b'], 60_001])
  assert.equal(statusOf(budget, pods, { expectedPods: 2, desiredHealthy: 1 }, disrupted.pods, now).currentHealthy, 1)
})
test('when nobody can tell how many pods there should be, none may be disrupted', () => {
  const status = failedStatus(budgetOf({}, { disruptionsAllowed: 3, currentHealthy: 4 }), 'no idea', now)
  assert.deepEqual([status.disruptionsAllowed, status.currentHealthy, status.conditions?.[0]?.reason, status.conditions?.[0]?.message], [0, 4, 'SyncFailed', 'no idea'])
})
