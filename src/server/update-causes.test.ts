// What a refused update names as its causes: the reference looks at the metadata of all kinds, then in each kind at what that kind composes, some of it
// twice. Every change here is wrong in what may not change of the metadata (uid), in the metadata as such (generateName), and, where a kind can be, in its
// rules and in what it keeps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameIsDNSLabel, nameIsDNSSubdomain } from '#machinery'
import { start, type Body } from './contract-kit.ts'

const kept = 'FieldValueInvalid metadata.uid: Invalid value: "other": field is immutable'
const named = (why: string | undefined) => `FieldValueInvalid metadata.generateName: Invalid value: "A_": ${why}`
const meta = named(nameIsDNSSubdomain('A_', true)[0]), label = named(nameIsDNSLabel('A_', true)[0])
const fixed = (field: string, value: string) => `FieldValueInvalid ${field}: Invalid value: ${value}: field is immutable`
const wrong = (field: string, text: string) => `FieldValueInvalid ${field}: Invalid value: ${text}`
const missing = (field: string, why = '') => `FieldValueRequired ${field}: Required value${why && `: ${why}`}`
const unknown = (field: string, text: string) => `FieldValueNotSupported ${field}: Unsupported value: ${text}`
const forbidden = (field: string, text: string) => `FieldValueForbidden ${field}: Forbidden: ${text}`
const negative = (field: string) => wrong(field, '-1: must be greater than or equal to 0')

const container = { name: 'c', image: 'i:1' }, selector = { matchLabels: { a: 'b' } }
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } }
const core = '/api/v1', inside = '/namespaces/n', of = (group: string, plural: string, version = 'v1') => `/apis/${group}/${version}/${plural}`, within = (group: string,
  plural: string, version = 'v1') => of(group, `namespaces/n/${plural}`, version)
const webhook = { name: 'a.example.io', clientConfig: { url: 'https://a.example' }, sideEffects: 'None', admissionReviewVersions: ['v1'] }
const policy = { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] },
  validations: [{ expression: 'true' }] }
const rbac = 'rbac.authorization.k8s.io', subject = { kind: 'User', name: 'u', apiGroup: rbac }

