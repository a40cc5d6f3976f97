// Rules of workloads, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange, written } from '../as-written.ts'
import { cronJob } from '../batch/cronjob.ts'
import { job } from '../batch/job.ts'
import { daemonSet } from './daemonset.ts'
import { deployment } from './deployment.ts'
import { replicaSet } from './replicaset.ts'
import { statefulSet } from './statefulset.ts'

const container = { name: 'c', image: 'i:1' }
const spec = { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } } }
const once = { template: { spec: { containers: [container], restartPolicy: 'Never' } } }

for (const [name, kind, body, ...expected] of [
  ['a deployment', deployment, { spec }],
  ['a deployment without a selector', deployment, { spec: { ...spec, selector: undefined } }, 'spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
  ['labels that the selector does not find', deployment, { spec: { ...spec, selector: { matchLabels: { x: 'y' } } } }, 'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
  ['fewer than none', replicaSet, { spec: { ...spec, replicas: -1 } }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ['pods that end', deployment, { spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, restartPolicy: 'Never' } } } }, 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ['a rolling update that cannot move', deployment, { spec: { ...spec, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  ['a daemon set', daemonSet, { spec }],
  ['a stateful set', statefulSet, { spec: { ...spec, serviceName: 's' } }],
  ['a job', job, { spec: once }],
  ['a job that never ends', job, { spec: { template: { spec: { containers: [container] } } } }, 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ['a cron job', cronJob, { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: once } } }],
  ['a cron job at no time', cronJob, { spec: { schedule: 'later', jobTemplate: { spec: once } } }, 'spec.schedule: Invalid value: "later": expected exactly 5 fields, found 1: [later]'],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => {
  const found = problems(kind, body)
  assert.deepEqual(found.map((f, i) => (expected[i] && f.startsWith(expected[i]) ? expected[i] : f)), expected)
})

test('a selector stays', () => {
  assert.deepEqual(problemsOfChange(deployment, { spec }, (o) => { o.spec.selector.matchLabels = { a: 'b', c: 'd' }; o.spec.template.metadata.labels = { a: 'b', c: 'd' } }),
    ['spec.selector: Invalid value: {"matchLabels":{"a":"b","c":"d"}}: field is immutable'])
})
test('a deployment rolls in quarters, and remembers ten revisions', () => {
  const made = written(deployment, { spec })
  assert.deepEqual([made.spec.replicas, made.spec.strategy, made.spec.revisionHistoryLimit, made.spec.progressDeadlineSeconds],
    [1, { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, 10, 600])
})
test('a daemon set counts the changes of its template', () => {
  const key = 'deprecated.daemonset.template.generation', old = created(daemonSet, { spec })
  assert.equal(old.metadata.annotations[key], '1')
  const now = structuredClone(old)
  now.spec.template.spec.containers[0].image = 'i:2'
  daemonSet.rules.prepareUpdate!(now, old, undefined, 0)
  assert.equal(now.metadata.annotations[key], '2')
})
test('a job finds its pods by its own uid', () => {
  const { uid } = created(job, { spec: once }).metadata, made = created(job, { metadata: { name: 'j' }, spec: once })
  assert.deepEqual(made.spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } })
  assert.deepEqual(made.spec.template.metadata.labels, { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'j', 'controller-uid': uid, 'job-name': 'j' })
  assert.deepEqual([made.spec.completions, made.spec.parallelism, made.spec.backoffLimit, made.spec.completionMode], [1, 1, 6, 'NonIndexed'])
})
test('pods of a stateful set mount its claims', () => {
  const mounting = { ...spec, serviceName: 's', template: { ...spec.template, spec: { containers: [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/d' }] }] } } }
  assert.equal(problems(statefulSet, { spec: mounting }).length, 1)
  const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
  assert.deepEqual(problems(statefulSet, { spec: { ...mounting, volumeClaimTemplates: [claim] } }), [])
  assert.deepEqual(problems(statefulSet, { spec: { ...mounting, volumeClaimTemplates: [{ ...claim, spec: { ...claim.spec, accessModes: [] } }] } }),
    ['spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required'])
})
