import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, Pod } from '#kinds'
import { Failures } from './failures.ts'

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString(), start = Date.UTC(2030, 0, 1)
const job = (uid = 'j') => ({ metadata: { name: 'j', namespace: 'n', uid }, spec: { podReplacementPolicy: 'TerminatingOrFailed' }, status: {} }) as unknown as Job
const pod = (uid: string, phase: string, second: number, kept = true): Pod => ({
  metadata: { name: uid, uid, creationTimestamp: at(0), ...(kept && { finalizers: ['batch.kubernetes.io/job-tracking'] }), ...(phase === 'Running' && { deletionTimestamp: at(second + 30), deletionGracePeriodSeconds: 30 }) },
  spec: {}, status: { phase, ...(phase !== 'Running' && { containerStatuses: [{ name: 'c', state: { terminated: { finishedAt: at(second) } } }] }) } }) as unknown as Pod
const said = ({ times, at: last }: { times: number; at: number }) => `${times} at ${times > 0 ? (last - start) / 1000 : '-'}`

test('a failure is remembered when its pod is gone', () => {
  const failures = new Failures()
  assert.equal(said(failures.note(job(), [pod('a', 'Failed', 4)])), '1 at 4')
  assert.equal(said(failures.note(job(), [])), '1 at 4')
  assert.equal(said(failures.note(job(), [pod('b', 'Failed', 20)])), '2 at 20')
})
test('a success begins anew', () => {
  const failures = new Failures()
  failures.note(job(), [pod('a', 'Failed', 4)])
  assert.equal(said(failures.note(job(), [pod('b', 'Succeeded', 5)])), '0 at -')
  assert.equal(said(failures.note(job(), [pod('c', 'Failed', 9)])), '1 at 9')
})
test('a pod that is deleted fails when that was asked, however long it takes to end', () => {
  const failures = new Failures()
  assert.equal(said(failures.note(job(), [pod('a', 'Running', 7)])), '1 at 7')
  assert.equal(said(failures.note(job(), [pod('a', 'Failed', 37)])), '1 at 7')
})
test('pods that the job itself has let go are no failures', () => assert.equal(said(new Failures().note(job(), [pod('a', 'Failed', 7, false)])), '0 at -'))
test('another job of that name has no past, nor has one that is forgotten', () => {
  const failures = new Failures()
  failures.note(job(), [pod('a', 'Failed', 4)])
  assert.equal(said(failures.note(job('k'), [])), '0 at -')
  failures.note(job('k'), [pod('b', 'Failed', 4)])
  failures.forget(job('k').metadata)
  assert.equal(said(failures.note(job('k'), [])), '0 at -')
})
