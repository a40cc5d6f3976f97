import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, StatefulSet } from '#kinds'
import type { OwnerReference } from '#machinery'
import { claimOwners } from './pods.ts'

const setOf = (policy: string): StatefulSet => {
  const [whenDeleted, whenScaled] = policy.split('/')
  return { metadata: { name: 's', uid: 'set' }, spec: { replicas: 1, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } } } as unknown as StatefulSet
}
const podOf = (ordinal: number): Pod => ({ metadata: { name: `s-${ordinal}`, uid: 'pod' } }) as unknown as Pod
const owner = (uid: string, controller = true): OwnerReference => ({ apiVersion: 'v1', kind: 'K', name: uid, uid, ...(controller && { controller, blockOwnerDeletion: true }) })

const cases: [promise: string, policy: string, ordinal: number, before: string, after: string | undefined][] = [
  ['nobody owns what is to outlive everything', 'Retain/Retain', 0, '', undefined],
  ['and who owned it before does so no longer', 'Retain/Retain', 0, 'set', ''],
  ['the set owns what goes with it', 'Delete/Retain', 0, '', 'set'],
  ['also of a pod that is scaled away', 'Delete/Retain', 3, 'set', undefined],
  ['the pod owns what goes when it is scaled away', 'Retain/Delete', 3, '', 'pod'],
  ['and not before', 'Retain/Delete', 0, 'pod', ''],
  ['with both the set first', 'Delete/Delete', 0, 'pod', 'set'],
  ['then the pod', 'Delete/Delete', 3, 'set', 'pod'],
  ['what another controls is left to it', 'Delete/Delete', 0, 'other', undefined],
]
for (const [promise, policy, ordinal, before, after] of cases)
  test(`the claims of a StatefulSet: ${promise}`, () => {
    assert.equal(claimOwners(setOf(policy), podOf(ordinal), before.split(' ').filter(Boolean).map((uid) => owner(uid)))?.map(({ uid }) => uid).join(' '), after)
  })
test('the claims of a StatefulSet: an owner that does not control is made one that does', () => {
  assert.equal(claimOwners(setOf('Delete/Retain'), podOf(0), [owner('set', false)])?.[0]?.controller, true)
})
