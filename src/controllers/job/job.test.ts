import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, Pod } from '#kinds'
import { count } from './count.ts'
import { Failures } from './failures.ts'
import { judgeFailure } from './failure-policy.ts'
import { parseIndexes, printIndexes } from './indexes.ts'
import { plan } from './plan.ts'
import { verdictOf } from './verdict.ts'

const start = Date.UTC(2030, 0, 1), now = start + 3_600_000
const jobOf = (spec: object, status: object = {}): Job => ({ metadata: { name: 'j', namespace: 'n', uid: 'j' },
  spec: { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', podReplacementPolicy: 'TerminatingOrFailed', template: { spec: { restartPolicy: 'Never' } }, ...spec }, status }) as unknown as Job
/** "a" runs; s succeeded, f failed, - on its way out, . no longer tracked, #2 its index, @60 finished so many seconds ago. */
const podOf = (word: string): Pod => {
  const [, name = '', marks = '', index, ago] = /^(\w)([.\-sf]*)(?:#(\d+))?(?:@(\d+))?$/.exec(word)!
  const phase = marks.includes('s') ? 'Succeeded' : marks.includes('f') ? 'Failed' : 'Running'
  return {
    metadata: { name, namespace: 'n', uid: name, creationTimestamp: new Date(start).toISOString(), ...(!marks.includes('.') && { finalizers: ['batch.kubernetes.io/job-tracking'] }), ...(marks.includes('-') && { deletionTimestamp: new Date(now).toISOString() }),
      ...(index && { annotations: { 'batch.kubernetes.io/job-completion-index': index } }) },
    spec: {}, status: { phase, ...(phase !== 'Running' && { containerStatuses: [{ name: 'c', restartCount: 0, state: { terminated: { exitCode: phase === 'Failed' ? 3 : 0, finishedAt: new Date(now - Number(ago ?? 3600) * 1000).toISOString() } } }] }) },
  } as unknown as Pod
}
const podsOf = (words: string) => words.split(' ').filter(Boolean).map(podOf)
const active = (pods: readonly Pod[]) => pods.filter((p) => p.status.phase === 'Running' && !p.metadata.deletionTimestamp)

test('indexes are written as runs and read back', () => {
  for (const [text, list] of [['', []], ['3', [3]], ['0,1', [0, 1]], ['0-2', [0, 1, 2]], ['1,3-5,7,8', [1, 3, 4, 5, 7, 8]]] as const) {
    assert.equal(printIndexes(list), text)
    assert.deepEqual([...parseIndexes(text)], list)
  }
  assert.deepEqual([...parseIndexes('1-9', 3)], [1, 2])
})

const counts: [promise: string, job: Job, pods: string, expected: string][] = [
  ['a pod that succeeds is noted before it is let go', jobOf({}), 'as', '1 succeeded, status 0 + [a], let go a'],
  ['and counted when it has been', jobOf({}, { uncountedTerminatedPods: { succeeded: ['a'] } }), 'as.', '1 succeeded, status 1 + [], let go '],
  ['also when it is gone altogether', jobOf({}, { uncountedTerminatedPods: { succeeded: ['a'] } }), '', '1 succeeded, status 1 + [], let go '],
  ['one that is noted but not let go yet is not counted twice', jobOf({}, { uncountedTerminatedPods: { succeeded: ['a'] } }), 'as', '1 succeeded, status 0 + [a], let go a'],
  ['one that was counted long ago stays counted', jobOf({}, { succeeded: 4 }), 'as.', '4 succeeded, status 4 + [], let go '],
  ['an index counts once', jobOf({ completionMode: 'Indexed', completions: 3 }), 'as#1 bs#1', '1 succeeded, status 1 + [], let go a b'],
]
for (const [promise, job, words, expected] of counts)
  test(`counting: ${promise}`, () => {
    const found = count(job, podsOf(words))
    assert.equal(`${found.succeeded} succeeded, status ${found.status.succeeded} + [${found.status.uncounted.succeeded.join()}], let go ${found.release.map((p) => p.metadata.name).join(' ')}`, expected)
  })
test('counting: a pod on its way out is a failure, unless only failed ones are replaced', () => {
  assert.equal(count(jobOf({}), podsOf('a-')).failed, 1)
  assert.equal(count(jobOf({ podReplacementPolicy: 'Failed' }), podsOf('a-')).failed, 0)
  assert.equal(count(jobOf({ podReplacementPolicy: 'Failed' }), podsOf('a-'), 'Failed').failed, 1)
})

test('counting: a job that fails counts what it stops, one that succeeds does not', () => {
  const ended = (ending?: 'Complete' | 'Failed' | 'Deleted') => { const found = count(jobOf({}), podsOf('a'), ending); return `${found.failed}, let go ${found.release.length}` }
  assert.deepEqual([ended(), ended('Complete'), ended('Failed'), ended('Deleted')], ['0, let go 0', '0, let go 1', '1, let go 1', '0, let go 1'])
})
test('counting: with a limit per index the last failed pod is kept, and not noted, until another works on its index', () => {
  const job = jobOf({ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 2 }), noted = (words: string) => { const found = count(job, podsOf(words)); return `${found.failed} failed, noted ${found.status.uncounted.failed.join()}, let go ${found.release.map((p) => p.metadata.name).join()}` }
  assert.equal(noted('af#0'), '1 failed, noted , let go ')
  assert.equal(noted('af#0 b#0'), '1 failed, noted a, let go a')
  assert.equal(noted('af#7'), '0 failed, noted , let go a')
})

const rules = (action: string) => ({ podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [3] } }] } })
test('a failure policy says what a failure means', () => {
  assert.deepEqual(judgeFailure(jobOf(rules('FailJob')), podOf('af')), { action: 'FailJob', message: 'Container c for pod n/a failed with exit code 3 matching FailJob rule at index 0' })
  assert.equal(judgeFailure(jobOf({}), podOf('af')).action, 'Count')
  assert.deepEqual([count(jobOf(rules('Ignore')), podsOf('af')).failed, count(jobOf(rules('Count')), podsOf('af')).failed], [0, 1])
})

