// Rules of the core kinds, each as a table: what a client writes, and what is said about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created, problems, problemsOfChange, written } from '../as-written.ts'
import { endpointSlice } from '../discovery/endpointslice.ts'
import { configMap } from './configmap.ts'
import { endpoints } from './endpoints.ts'
import { limitRange } from './limitrange.ts'
import { namespace } from './namespace.ts'
import { node } from './node.ts'
import { persistentVolume } from './persistentvolume.ts'
import { persistentVolumeClaim } from './persistentvolumeclaim.ts'
import { adoptAllocated } from './prepare-service.ts'
import { resourceQuota } from './resourcequota.ts'
import { secret } from './secret.ts'
import { service } from './service.ts'
import { serviceAccount } from './serviceaccount.ts'

const sized = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const pv = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }
const port = { port: 80 }
/** Services as they are checked: the server has chosen addresses by then. */
const chosen = { clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }

for (const [name, kind, body, ...expected] of [
  ['a config map', configMap, { data: { 'a.b': 'x' } }],
  ['a key with a slash', configMap, { data: { 'a/b': 'x' } }, "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"],
  ['many texts of many bytes', configMap, { data: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'é'.repeat(3000)])) }, '[]: Too long: may not be more than 1048576 bytes'],
  ['a key twice', configMap, { data: { a: 'x' }, binaryData: { a: 'eA==' } }, 'data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ['a registry secret of nothing', secret, { type: 'kubernetes.io/dockerconfigjson' }, 'data[.dockerconfigjson]: Required value'],
  ['a claim', persistentVolumeClaim, { spec: sized }],
  ['a claim of no size', persistentVolumeClaim, { spec: { accessModes: ['ReadWriteOnce'] } }, 'spec.resources[storage]: Required value'],
  ['a volume', persistentVolume, { spec: pv }],
  ['a volume of nothing', persistentVolume, { spec: { ...pv, hostPath: undefined } }, 'spec: Required value: must specify a volume type'],
  ['a volume of two sorts', persistentVolume, { spec: { ...pv, nfs: { server: 's', path: '/' } } }, 'spec.nfs: Forbidden: may not specify more than 1 volume type'],
  ['a volume of unknown size', persistentVolume, { spec: { ...pv, capacity: undefined } }, 'spec.capacity: Required value', 'spec.capacity: Unsupported value: null: supported values: "storage"'],
  ['the root is not emptied', persistentVolume, { spec: { ...pv, hostPath: { path: '/./' }, persistentVolumeReclaimPolicy: 'Recycle' } }, "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  ['local storage is somewhere', persistentVolume, { spec: { ...pv, hostPath: undefined, local: { path: '/x' } } }, 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
  ['a service', service, { spec: { ports: [port], ...chosen } }],
  ['two ports want names', service, { spec: { ports: [port, { port: 81, name: 'b' }], ...chosen } }, 'spec.ports[0].name: Required value'],
  ['two ports of one name', service, { spec: { ports: [{ ...port, name: 'a' }, { port: 81, name: 'a' }], ...chosen } }, 'spec.ports[1].name: Duplicate value: "a"'],
  ['a node port inside the cluster', service, { spec: { ports: [{ ...port, nodePort: 30000 }], ...chosen } }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  ['endpoints of nothing', endpoints, { subsets: [{ ports: [port] }] }, 'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
  ['endpoints on the loopback', endpoints, { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }, 'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['a quota below nothing', resourceQuota, { spec: { hard: { pods: '-1' } } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  ['half a pod', resourceQuota, { spec: { hard: { pods: '500m' } } }, 'spec.hard[pods]: Invalid value: "500m": must be an integer'],
  ['a limit below its minimum', limitRange, { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } }, 'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  ['a default limit that is no request', limitRange, { spec: { limits: [{ type: 'Container', default: { 'a.example/gpu': '2' }, defaultRequest: { 'a.example/gpu': '1' } }] } },
    'spec.limits[0].defaultRequest[a.example/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in a.example/gpu'],
  ['scopes that exclude one another', resourceQuota, { spec: { scopeSelector: { matchExpressions: [{ scopeName: 'Terminating', operator: 'Exists' }, { scopeName: 'NotTerminating', operator: 'Exists' }] } } },
    'spec.scopes: Invalid value: null: conflicting scopes'],
  ['a scope that only exists', resourceQuota, { spec: { scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'In', values: ['a'] }] } } },
    "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"],
  ['a volume of less than nothing', persistentVolume, { spec: { ...pv, capacity: { storage: '-1' } } }, 'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity', 'spec.capacity[storage]: Invalid value: "-1": must be greater than zero'],
  ['features in disorder', node, { status: { declaredFeatures: ['B', 'A', 'a'] } }, 'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
    `status.declaredFeatures[2]: Invalid value: "a": invalid feature name "a": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`],
  ['half a pod of room', node, { status: { capacity: { pods: '500m' } } }, 'status.capacity.pods: Invalid value: "500m": must be an integer', 'status.allocatable.pods: Invalid value: "500m": must be an integer'],
  ['a taint twice', node, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }] } },
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair'],
  ['a range of pods twice', node, { spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', '10.1.0.0/24'] } },
    'spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family', 'spec.podCIDRs[1]: Duplicate value: "10.1.0.0/24"'],
  ['a range of pods that is none', node, { spec: { podCIDR: '2001:db8::/64', podCIDRs: ['2001:db8::/64', 'x'] } },
    'spec.podCIDRs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    'spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[1]: <nil> (invalid CIDR address: x)',
    'spec.podCIDRs: Invalid value: ["2001:db8::/64","x"]: may specify no more than one CIDR for each IP family'],
  ['a taint without an effect', node, { spec: { taints: [{ key: 'a' }] } }, 'metadata.taints[0].effect: Required value'],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

test('an immutable config map stays as it is', () => {
  assert.deepEqual(problemsOfChange(configMap, { immutable: true, data: { a: '1' } }, (o) => { o.data.a = '2' }), ['data: Forbidden: field is immutable when `immutable` is set'])
  assert.deepEqual(problemsOfChange(configMap, { immutable: true }, (o) => { delete o.immutable }), ['immutable: Forbidden: field is immutable when `immutable` is set'])
})
test('a node keeps what it was once given', () => {
  const kept = (o: any) => { o.spec.podCIDRs = ['10.2.0.0/24']; o.spec.podCIDR = '10.2.0.0/24'; o.spec.providerID = 'y' } // allowed: changes of any field
  assert.deepEqual(problemsOfChange(node, { spec: { podCIDR: '10.1.0.0/24', providerID: 'x' } }, kept), [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid', 'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'])
})
test('the phase of a volume changes at a time', () => {
  const old = created(persistentVolume, { spec: pv }), now = { ...structuredClone(old), status: { phase: 'Available', lastPhaseTransitionTime: old.status.lastPhaseTransitionTime } }
  persistentVolume.rules.prepareUpdate!(now, old, 'status', Date.parse('2026-05-05T00:00:00Z'))
  assert.equal(now.status.lastPhaseTransitionTime, '2026-05-05T00:00:00Z')
})
test('what was wrong with endpoints before may stay', () => {
  assert.deepEqual(problemsOfChange(endpoints, { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }, (o) => { o.metadata.labels = { a: 'b' } }), [])
})
test('a claim reports what it can have', () => {
  assert.deepEqual(problemsOfChange(persistentVolumeClaim, { spec: sized }, (o) => { o.status = { capacity: { storage: '-1' }, allocatedResourceStatuses: { storage: 'x' } } }, 'status'), [
    'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
    'status.allocatedResourcesStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"'])
})
test('a secret keeps its type', () => {
  assert.deepEqual(problemsOfChange(secret, {}, (o) => { o.type = 'x' }), ['type: Invalid value: "x": field is immutable'])
})
test('a bound claim may grow, nothing else', () => {
  const bound = (change: (o: any) => void) => problemsOfChange(persistentVolumeClaim, { spec: sized }, (o) => { o.status = { phase: 'Bound', capacity: { storage: '1Gi' } }; change(o) }) // allowed: changes of any field
  assert.deepEqual(bound((o) => { o.spec.resources.requests.storage = '2Gi' }), [])
  assert.match(bound((o) => { o.spec.accessModes = ['ReadOnlyMany'] })[0]!, /^spec: Forbidden: spec is immutable after creation except resources\.requests and volumeAttributesClassName for bound claims\n@@/)
})
test('a volume stays where it is', () => {
  assert.match(problemsOfChange(persistentVolume, { spec: pv }, (o) => { o.spec.hostPath.path = '/y' })[0]!, /^spec\.persistentvolumesource: Forbidden: .*\n@@ -2,7 \+2,7 @@\n/)
})
test('a namespace is active, labelled with its name and held by the cluster', () => {
  const made = created(namespace, { metadata: { name: 'n' } })
  assert.deepEqual([made.spec, made.status, made.metadata.labels], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }, { 'kubernetes.io/metadata.name': 'n' }])
})
test('a service has a type, a protocol and a target', () => {
  assert.deepEqual(written(service, { spec: { ports: [port] } }).spec, { internalTrafficPolicy: 'Cluster', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], sessionAffinity: 'None', type: 'ClusterIP' })
  assert.deepEqual(written(service, { spec: { type: 'LoadBalancer', ports: [port], sessionAffinity: 'ClientIP' } }).spec, {
    allocateLoadBalancerNodePorts: true, externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } }, type: 'LoadBalancer',
  })
})
test('an update of a service keeps what the cluster chose, and drops what the new type has no use for', () => {
  const old = { ...written(service, { spec: { type: 'NodePort', ports: [port] } }), spec: { ...written(service, { spec: { type: 'NodePort', ports: [port] } }).spec, ...chosen, ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30001 }] } }
  const plain = written(service, { spec: { type: 'NodePort', ports: [port] } })
  adoptAllocated(plain.spec, old.spec)
  assert.deepEqual([plain.spec.clusterIP, plain.spec.ports[0].nodePort], ['10.0.0.9', 30001])
  const inside = structuredClone(old)
  inside.spec.type = 'ClusterIP'
  service.rules.prepareUpdate!(inside, old, undefined, 0)
  assert.deepEqual([inside.spec.clusterIP, inside.spec.ports[0].nodePort, inside.spec.externalTrafficPolicy], ['10.0.0.9', undefined, undefined])
  const outside = { ...structuredClone(old), spec: { ...structuredClone(old.spec), type: 'ExternalName', externalName: 'x' } }
  service.rules.prepareUpdate!(outside, old, undefined, 0)
  assert.deepEqual([outside.spec.clusterIP, outside.spec.clusterIPs, outside.spec.ipFamilies, outside.spec.ipFamilyPolicy, outside.spec.internalTrafficPolicy], Array(5).fill(undefined))
})

