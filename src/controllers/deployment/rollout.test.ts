import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '#kinds'
import { newSetFor } from './revision.ts'
import { rollingSteps, sizeOfNew } from './rollout.ts'
import { isScaling, scalingSteps } from './scaling.ts'

type Limit = number | string
const deploymentOf = (replicas: number, surge: Limit = '25%', unavailable: Limit = '25%'): Deployment => ({
  metadata: { name: 'web' }, spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } } }, status: {},
}) as unknown as Deployment
/** name:size/available, with =desired/max for the annotations; older ones stand first. */
const setOf = (word: string, i: number): ReplicaSet => {
  const [, name, size, available, desired, max] = /^(\w+):(\d+)(?:\/(\d+))?(?:=(\d+)\/(\d+))?$/.exec(word)!
  return {
    metadata: { name, uid: name, creationTimestamp: new Date(Date.UTC(2030, 0, 1, 0, i)).toISOString(),
      ...(desired && { annotations: { 'deployment.kubernetes.io/desired-replicas': desired, 'deployment.kubernetes.io/max-replicas': max } }) },
    spec: { replicas: Number(size) }, status: { replicas: Number(size), availableReplicas: Number(available ?? size) },
  } as unknown as ReplicaSet
}
const setsOf = (words: string) => words.split(' ').filter(Boolean).map(setOf)
const said = (steps: readonly { set: ReplicaSet; to: number }[]) => steps.map(({ set, to }) => `${set.metadata.name}>${to}`).join(' ')

const rolling: [promise: string, d: Deployment, fresh: string, old: string, expected: string][] = [
  ['a rollout begins with the surge', deploymentOf(4), 'new:0', 'old:4', 'new>1'],
  ['25% of 4: one more, then one fewer available', deploymentOf(4), 'new:1/0', 'old:4', 'old>3'],
  ['nothing shrinks while too few are available', deploymentOf(4), 'new:2/0', 'old:3', ''],
  ['the new one grows as the old one shrinks', deploymentOf(4), 'new:1/1', 'old:3', 'new>2'],
  ['unhealthy old pods go first', deploymentOf(10), 'new:3/0', 'old:10/3', 'old>8'],
  ['with surge 0 and unavailable 0 one may be unavailable', deploymentOf(3, 0, 0), 'new:0', 'old:3', 'old>2'],
  ['percentages round up for surge and down for unavailable', deploymentOf(3, '50%', '50%'), 'new:0', 'old:3', 'new>2'],
  ['surge only: nothing old goes before a new one is available', deploymentOf(3, 1, 0), 'new:1/0', 'old:3', ''],
  ['surge only: one available new one lets one old one go', deploymentOf(3, 1, 0), 'new:1/1', 'old:3', 'old>2'],
  ['a new one that is too large shrinks to what is wanted', deploymentOf(2), 'new:5', '', 'new>2'],
  ['a finished rollout does nothing', deploymentOf(3), 'new:3', 'old:0', ''],
  ['of several old ones the unhealthy go first', deploymentOf(4, 1, 1), 'new:2/2', 'a:1/1 b:2/0', 'b>0'],
  ['then the oldest', deploymentOf(4, 1, 1), 'new:3/3', 'a:1/1 b:1/1', 'a>0 b>0'],
]
for (const [promise, d, fresh, old, expected] of rolling)
  test(promise, () => { assert.equal(said(rollingSteps(d, setOf(fresh, 9), setsOf(old))), expected) })

test('a new ReplicaSet beside others is made no larger than the surge allows', () => {
  assert.equal(sizeOfNew(deploymentOf(10), setsOf('old:10'), 0), 3)
  assert.equal(sizeOfNew(deploymentOf(10), [], 0), 10)
})

const scaling: [promise: string, d: Deployment, fresh: string, old: string, expected: string][] = [
  ['the only one with pods takes the new size', deploymentOf(5), 'new:3=3/4', 'old:0', 'new>5'],
  ['without any pods the new one takes it', deploymentOf(5), 'new:0', 'old:0', 'new>5'],
  ['a saturated new one empties the old ones', deploymentOf(3), 'new:3/3=3/4', 'old:1', 'old>0'],
  ['growth in the middle of a rollout is shared in proportion', deploymentOf(20, 4, 2), 'new:6/0=10/14', 'old:8=10/14', 'old>14 new>10'],
  ['so is shrinking', deploymentOf(5, 2, 0), 'new:6/0=10/12', 'old:6=10/12', 'old>3 new>4'],
  ['scaling to zero takes everything', deploymentOf(0), 'new:2=4/5', 'old:3=4/5', 'old>0 new>0'],
]
for (const [promise, d, fresh, old, expected] of scaling)
  test(`scaling: ${promise}`, () => { assert.equal(said(scalingSteps(d, setOf(fresh, 9), setsOf(old))), expected) })

test('a Deployment is scaling when a ReplicaSet with pods was sized for another number', () => {
  assert.equal(isScaling(deploymentOf(3), setsOf('a:3=3/4 b:0=2/3')), false)
  assert.equal(isScaling(deploymentOf(4), setsOf('a:3=3/4')), true)
})
test('the name of a ReplicaSet is cut where it would be too long', () => {
  const of = deploymentOf(1), nameFor = (length: number): string => String(newSetFor({ ...of, metadata: { ...of.metadata, name: 'd'.repeat(length), uid: 'u' }, spec: { ...of.spec, selector: {}, template: { metadata: {}, spec: { containers: [] } } } }, 1n, 1).metadata.name)
  const hash = /-(\w+)$/.exec(nameFor(3))![1]!
  assert.equal(nameFor(3), `ddd-${hash}`)
  assert.deepEqual([nameFor(252 - hash.length), nameFor(253)], [`${'d'.repeat(252 - hash.length)}-${hash}`, `${'d'.repeat(252 - hash.length)}-${hash}`])
})
