// Rules of jobs and cron jobs, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsBetween, problemsOfChange } from '../as-written.ts'
import { cronJob } from './cronjob.ts'
import { job } from './job.ts'
import { zoneProblem } from './time-zone.ts'

const container = { name: 'c', image: 'i:1' }
const template = { spec: { containers: [container], restartPolicy: 'Never' } }
const once = { template }, indexed = { ...once, completionMode: 'Indexed', completions: 5, parallelism: 5 }
const fails = (...rules: object[]) => ({ spec: { ...once, podFailurePolicy: { rules } } })
const succeeds = (...rules: object[]) => ({ spec: { ...indexed, successPolicy: { rules } } })
const word = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
type Any = any // allowed: tests change any field

for (const [name, body, ...expected] of [
  ['so many completions that failures must be few', { spec: { ...indexed, completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 } },
    'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
    'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index'],
  ['so many completions and failures', { spec: { ...indexed, completions: 100_001, backoffLimitPerIndex: 1, maxFailedIndexes: 10_001 } },
    'spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index'],
  ['an unknown way to complete', { spec: { ...once, completionMode: 'Odd', backoffLimitPerIndex: 1 } }, 'spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", "Indexed"'],
  ['a selector for the name that the job has', { metadata: { name: 'x' }, spec: { ...once, selector: { matchLabels: { 'job-name': 'x' } } } }],
  ['a condition of no type', fails({ action: 'Ignore', onPodConditions: [{ type: '' }] }), 'spec.podFailurePolicy.rules[0].onPodConditions[0].type: Invalid value: "": name part must be non-empty',
    `spec.podFailurePolicy.rules[0].onPodConditions[0].type: Invalid value: "": ${word}`],
  ['exit codes that are not there', fails({ action: 'FailJob', onExitCodes: { operator: 'In' } }), 'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: null: at least one value is required'],
  ['no exit codes', fails({ action: 'FailJob', onExitCodes: { operator: 'In', values: [] } }), 'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is required'],
  ['more rules than are read, each looked at', fails(...Array(21).fill({ action: 'Ignore' }) as object[]), 'spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items',
    ...Array.from({ length: 21 }, (_, i) => `spec.podFailurePolicy.rules[${i}]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`)],
  ['success of no index', succeeds({ succeededIndexes: '' })],
  ['success of more than there are', succeeds({ succeededIndexes: '0-9', succeededCount: 6 }), 'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-9": error parsing succeededIndexes: too large index: "9"',
    'spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)',
    'spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)'],
  ['success in disorder', succeeds({ succeededIndexes: '3,1' }), 'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1'],
  ['success backwards', succeeds({ succeededIndexes: '3-2' }), 'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3-2": error parsing succeededIndexes: non-increasing order, previous: 3, current: 2'],
  ['success without indexes', { spec: { ...once, successPolicy: { rules: [{ succeededCount: 1 }] } } }, 'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode'],
  ['a manager of a bad domain and path', { spec: { ...once, managedBy: 'a_b/c d' } },
    "spec.managedBy: Invalid value: \"a_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    "spec.managedBy: Invalid value: \"c d\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"],
] as [string, object, ...string[]][]) test(`a new job: ${name}`, () => assert.deepEqual(problems(job, body), expected))

