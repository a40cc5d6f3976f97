// Rules of storage kinds and of the small kinds beside them, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange } from '../as-written.ts'
import { lease } from '../coordination/lease.ts'
import { runtimeClass } from '../node/runtimeclass.ts'
import { podDisruptionBudget } from '../policy/poddisruptionbudget.ts'
import { priorityClass } from '../scheduling/priorityclass.ts'
import { csiDriver } from './csidriver.ts'
import { csiNode } from './csinode.ts'
import { csiStorageCapacity } from './csistoragecapacity.ts'
import { storageClass } from './storageclass.ts'
import { volumeAttachment } from './volumeattachment.ts'
import { volumeAttributesClass } from './volumeattributesclass.ts'

const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const both = '{"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}'
for (const [name, kind, body, ...expected] of [
  ['a class', storageClass, { provisioner: 'a.example/p' }],
  ['a class of nobody', storageClass, {}, 'provisioner: Required value'],
  ['a class of somebody odd', storageClass, { provisioner: 'A/B/C' }, 'provisioner: Invalid value: "a/b/c": a valid label key must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyName\',  or \'my.name\',  or \'123-abc\', regex used for validation is \'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\') with an optional DNS subdomain prefix and \'/\' (e.g. \'example.com/MyName\')'],
  ['a topology twice', storageClass, { provisioner: 'p', allowedTopologies: [1, 2].map(() => ({ matchLabelExpressions: [{ key: 'z', values: ['b', 'a'] }] })) }, 'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
  ['a topology of nothing', storageClass, { provisioner: 'p', allowedTopologies: [{}] }, 'allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'],
  ['parameters of many bytes', storageClass, { provisioner: 'p', parameters: { a: 'é'.repeat(131_072) } }, 'parameters: Too long: may not be more than 262144 bytes'],
  ['attributes of nothing', volumeAttributesClass, { driverName: 'd' }, 'parameters: Required value: must contain at least one key/value pair'],
  ['a token twice', csiDriver, { spec: { tokenRequests: [{ audience: 'a' }, { audience: 'a' }] } }, 'spec.tokenRequests[1].audience: Duplicate value: "a"'],
  ['a token for a minute', csiDriver, { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 60 }] } }, 'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes'],
  ['a driver without an id', csiNode, { spec: { drivers: [{ name: 'd.example', nodeID: '' }] } }, 'spec.drivers[0].nodeID: Required value'],
  ['the longest id', csiNode, { spec: { drivers: [{ name: 'd', nodeID: 'n'.repeat(256) }] } }],
  ['an id longer than that', csiNode, { spec: { drivers: [{ name: 'd', nodeID: 'n'.repeat(257) }] } }, `spec.drivers[0].nodeID: Invalid value: "${'n'.repeat(257)}": must be 256 characters or less`],
  ['a driver without a name', csiNode, { spec: { drivers: [{ name: '', nodeID: 'n' }] } }, 'spec.drivers[0].name: Required value'],
  ['a lifecycle that is none', csiDriver, { spec: { fsGroupPolicy: 'Q', volumeLifecycleModes: ['Long'], nodeAllocatableUpdatePeriodSeconds: 9, serviceAccountTokenInSecrets: true } },
    'spec.fsGroupPolicy: Unsupported value: "Q": supported values: "File", "None", "ReadWriteOnceWithFSType"', 'spec.volumeLifecycleModes: Unsupported value: "Long": supported values: "Persistent", "Ephemeral"',
    'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds', 'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified'],
  ['a driver twice, of no place', csiNode, { spec: { drivers: [{ name: 'd', nodeID: 'n' }, { name: 'd', nodeID: 'n', allocatable: { count: -1 }, topologyKeys: ['z', 'z'] }] } },
    'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0', 'spec.drivers[1].name: Duplicate value: "d"', 'spec.drivers[1]: Duplicate value: "z"'],
  ['less than no capacity', csiStorageCapacity, { storageClassName: 's', capacity: '-1', maximumVolumeSize: '-1' }, 'capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ['nothing attached', volumeAttachment, { spec: { attacher: 'a.example', nodeName: 'n', source: {} } }, 'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ['attached by nobody', volumeAttachment, { spec: { attacher: '', nodeName: 'N', source: { persistentVolumeName: 'p' } } },
    'spec.attacher: Required value', `spec.nodeName: Invalid value: "N": ${subdomain}`],
  ['an inline volume says little', volumeAttachment, { spec: { attacher: 'a.example', nodeName: 'n', source: { inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1' }, csi: { driver: 'd.example', volumeHandle: 'h' } } } } },
    'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes'],
  ['both limits of a budget', podDisruptionBudget, { spec: { minAvailable: 1, maxUnavailable: 1 } }, `spec: Invalid value: ${both}: minAvailable and maxUnavailable cannot be both set`],
  ['more than all', podDisruptionBudget, { spec: { minAvailable: '101%' } }, 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
  ['a lease for no time', lease, { spec: { leaseDurationSeconds: 0 } }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  ['a priority of the system', priorityClass, { metadata: { name: 'system-mine' }, value: 1 },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class"],
  ['the system\'s own priority', priorityClass, { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 }],
  ['too much priority', priorityClass, { value: 1_000_000_001 }, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ['overhead below nothing', runtimeClass, { handler: 'h', overhead: { podFixed: { cpu: '-1' } } }, 'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

for (const [name, kind, body, change, expected] of [
  ['a class keeps its provisioner', storageClass, { provisioner: 'p' }, (o) => { o.provisioner = 'q' }, 'provisioner: Invalid value: "q": field is immutable'],
  ['a class keeps its parameters', storageClass, { provisioner: 'p' }, (o) => { o.parameters = { b: '1', a: '2' } }, 'parameters: Invalid value: {"a":"2","b":"1"}: field is immutable'],
  ['attributes keep their driver', volumeAttributesClass, { driverName: 'd', parameters: { a: '1' } }, (o) => { o.driverName = 'e' }, 'driverName: Forbidden: updates to driverName are forbidden.'],
  ['attributes keep their parameters', volumeAttributesClass, { driverName: 'd', parameters: { a: '1' } }, (o) => { o.parameters.a = '2' }, 'parameters: Forbidden: updates to parameters are forbidden.'],
  ['a driver on a node stays', csiNode, { spec: { drivers: [{ name: 'd', nodeID: 'n', allocatable: { count: 1 } }] } }, (o) => { o.spec.drivers[0].nodeID = 'm' },
    'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable'],
  ['a driver keeps attaching', csiDriver, {}, (o) => { o.spec.attachRequired = false }, 'spec.attachedRequired: Invalid value: false: field is immutable'],
  ['a priority stays', priorityClass, { value: 1 }, (o) => { o.value = 2 }, 'value: Forbidden: may not be changed in an update.'],
  ['a handler stays', runtimeClass, { handler: 'a' }, (o) => { o.handler = 'b' }, 'handler: Invalid value: "b": field is immutable'],
  ['an attachment stays', volumeAttachment, { spec: { attacher: 'a.example', nodeName: 'n', source: { persistentVolumeName: 'p' } } }, (o) => { o.spec.nodeName = 'm' },
    'spec: Invalid value: {"Attacher":"a.example","Source":{"PersistentVolumeName":"p","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable'],
] as [string, Parameters<typeof problems>[0], object, (object: any) => void, string][]) // allowed: changes of any field
  test(`changed: ${name}`, () => assert.deepEqual(problemsOfChange(kind, body, change), [expected]))

test('a driver has a generation once its spec has changed', () => {
  const old = created(csiDriver, {}), now = structuredClone(old)
  assert.equal(old.metadata.generation, undefined)
  now.spec.storageCapacity = true
  csiDriver.rules.prepareUpdate!(now, old, undefined, 0)
  assert.equal(now.metadata.generation, 1)
})
test('what went wrong with an attachment is said within limits', () => {
  assert.deepEqual(problemsOfChange(volumeAttachment, { spec: { attacher: 'a.example', nodeName: 'n', source: { persistentVolumeName: 'p' } } }, (o) => { o.status = { attached: false, attachError: { message: 'é'.repeat(513), errorCode: -1 } } }, 'status'),
    ['status.attachError.message: Too long: may not be more than 262144 bytes', 'status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive'])
})
test('conditions say what they say within limits of bytes', () => {
  const conditions = ['é'.repeat(16_384), 'é'.repeat(16_385)].map((message, i) => ({ type: `T${i}`, status: 'True', reason: 'R', message, lastTransitionTime: '2026-01-01T00:00:00Z' }))
  assert.deepEqual(problemsOfChange(podDisruptionBudget, { spec: {} }, (o) => { o.status.conditions = conditions }, 'status'), ['status.conditions[1].message: Too long: may not be more than 32768 bytes'])
})
test('a driver may change how many volumes it takes', () => {
  assert.deepEqual(problemsOfChange(csiNode, { spec: { drivers: [{ name: 'd', nodeID: 'n', allocatable: { count: 1 } }] } }, (o) => { o.spec.drivers[0].allocatable.count = 2 }), [])
})
test('old names of labels are warned about where topologies are said', () => {
  const zone = 'failure-domain.beta.kubernetes.io/zone', instead = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
  assert.deepEqual(storageClass.rules.warnings!(created(storageClass, { provisioner: 'p', allowedTopologies: [{ matchLabelExpressions: [{ key: 'z', values: ['a'] }, { key: zone, values: ['a'] }] }] })),
    [`allowedTopologies[0].matchLabelExpressions[1].key: ${instead}`])
  assert.deepEqual(csiStorageCapacity.rules.warnings!(created(csiStorageCapacity, { storageClassName: 's', nodeTopology: { matchLabels: { [zone]: 'a' }, matchExpressions: [{ key: zone, operator: 'Exists' }] } })),
    [`nodeTopology.matchExpressions[0].key: ${instead}`, `nodeTopology.matchLabels.${zone}: ${instead}`])
})
test('scaling by volume limits is off: what belongs to it is not kept', () => {
  assert.equal(created(csiDriver, { spec: { preventPodSchedulingIfMissing: true } }).spec.preventPodSchedulingIfMissing, undefined)
})
test('coordinated election is off: what belongs to it is not kept', () => {
  assert.deepEqual(created(lease, { spec: { preferredHolder: 'a', strategy: 'OldestEmulationVersion', holderIdentity: '' } }).spec, { holderIdentity: '' })
})