for (const [name, spec, ...expected] of [
  ['nothing odd', { ports: [{ port: 1 }] }],
  ['a headless service that wants to be found', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], loadBalancerIP: '::ffff:1.2.3.4', externalIPs: ['01.2.3.4'], sessionAffinity: 'ClientIP' },
    'spec.loadBalancerIP is ignored for headless services', 'spec.externalIPs is ignored for headless services', 'spec.SessionAffinity is ignored for headless services',
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters', 'spec.externalIPs[0]: non-standard IP address "01.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
    'spec.loadBalancerIP: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"'],
  ['a name that leads outside', { type: 'ExternalName', externalName: 'a.example', externalIPs: ['1.2.3.4'] }, 'spec.externalIPs is deprecated and may no longer be implemented in some clusters', 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
  ['a name that leads nowhere', { externalName: 'a.example', trafficDistribution: 'PreferClose', loadBalancerSourceRanges: ['1.2.3.4/24'] },
    'spec.loadBalancerSourceRanges[0]: CIDR value "1.2.3.4/24" is ambiguous in this context (should be "1.2.3.0/24" or "1.2.3.4/32"?)', 'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
] as [string, object, ...string[]][]) test(`a warning about a service: ${name}`, () => { assert.deepEqual(service.rules.warnings!(written(service, { spec })), expected) })
test('who begins to keep an account to its own secrets is warned, and who makes a slice of names', () => {
  const plain = written(serviceAccount, {}), strict = written(serviceAccount, { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'false' } } })
  const warning = 'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets'
  const { warnings } = serviceAccount.rules
  assert.deepEqual([warnings!(plain), warnings!(strict), warnings!(strict, plain), warnings!(strict, strict)], [[], [warning], [warning], []])
  const slice = written(endpointSlice, { addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] })
  assert.deepEqual([endpointSlice.rules.warnings!(slice), endpointSlice.rules.warnings!(slice, slice)], [['spec.addressType: FQDN endpoints are deprecated'], []])
})
test('hints of old and odd reports of balancers are warned about', () => {
  assert.deepEqual(service.rules.warnings!(written(service, { metadata: { annotations: { 'service.kubernetes.io/topology-aware-hints': 'auto' } }, spec: {} })),
    ['annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead'])
  assert.deepEqual(service.rules.statusWarnings!(written(service, { spec: {}, status: { loadBalancer: { ingress: [{ hostname: 'x' }, { ip: 'FD00::1' }] } } })),
    ['status.loadBalancer.ingress[1]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")'])
})