for (const [name, spec, change, ...expected] of [
  ['an indexed job grows with its pods', indexed, (o) => { o.spec.completions = o.spec.parallelism = 7 }],
  ['an indexed job that had fewer pods than completions may come to have as many', { ...indexed, parallelism: 2 }, (o) => { o.spec.completions = 2 }],
  ['completions alone', indexed, (o) => { o.spec.completions = 4 }, 'spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism'],
  ['completions of other jobs', once, (o) => { o.spec.completions = o.spec.parallelism = 2 }, 'spec.completions: Invalid value: 2: field is immutable'],
  ['a failure policy', once, (o) => { o.spec.podFailurePolicy = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'X', status: 'True' }] }] }; o.spec.podReplacementPolicy = 'Failed' },
    'spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"Ignore","OnExitCodes":null,"OnPodConditions":[{"Type":"X","Status":"True"}]}]}: field is immutable'],
  ['where the pods of a job that waits go', { ...once, suspend: true }, (o) => { o.spec.template.spec.nodeSelector = { a: 'b' }; o.spec.template.metadata.labels.x = 'y' }],
  ['what the pods of a job that waits, but is not yet known to, ask for', { ...once, suspend: true }, (o) => { o.spec.template.spec.containers[0].resources = { limits: { cpu: '1' } } }, 'spec.template.spec'],
] as [string, object, (o: Any) => void, ...string[]][]) test(`a changed job: ${name}`, () => {
  assert.deepEqual([...new Set(problemsOfChange(job, { spec }, change))].map((text, i) => (expected[i] !== undefined && text.startsWith(expected[i]) ? expected[i] : text)), expected)
})
test('what pods ask for may change once a job is suspended and none of its pods is left', () => {
  const old = created(job, { spec: { ...once, suspend: true } }), suspended = { type: 'Suspended', status: 'True' }
  const now = structuredClone(old)
  now.spec.template.spec.containers[0].resources = { requests: { cpu: '1' } }
  const said = (status: object) => problemsBetween(job.rules, now, { ...old, status }).map((text) => text.split(':')[0])
  assert.deepEqual(said({ startTime: '2026-01-01T00:00:00Z', conditions: [suspended] }), [])
  assert.deepEqual(said({ active: 1, conditions: [suspended] }), ['spec.template.spec'])
  now.spec.template.spec.containers = null
  assert.deepEqual([...new Set(said({ conditions: [suspended] }))], ['spec.template.spec.containers', 'spec.template.spec'])
})
test('a job of before the labels had a domain goes on without them', () => {
  const old = created(job, { spec: once }), { 'controller-uid': uid, 'job-name': name } = old.spec.template.metadata.labels
  old.spec.template.metadata.labels = { 'controller-uid': uid, 'job-name': name }
  old.spec.selector = { matchLabels: { 'controller-uid': uid } }
  assert.deepEqual(job.rules.validate!(structuredClone(old), old), [])
})
test('labels that a job shares with its pods are theirs both', () => {
  const tied = ['a', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name', 'controller-uid', 'job-name']
  const labelled = { ...template, metadata: { labels: { a: 'b' } } }
  assert.deepEqual(Object.keys(created(job, { spec: { template: labelled } }).metadata.labels).sort(), tied)
  assert.deepEqual(created(job, { metadata: { labels: { own: 'x' } }, spec: { template: labelled } }).metadata.labels, { own: 'x' })
})

const at = (second: number) => `2026-01-01T00:00:0${second}Z`
const is = (...types: string[]) => types.map((type) => ({ type, status: 'True' }))
const done = { startTime: at(1), completionTime: at(2), conditions: is('SuccessCriteriaMet', 'Complete') }
for (const [name, spec, before, status, ...expected] of [
  ['completes', once, { startTime: at(1) }, done],
  ['completes without a time', once, { startTime: at(1) }, { ...done, completionTime: undefined }, 'status.completionTime: Required value: completionTime is required for Complete jobs'],
  ['completes without a reason to', once, { startTime: at(1) }, { ...done, conditions: is('Complete') }, 'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
  ['completes before it starts', once, {}, { ...done, startTime: at(3) }, `status.completionTime: Invalid value: "${at(2)}": completionTime cannot be set before startTime`],
  ['ends at a time without being complete', once, { startTime: at(1) }, { ...done, conditions: [] }, `status.completionTime: Invalid value: "${at(2)}": cannot set completionTime when there is no Complete=True condition`],
  ['completes and fails', once, { startTime: at(1) }, { ...done, conditions: is('SuccessCriteriaMet', 'Complete', 'Failed') },
    'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions', 'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
    'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions'],
  ['ends while pods run', once, { startTime: at(1) }, { ...done, active: 1, terminating: 1 }, 'status.active: Invalid value: 1: active>0 is invalid for finished job', 'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job'],
  ['ends without having begun', once, {}, { ...done, startTime: undefined }, 'status.startTime: Required value: startTime is required for finished job'],
  ['ends, suspended, with nothing to do', { ...once, suspend: true, completions: 0 }, {}, { ...done, startTime: undefined }],
  ['ends with pods uncounted', once, { startTime: at(1) }, { ...done, uncountedTerminatedPods: { succeeded: ['u'] } },
    'status.uncountedTerminatedPods: Invalid value: {"Succeeded":["u"],"Failed":null}: uncountedTerminatedPods needs to be empty for finished job'],
  ['counts a pod twice', once, {}, { uncountedTerminatedPods: { succeeded: ['u', ''], failed: ['u'] } }, 'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
    'status.uncountedTerminatedPods.failed[0]: Duplicate value: "u"'],
  ['has more pods ready than running', once, {}, { ready: 2, active: 1 }, 'status.ready: Invalid value: 2: cannot set more ready pods than active'],
  ['is no longer complete', once, done, { startTime: at(1) }, 'status.conditions: Invalid value: cannot disable the terminal Complete=True condition', 'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition'],
  ['completed at another time', once, done, { ...done, completionTime: at(4) }, `status.completionTime: Invalid value: "${at(4)}": completionTime cannot be mutated`],
  ['counts back', once, { failed: 2, succeeded: 2 }, { failed: 1, succeeded: 1 }, 'status.failed: Invalid value: 1: cannot decrease the failed counter', 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter'],
  ['counts back where it may shrink', indexed, { succeeded: 2 }, { succeeded: 1 }],
  ['starts again', once, { startTime: at(1) }, { startTime: at(2) }, `status.startTime: Invalid value: "${at(2)}": field is immutable for unsuspended job once set`],
  ['never started', once, { startTime: at(1) }, {}, 'status.startTime: Invalid value: null: field is immutable for unsuspended job once set'],
  ['starts again after a pause', once, { startTime: at(1), conditions: is('Suspended') }, { startTime: at(2) }],
  ['has indexes without being indexed', once, {}, { completedIndexes: '0' }, 'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode'],
  ['has indexes that cannot be', indexed, {}, { completedIndexes: '0-5' }, 'status.completedIndexes: Invalid value: "0-5": error parsing completedIndexes: too large index: "5"'],
  ['failed at an index without a limit', indexed, {}, { failedIndexes: '0' }, 'status.failedIndexes: Invalid value: "0": cannot set non-null failedIndexes when backoffLimitPerIndex is null'],
  ['failed at an index that is through', { ...indexed, backoffLimitPerIndex: 1 }, {}, { completedIndexes: '0-3', failedIndexes: '2-4' }, 'status.failedIndexes: Invalid value: "2-4": failedIndexes and completedIndexes overlap at index: 2'],
] as [string, object, object, object, ...string[]][]) test(`a job that ${name}`, () => {
  const one = created(job, { spec }), found = job.rules.validate!({ ...one, status }, { ...one, status: before }, 'status')
  assert.deepEqual(found.map((e) => `${e.field}: ${e.message}`), expected)
})

const nightly = { schedule: '0 0 * * *', jobTemplate: { spec: once } }
for (const [name, body, ...expected] of [
  ['of a long name and no schedule', { metadata: { name: 'a'.repeat(53) }, spec: { ...nightly, schedule: '' } }, 'spec.schedule: Required value', `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`],
  ['in Berlin', { spec: { ...nightly, timeZone: 'Europe/Berlin' } }],
  ['nowhere', { spec: { ...nightly, timeZone: 'Europe/Nowhere' } }, 'spec.timeZone: Invalid value: "Europe/Nowhere": unknown time zone Europe/Nowhere'],
  ['here', { spec: { ...nightly, timeZone: 'LOCAL' } }, 'spec.timeZone: Invalid value: "LOCAL": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones', 'spec.timeZone: Invalid value: "LOCAL": unknown time zone LOCAL'],
  ['of an odd zone', { spec: { ...nightly, timeZone: 'Europe//Berlin' } }, 'spec.timeZone: Invalid value: "Europe//Berlin": unknown time zone Europe//Berlin'],
  ['of a zone in its schedule that there is not', { spec: { ...nightly, schedule: 'TZ=X 0 0 * * *' } }, 'spec.schedule: Invalid value: "TZ=X 0 0 * * *": provided bad location X: unknown time zone X',
    'spec.schedule: Invalid value: "TZ=X 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ['with a space before a word', { spec: { ...nightly, schedule: ' @daily' } }, 'spec.schedule: Invalid value: " @daily": expected exactly 5 fields, found 1: [@daily]'],
  ['that names a selector', { spec: { ...nightly, jobTemplate: { spec: { ...once, selector: { matchLabels: { a: 'b' } } } } } },
    'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated'],
] as [string, object, ...string[]][]) test(`a cron job ${name}`, () => assert.deepEqual(problems(cronJob, body), expected))

for (const [zone, problem] of [['UTC', ''], ['US/Pacific', ''], ['Asia/Kolkata', ''], ['Etc/GMT+5', ''], ['EST5EDT', ''], ['us/pacific', 'unknown'], ['europe/Berlin', 'unknown'], ['utc', 'unknown'], ['JST', 'unknown'],
  ['+0530', 'unknown'], ['../etc', 'time: invalid location name']] as const) test(`the time zone ${zone}`, () => {
  assert.equal(zoneProblem(zone) ?? '', problem === 'unknown' ? `unknown time zone ${zone}` : problem)
})

test('jobs warn of names that are no labels and of more indexes than can be kept', () => {
  const big = created(job, { metadata: { name: 'a.b' }, spec: { ...indexed, completions: 100_001, parallelism: 10_001 } })
  assert.deepEqual(job.rules.warnings!(big), ['metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    'spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'])
  assert.deepEqual(job.rules.warnings!(big, big), [])
})