type Row = readonly [what: string, path: string, body: object, patch: object, ...expected: string[]]
const rows: readonly Row[] = [
  ['a config map', `${core}${inside}/configmaps`, { data: { a: 'b' }, immutable: true }, { data: { '/': 'x' } }, kept, forbidden('data',
    'field is immutable when `immutable` is set'), meta,
    wrong('data[/]',
      `"/": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`)],
  ['a secret', `${core}${inside}/secrets`, { type: 'a/b' }, { type: 'kubernetes.io/ssh-auth' }, kept, fixed('type', '"kubernetes.io/ssh-auth"'), meta,
    missing('data[ssh-privatekey]')],
  ['a service account', `${core}${inside}/serviceaccounts`, {}, {}, kept, meta],
  ['a limit range', `${core}${inside}/limitranges`, { spec: { limits: [] } }, { spec: { limits: [{ type: 'Pod', default: { cpu: '1' } }] } }, meta,
    forbidden('spec.limits[0].default', "may not be specified when `type` is 'Pod'")],
  ['a namespace', `${core}/namespaces`, {}, {}, label, kept],
  ['a node', `${core}/nodes`, { spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] } }, { spec: { taints: [{ key: 'a', effect: 'X' }] } }, meta,
    unknown('metadata.taints[0].effect', '"X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'), kept,
    unknown('metadata.taints[0].effect', '"X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"')],
  ['what a node reports', `${core}/nodes`, {}, { sub: 'status', status: { addresses: [{ type: 'InternalIP', address: 'a' }, { type: 'InternalIP', address: 'a' }] } }, kept,
    'FieldValueDuplicate status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"a"}'],
  ['a volume', `${core}/persistentvolumes`, { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], nfs: { server: 's', path: '/p' } } },
    { spec: { persistentVolumeReclaimPolicy: 'X', volumeMode: 'Block' } },
    meta, unknown('spec.persistentVolumeReclaimPolicy', '"X": supported values: "Delete", "Recycle", "Retain"'), meta, unknown('spec.persistentVolumeReclaimPolicy',
      '"X": supported values: "Delete", "Recycle", "Retain"'), fixed('volumeMode', '"Block"')],
  ['a claim', `${core}${inside}/persistentvolumeclaims`, { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    { spec: { volumeMode: 'Block' } }, kept, meta, 'spec', fixed('volumeMode', '"Block"')],
  ['a pod', `${core}${inside}/pods`, { spec: { containers: [container] } }, { spec: { containers: [{ ...container, image: '' }] } }, kept, meta,
    missing('spec.containers[0].image'), missing('spec.containers[0].image')],
  ['a replication controller', `${core}${inside}/replicationcontrollers`, { spec: { selector: { a: 'b' }, template } }, { spec: { replicas: -1 } }, kept,
    negative('spec.replicas')],
  ['a pod template', `${core}${inside}/podtemplates`, { template }, { template: { spec: { restartPolicy: 'X' } } }, kept, unknown('template.spec.restartPolicy',
    '"X": supported values: "Always", "OnFailure", "Never"')],
  ['a quota', `${core}${inside}/resourcequotas`, { spec: { hard: { pods: '1' } } }, { spec: { hard: { pods: '-1' }, scopes: ['Terminating'] } }, kept, wrong('spec.hard[pods]',
    '"-1": must be greater than or equal to 0'), fixed('spec.scopes', '["Terminating"]')],
  ['a service', `${core}${inside}/services`, { spec: { ports: [{ port: 1 }] } }, { spec: { ports: [{ port: 0, protocol: 'TCP' }] } }, kept, wrong('spec.ports[0].port',
    '0: must be between 1 and 65535, inclusive'), wrong('spec.ports[0].targetPort', '0: must be between 1 and 65535, inclusive')],
  ['endpoints', `${core}${inside}/endpoints`, {}, { subsets: [{}] }, kept, meta, missing('subsets[0]', 'must specify `addresses` or `notReadyAddresses`')],
  ['an event of the core group', `${core}${inside}/events`, { involvedObject: { namespace: 'n' } }, { involvedObject: { namespace: 'm' } }, wrong('involvedObject.namespace',
    '"m": does not match event.namespace')],
  ['a deployment', within('apps', 'deployments'), { spec: { selector, template } }, { spec: { replicas: -1 } }, kept, negative('spec.replicas')],
  ['a replica set', within('apps', 'replicasets'), { spec: { selector, template } }, { spec: { replicas: -1 } }, kept, negative('spec.replicas')],
  ['a daemon set', within('apps', 'daemonsets'), { spec: { selector, template } }, { spec: { minReadySeconds: -1 } }, kept, negative('spec.minReadySeconds')],
  ['a stateful set', within('apps', 'statefulsets'), { spec: { selector, template } }, { spec: { replicas: -1 } }, kept, negative('spec.replicas')],
  ['what a stateful set reports', within('apps', 'statefulsets'), { spec: { selector, template } }, { sub: 'status', status: { observedGeneration: -1 } },
    negative('status.observedGeneration'), kept],
  ['a revision', within('apps', 'controllerrevisions'), { data: { a: 1 }, revision: 1 }, { data: { a: 2 }, revision: -1 }, kept, meta, negative('revision'), fixed('data',
    '{"a":2}')],
  ['a job', within('batch', 'jobs'), { spec: { template: { spec: { containers: [container], restartPolicy: 'Never' } } } }, { spec: { backoffLimit: -1, completionMode: 'X' } },
    meta, ...['controller-uid', 'batch.kubernetes.io/controller-uid'].map((key) => `spec.template.metadata.labels[${key}]`), 'spec.selector', negative('spec.backoffLimit'),
    unknown('spec.completionMode', '"X": supported values: "NonIndexed", "Indexed"'),
    kept, negative('spec.backoffLimit'), unknown('spec.completionMode', '"X": supported values: "NonIndexed", "Indexed"'), fixed('spec.completionMode', '"X"')],
  ['a cron job', within('batch', 'cronjobs'), { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { containers: [container],
    restartPolicy: 'Never' } } } } } }, { spec: { successfulJobsHistoryLimit: -1 } }, kept, negative('spec.successfulJobsHistoryLimit')],
  ['an autoscaler', within('autoscaling', 'horizontalpodautoscalers', 'v2'), { spec: { maxReplicas: 1, scaleTargetRef: { kind: 'K', name: 'n', apiVersion: 'g/v' } } },
    { spec: { maxReplicas: -1 } }, kept, wrong('spec.maxReplicas', '-1: must be greater than 0'),
    wrong('spec.maxReplicas', '-1: must be greater than or equal to `minReplicas`')],
  ['a budget', within('policy', 'poddisruptionbudgets'), { spec: { minAvailable: 1, selector } }, { metadata: { finalizers: ['own'] }, spec: { minAvailable: -1 } },
    negative('spec.minAvailable')],
  ['a role', within(rbac, 'roles'), { rules: [] }, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: [] }] }, missing('rules[0].verbs',
    'verbs must contain at least one value'), kept],
  ['a role of the cluster', of(rbac, 'clusterroles'), { rules: [] }, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: [] }] }, missing('rules[0].verbs',
    'verbs must contain at least one value'), kept],
  ['a binding', within(rbac, 'rolebindings'), { roleRef: { apiGroup: rbac, kind: 'Role', name: 'a' }, subjects: [subject] }, { roleRef: { name: 'b' }, subjects: [{ ...subject,
    name: '' }] }, missing('subjects[0].name'), kept,
    wrong('roleRef', `{"APIGroup":"${rbac}","Kind":"Role","Name":"b"}: cannot change roleRef`)],
  ['a binding of the cluster', of(rbac, 'clusterrolebindings'), { roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'a' }, subjects: [subject] }, { roleRef: { name: 'b' },
    subjects: [{ ...subject, name: '' }] }, missing('subjects[0].name'), kept,
    wrong('roleRef', `{"APIGroup":"${rbac}","Kind":"ClusterRole","Name":"b"}: cannot change roleRef`)],
  ['a network policy', within('networking.k8s.io', 'networkpolicies'), { spec: { podSelector: {} } }, { spec: { policyTypes: ['No'] } }, kept, unknown('spec.policyTypes[0]',
    '"No": supported values: "Ingress", "Egress"')],
  ['an ingress', within('networking.k8s.io', 'ingresses'), { spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } } },
    { spec: { defaultBackend: { service: { name: '' } } } }, kept, meta, missing('spec.defaultBackend.service.name')],
  ['a class of ingresses', of('networking.k8s.io', 'ingressclasses'), { spec: { controller: 'a.example/x' } }, { spec: { controller: 'x' } }, kept, fixed('spec.controller',
    '"x"'), meta, wrong('spec.controller', '"x": must be a domain-prefixed path (such as "acme.io/foo")')],
  ['ranges of services', of('networking.k8s.io', 'servicecidrs'), { spec: { cidrs: ['10.77.0.0/24'] } }, { spec: { cidrs: ['10.77.0.1/24'] } }, meta, wrong('spec.cidrs[0]',
    '"10.77.0.1/24": must not have bits set beyond the prefix length'), kept, fixed('spec.cidrs[0]', '"10.77.0.1/24"')],
  ['an address', of('networking.k8s.io', 'ipaddresses'), { metadata: { name: '10.0.0.9' }, spec: { parentRef: { resource: 'services', name: 'a' } } },
    { spec: { parentRef: { name: '' } } }, named('must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    missing('spec.parentRef.name'), kept, fixed('spec.parentRef', '{"Group":"","Resource":"services","Namespace":"","Name":""}')],
  ['a runtime class', of('node.k8s.io', 'runtimeclasses'), { handler: 'a' }, { handler: 'A' }, meta, wrong('handler',
    '"A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\')'),
    kept, fixed('handler', '"A"')],
  ['a storage class', of('storage.k8s.io', 'storageclasses'), { provisioner: 'a.example/b' }, { reclaimPolicy: 'X' }, meta, unknown('reclaimPolicy',
    '"X": supported values: "Delete", "Retain"'), kept, fixed('reclaimPolicy', '"X"')],
  ['a driver', of('storage.k8s.io', 'csidrivers'), {}, { spec: { fsGroupPolicy: 'X', attachRequired: false } }, kept, unknown('spec.fsGroupPolicy',
    '"X": supported values: "File", "None", "ReadWriteOnceWithFSType"'), fixed('spec.attachedRequired', 'false')],
  ['the drivers of a node', of('storage.k8s.io', 'csinodes'), { spec: { drivers: [] } }, { spec: { drivers: [{ name: 'a.example', nodeID: '' }] } }, meta,
    missing('spec.drivers[0].nodeID')],
  ['an attachment', of('storage.k8s.io', 'volumeattachments'), { spec: { attacher: 'a.example', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
    { spec: { attacher: '' } }, meta, missing('spec.attacher'), 'spec'],
  ['a capacity', within('storage.k8s.io', 'csistoragecapacities'), { storageClassName: 'a' }, { storageClassName: 'A' }, meta, wrong('storageClassName',
    `"A": ${nameIsDNSSubdomain('A', false)[0]}`), kept, fixed('storageClassName', '"A"')],
  ['a class of attributes', of('storage.k8s.io', 'volumeattributesclasses'), { driverName: 'a.example', parameters: { a: 'b' } }, { driverName: '' }, kept,
    forbidden('driverName', 'updates to driverName are forbidden.'), meta, missing('driverName')],
  ['a class of devices', of('resource.k8s.io', 'deviceclasses'), { spec: {} }, { spec: { extendedResourceName: 'x' } }, meta, kept, wrong('spec.extendedResourceName',
    '"x": must be a valid extended resource name')],
  ['a template of claims for devices', within('resource.k8s.io', 'resourceclaimtemplates'), { spec: { spec: {} } },
    { spec: { spec: { devices: { requests: [{ name: 'a' }] } } } }, meta, missing('spec.spec.devices.requests[0]', 'exactly one of `exactly` or `firstAvailable` is required'),
    kept, 'spec'],
  ['a claim for devices', within('resource.k8s.io', 'resourceclaims'), { spec: {} }, { spec: { devices: { requests: [{ name: 'a' }] } } }, meta, kept, 'spec'],
  ['a slice of devices', of('resource.k8s.io', 'resourceslices'), { spec: { driver: 'a.example', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } } },
    { spec: { pool: { generation: -1 } } }, kept, wrong('spec.pool.generation', '-1: must be greater than or equal to zero')],
  ['a slice of endpoints', within('discovery.k8s.io', 'endpointslices'), { addressType: 'IPv4', endpoints: [] }, { addressType: 'IPv6', endpoints: [{ addresses: [] }] }, meta,
    missing('endpoints[0].addresses', 'must contain at least 1 address'), fixed('addressType', '"IPv6"')],
  ['a flow schema', of('flowcontrol.apiserver.k8s.io', 'flowschemas'), { spec: { matchingPrecedence: 5, priorityLevelConfiguration: { name: 'a' } } },
    { spec: { matchingPrecedence: -1 } }, meta, wrong('spec.matchingPrecedence', '-1: must be a positive value')],
  ['a priority class', of('scheduling.k8s.io', 'priorityclasses'), { value: 1 }, { value: 2 }, kept, forbidden('value', 'may not be changed in an update.')],
  ['a lease', within('coordination.k8s.io', 'leases'), { spec: {} }, { spec: { leaseTransitions: -1 } }, kept, negative('spec.leaseTransitions')],
  ['a webhook', of('admissionregistration.k8s.io', 'validatingwebhookconfigurations'), { webhooks: [webhook] }, { metadata: { finalizers: ['own'] }, webhooks: [{ ...webhook,
    failurePolicy: 'X' }] }, meta, unknown('webhooks[0].failurePolicy', '"X": supported values: "Fail", "Ignore"')],
  ['a policy', of('admissionregistration.k8s.io', 'validatingadmissionpolicies'), { spec: policy }, { metadata: { finalizers: ['own'] }, spec: { failurePolicy: 'X' } }, meta,
    unknown('spec.failurePolicy', '"X": supported values: "Fail", "Ignore"')],
  ['a binding of a policy', of('admissionregistration.k8s.io', 'validatingadmissionpolicybindings'), { spec: { policyName: 'a', validationActions: ['Deny'] } },
    { metadata: { finalizers: ['own'] }, spec: { validationActions: ['X'] } }, meta,
    unknown('spec.validationActions[0]', '"X": supported values: "Audit", "Deny", "Warn"')],
  ['an API service', of('apiregistration.k8s.io', 'apiservices'), { metadata: { name: 'v1.a.example' }, spec: { group: 'a.example', version: 'v1', groupPriorityMinimum: 1,
    versionPriority: 1 } }, { metadata: { finalizers: ['own'] }, spec: { versionPriority: -1 } }, kept,
    wrong('spec.versionPriority', '-1: must be positive and less than 1000')],
]

for (const [what, path, body, { sub, ...patch }, ...expected] of rows as readonly (readonly [string, string, Body, Body,
  ...string[]])[]) test(`what is wrong with a change of ${what} is said in the reference's order, as often as it says it`, async () => {
  const { ask } = await start(), name = (body.metadata as Body | undefined)?.name as string ?? 'x'
  const made = await ask(`POST ${path}`, { metadata: { name }, ...body })
  assert.equal(made.status, 201, made.text)
  const { status, body: { details } } = await ask(`PATCH ${path}/${name}${sub ? `/${sub}` : ''}`, { ...patch, metadata: { ...patch.metadata, uid: 'other', generateName: 'A_' } })
  const causes = (details?.causes ?? []) as { reason: string; field: string; message: string }[]
  // Some values are shown at such length that their field stands for them.
  const said = causes.map(({ reason, field, message }, i) => (expected[i - 1] === field ? field : `${reason} ${field}: ${message}`))
  assert.deepEqual([status, ...said], [422, kept, ...expected])
})