const verdicts: [promise: string, job: Job, pods: string, expected: string | undefined][] = [
  ['goes on while too few have succeeded', jobOf({ completions: 2 }), 'as', undefined],
  ['is complete when enough have', jobOf({ completions: 2 }), 'as bs', 'Complete CompletionsReached'],
  ['is not complete while another runs', jobOf({ completions: 1 }), 'as b', undefined],
  ['without a number is complete with one success and nobody running', jobOf({ completions: undefined }), 'as bf', 'Complete CompletionsReached'],
  ['fails beyond its limit', jobOf({ backoffLimit: 1 }), 'af bf', 'Failed BackoffLimitExceeded'],
  ['fails past its deadline', jobOf({ activeDeadlineSeconds: 10 }, { startTime: new Date(now - 11_000).toISOString() }), 'a', 'Failed DeadlineExceeded'],
  ['fails when its policy says so', jobOf(rules('FailJob')), 'af', 'Failed PodFailurePolicy'],
  ['fails when an index did, and all others are through', jobOf({ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 0 }), 'af#0 bs#1', 'Failed FailedIndexes'],
  ['fails at once when too many indexes did', jobOf({ completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 0, maxFailedIndexes: 0 }), 'af#0 b#1', 'Failed MaxFailedIndexesExceeded'],
  ['is complete when its success policy is met', jobOf({ completionMode: 'Indexed', completions: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } }), 'as#0 b#1', 'Complete SuccessPolicy'],
  ['fails beyond its limit even if its success policy is met', jobOf({ completionMode: 'Indexed', completions: 3, backoffLimit: 0, successPolicy: { rules: [{ succeededIndexes: '0' }] } }), 'as#0 bf#1', 'Failed BackoffLimitExceeded'],
  ['keeps what has been decided', jobOf({ completions: 9 }, { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded' }] }), 'as', 'Failed BackoffLimitExceeded'],
]
for (const [promise, job, words, expected] of verdicts)
  test(`a job ${promise}`, () => {
    const pods = podsOf(words), end = verdictOf(job, count(job, pods), pods, now)
    assert.equal(end && `${end.result} ${end.reason}`, expected)
  })

const plans: [promise: string, job: Job, pods: string, expected: string][] = [
  ['starts as many as may run at once', jobOf({ completions: 5, parallelism: 2 }), '', 'create 2'],
  ['starts no more than are still needed', jobOf({ completions: 3, parallelism: 2 }), 'as bs', 'create 1'],
  ['stops those that are too many', jobOf({ completions: 5, parallelism: 1 }), 'a b', 'remove 1'],
  ['waits 10 s after a failure', jobOf({ completions: 1 }), 'af@4', 'in 6 s'],
  ['and twice as long after the next', jobOf({ completions: 1 }), 'af@4 bf@30', 'in 16 s'],
  ['but not after a success', jobOf({ completions: 2 }), 'af@9 bs@1', 'create 1'],
  ['starts the lowest free indexes', jobOf({ completionMode: 'Indexed', completions: 4, parallelism: 3 }), 'a#0 bs#1', 'create 2 3'],
  ['of two pods of an index stops one', jobOf({ completionMode: 'Indexed', completions: 4, parallelism: 3 }), 'a#0 b#0 c#1', 'remove 1'],
  ['stops pods without an index and beyond the last', jobOf({ completionMode: 'Indexed', completions: 2, parallelism: 3 }), 'a#0 b c#2', 'remove 2'],
  ['goes on to no other index while one waits for its next attempt', jobOf({ completionMode: 'Indexed', completions: 4, parallelism: 2, backoffLimitPerIndex: 3 }), 'af#0@4 b#1', 'in 6 s'],
  ['does not replace a pod on its way out when only failed ones are', jobOf({ podReplacementPolicy: 'Failed' }), 'a-', ''],
  ['stops everything when suspended', jobOf({ completions: 2, parallelism: 2, suspend: true }), 'a b', 'remove 2'],
]
for (const [promise, job, words, expected] of plans)
  test(`a job ${promise}`, () => {
    const pods = podsOf(words), { create, remove, againInMs } = plan(job, pods, active(pods), count(job, pods), new Failures().note(job, pods), now)
    const what = create.some(({ index }) => index !== undefined) ? create.map(({ index }) => index).join(' ') : String(create.length)
    assert.equal([create.length && `create ${what}`, remove.length && `remove ${remove.length}`, againInMs !== undefined && `in ${againInMs / 1000} s`].filter(Boolean).join('; '), expected)
  })
