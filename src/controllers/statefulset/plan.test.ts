import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, StatefulSet } from '#kinds'
import { plan } from './plan.ts'

const now = Date.UTC(2030, 0, 1, 1)
interface Given { readonly replicas: number; readonly parallel?: true; readonly onDelete?: true; readonly partition?: number; readonly start?: number; readonly currentReplicas?: number }
const setOf = ({ replicas, parallel, onDelete, partition, start, currentReplicas }: Given): StatefulSet => ({
  metadata: { name: 's' }, status: { currentReplicas },
  spec: { replicas, ...(start !== undefined && { ordinals: { start } }), podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady', updateStrategy: onDelete ? { type: 'OnDelete' } : { type: 'RollingUpdate', ...(partition !== undefined && { rollingUpdate: { partition } }) } },
}) as unknown as StatefulSet
/** "0" is a healthy new pod; o old revision, ! not ready, - terminating, x failed, ~ without its name label. */
const podOf = (word: string): Pod => ({
  metadata: { name: `s-${parseInt(word, 10)}`, ...(word.includes('-') && { deletionTimestamp: 'now' }),
    labels: { 'controller-revision-hash': word.includes('o') ? 'old' : 'new', ...(!word.includes('~') && { 'statefulset.kubernetes.io/pod-name': `s-${parseInt(word, 10)}` }) } },
  spec: {}, status: { phase: word.includes('x') ? 'Failed' : 'Running', conditions: [{ type: 'Ready', status: word.includes('!') ? 'False' : 'True', lastTransitionTime: '2030-01-01T00:00:00Z' }] },
}) as unknown as Pod

const cases: [promise: string, set: Given, pods: string, expected: string][] = [
  ['pods come one after the other', { replicas: 3 }, '', '+0'],
  ['the next comes when the one before is ready', { replicas: 3 }, '0', '+1'],
  ['and not before', { replicas: 3 }, '0!', ''],
  ['in parallel all come at once', { replicas: 3, parallel: true }, '1!', '+0 +2'],
  ['a gap is filled before the end', { replicas: 3 }, '0 2', '+1'],
  ['ordinals may start elsewhere', { replicas: 2, start: 5 }, '5', '+6'],
  ['a failed pod is deleted first', { replicas: 2 }, '0x 1', '-0'],
  ['a pod on its way out is waited for', { replicas: 2 }, '0- 1', ''],
  ['a terminating pod is never made a second time', { replicas: 1, parallel: true }, '0-', ''],
  ['the highest goes first, one at a time', { replicas: 1 }, '0 1 2', '-2'],
  ['the next goes when it is gone', { replicas: 1 }, '0 1 2-', ''],
  ['in parallel all go at once', { replicas: 1, parallel: true }, '0 1 2', '-2 -1'],
  ['one that is not well may go when it is the first of those', { replicas: 1 }, '0 1 2!', '-2'],
  ['and not before the first of those', { replicas: 1 }, '0 1! 2!', ''],
  ['nothing goes while one that stays is not ready', { replicas: 1 }, '0! 1', ''],
  ['an update begins at the top', { replicas: 3 }, '0o 1o 2o', '-2'],
  ['and goes on when the new one is ready', { replicas: 3 }, '0o 1o 2!', ''],
  ['to the next', { replicas: 3 }, '0o 1o 2', '-1'],
  ['but not below the partition', { replicas: 3, partition: 2 }, '0o 1o 2', ''],
  ['nor at all when it waits for deletes', { replicas: 3, onDelete: true }, '0o 1o 2o', ''],
  ['below the partition a lost pod comes back old', { replicas: 2, partition: 1 }, '1', '+0old'],
  ['above it new', { replicas: 2, partition: 1 }, '0o', '+1'],
  ['without a partition the count of old ones says which', { replicas: 3, currentReplicas: 1 }, '1 2', '+0old'],
  ['in parallel those that are too many go while others come', { replicas: 1, parallel: true }, '1', '+0 -1'],
  ['or while one has failed and is on its way out', { replicas: 1, parallel: true }, '0x- 1', '-1'],
  ['and nothing is updated before all are there', { replicas: 2, parallel: true }, '0o', '+1'],
  ['a pod without its name label gets it', { replicas: 1 }, '0~', 'name 0'],
]
for (const [promise, given, words, expected] of cases)
  test(`a StatefulSet: ${promise}`, () => {
    const steps = plan(setOf(given), words.split(' ').filter(Boolean).map(podOf), 'new', now)
    const said = steps.map((step) => (step.act === 'create' ? `+${step.ordinal}${step.revision === 'current' ? 'old' : ''}` : step.act === 'delete' ? `-${step.pod.metadata.name.slice(2)}` : step.act === 'claim' ? `claim ${step.ordinal}` : `name ${step.pod.metadata.name.slice(2)}`))
    assert.equal(said.join(' '), expected)
  })
