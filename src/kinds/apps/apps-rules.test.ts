// Rules of workloads, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange, written } from '../as-written.ts'
import { cronJob } from '../batch/cronjob.ts'
import { job } from '../batch/job.ts'
import { controllerRevision } from './controllerrevision.ts'
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
  ['a rolling update by numbers in words', deployment, { spec: { ...spec, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '5' } } } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "5": a valid percent string'],
  ['a daemon set', daemonSet, { spec }],
  ['a daemon set without a selector', daemonSet, { spec: { ...spec, selector: undefined } }, 'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
  ['a daemon set that selects by nothing', daemonSet, { spec: { ...spec, selector: {} } }, 'spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ['a daemon set with an odd selector', daemonSet, { spec: { ...spec, selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In' }] } } }, "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  ['a daemon set that surges and shrinks', daemonSet, { spec: { ...spec, updateStrategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } } } }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ['a stateful set that keeps every revision', statefulSet, { spec: { ...spec, revisionHistoryLimit: -1 } }],
  ['a stateful set with an unreadable selector, and pods that end', statefulSet, { spec: { ...spec, selector: { matchExpressions: [{ key: 'a', operator: 'Has' }] }, template: { ...spec.template, spec: { ...spec.template.spec, restartPolicy: 'Never' } } } },
    'spec.selector.matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator', 'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Has"}]}', 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ['a stateful set in whose claims, numbers and service all is wrong', statefulSet, { spec: { ...spec, replicas: -1, serviceName: 'a.b', volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { resources: { requests: { storage: '1Gi' } } } }] } },
    'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required', 'spec.replicas: Invalid value: -1: must be greater than or equal to 0', 'spec.serviceName: Invalid value: "a.b": must not contain dots'],
  ['a stateful set', statefulSet, { spec: { ...spec, serviceName: 's' } }],
  ['a job', job, { spec: once }],
  ['a job that never ends', job, { spec: { template: { spec: { containers: [container] } } } }, 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ['a cron job', cronJob, { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: once } } }],
  ['a cron job at no time', cronJob, { spec: { schedule: 'later', jobTemplate: { spec: once } } }, 'spec.schedule: Invalid value: "later": expected exactly 5 fields, found 1: [later]'],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => {
  const found = problems(kind, body)
  assert.deepEqual(found.map((f, i) => (expected[i] && f.startsWith(expected[i]) ? expected[i] : f)), expected)
})

for (const [name, kind, before, status, ...expected] of [
  ['a deployment that counts back', deployment, { collisionCount: 2 }, { collisionCount: 1 }, 'status.collisionCount: Invalid value: 1: cannot be decremented'],
  ['a deployment with more ready than there are', deployment, {}, { replicas: 1, readyReplicas: 2, terminatingReplicas: -1 }, 'status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0',
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  ['a replica set', replicaSet, {}, { replicas: 2, readyReplicas: 1, availableReplicas: 2 }, 'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
  ['a daemon set', daemonSet, { collisionCount: 1 }, { currentNumberScheduled: 0, numberMisscheduled: -1, desiredNumberScheduled: 0, numberReady: -2 }, 'status.numberMisscheduled: Invalid value: -1: must be greater than or equal to 0',
    'status.numberReady: Invalid value: -2: must be greater than or equal to 0', 'status.collisionCount: Invalid value: 0: cannot be decremented'],
  ['a stateful set', statefulSet, {}, { replicas: 2, readyReplicas: 1, currentReplicas: 3, availableReplicas: 2 }, 'status.currentReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas'],
] as [string, Parameters<typeof problems>[0], object, object, ...string[]][]) test(`what ${name} reports`, () => {
  const one = created(kind, { spec })
  assert.deepEqual(kind.rules.validate!({ ...one, status }, { ...one, status: before }, 'status').map((e) => `${e.field}: ${e.message}`), expected)
})
test('a revision keeps its data, whose place may move', () => {
  assert.deepEqual(problemsOfChange(controllerRevision, { data: { a: 1 }, revision: 1 }, (o) => { o.data = { a: 2 }; o.revision = -1 }),
    ['revision: Invalid value: -1: must be greater than or equal to 0', 'data: Invalid value: {"a":2}: field is immutable'])
  assert.deepEqual(problemsOfChange(controllerRevision, { data: { a: 1 }, revision: 1 }, (o) => { o.data = 'x' }), ['data: Invalid value: "x": field is immutable'])
  assert.deepEqual(problems(controllerRevision, { data: 'x', revision: -1 }), ['revision: Invalid value: -1: must be greater than or equal to 0', 'data: Required value: data must be a valid JSON object'])
  const owned = created(controllerRevision, { metadata: { ownerReferences: [{ apiVersion: 'Apps.Example/v1', kind: 'Set', name: 's', uid: 'u', controller: true }] }, data: {}, revision: 1 })
  assert.equal(controllerRevision.columns.find((c) => c.name === 'Controller')!.value(owned, 0), 'set.apps.example/s')
})
test('who is told that a name is no label, and what claims ask for in parts of bytes', () => {
  const named = (kind: Parameters<typeof problems>[0], body: object = { spec }) => kind.rules.warnings!(created(kind, { metadata: { name: 'a.b' }, ...body })).map((w) => w.split(':')[0])
  assert.deepEqual([deployment, replicaSet, daemonSet].map((kind) => named(kind)), [['metadata.name'], ['metadata.name'], []])
  const claiming = created(statefulSet, { spec: { ...spec, volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }] } })
  claiming.spec.volumeClaimTemplates[0].spec.resources.requests.storage = '1500m'
  const said = (at: string) => [`${at}.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer`]
  assert.deepEqual(statefulSet.rules.warnings!(claiming), said('spec.volumeClaimTemplates[0]'))
  assert.deepEqual(statefulSet.rules.warnings!(claiming, claiming), said('spec.volumeClaimTemplates[0].Spec'))
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
test('a daemon set warns of its template when that is new', () => {
  const old = created(daemonSet, { spec: { ...spec, template: { ...spec.template, spec: { containers: [container], nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } } } })
  const warned = (change: (o: any) => void) => { // allowed: changes of any field
    const now = structuredClone(old)
    change(now)
    daemonSet.rules.prepareUpdate!(now, old, undefined, 0)
    now.metadata.generation = 2
    return daemonSet.rules.warnings!(now, old).length
  }
  assert.deepEqual([warned((o) => { o.spec.minReadySeconds = 5 }), warned((o) => { o.spec.template.spec.containers[0].image = 'i:2' })], [0, 1])
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
