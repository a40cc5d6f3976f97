import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDNS1123Label, isQualifiedName } from '#machinery'
import { created, problems, problemsOfChange } from '../as-written.ts'
import { deviceClass } from './deviceclass.ts'
import { deviceResourceClaim } from './resourceclaim.ts'
import { resourceClaimTemplate } from './resourceclaimtemplate.ts'
import { resourceSlice } from './resourceslice.ts'

const request = (r: object = {}, name = 'r') => ({ name, exactly: { deviceClassName: 'dc', ...r } })
const claim = (devices: object) => ({ spec: { devices: { requests: [request()], ...devices } } })
const label = isDNS1123Label('')[0]!
const slice = (spec: object) => ({ spec: { driver: 'd.example', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n', ...spec } })
const shared = (requestPolicy: object) => slice({ devices: [{ name: 'a', allowMultipleAllocations: true, capacity: { m: { value: '10', requestPolicy } } }] })
const policy = 'spec.devices[0].capacity[m].requestPolicy'

for (const [name, kind, body, ...expected] of [
  ['a claim', deviceResourceClaim, claim({})],
  ['a request of no class', deviceResourceClaim, claim({ requests: [request({ deviceClassName: '' })] }), 'spec.devices.requests[0].exactly.deviceClassName: Required value'],
  ['a request for nothing', deviceResourceClaim, claim({ requests: [{ name: 'r' }] }), 'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required'],
  ['two requests of one name', deviceResourceClaim, claim({ requests: [request(), request()] }), 'spec.devices.requests[1]: Duplicate value: "r"'],
  ['all of five', deviceResourceClaim, claim({ requests: [request({ allocationMode: 'All', count: 5 })] }), "spec.devices.requests[0].exactly.count: Invalid value: 5: must not be specified when allocationMode is 'All'"],
  ['a constraint on somebody else', deviceResourceClaim, claim({ constraints: [{ requests: ['zz'], matchAttribute: 'x' }] }),
    "spec.devices.constraints[0].requests[0]: Invalid value: \"zz\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    'spec.devices.constraints[0].matchAttribute: Invalid value: "x": a fully qualified name must be a domain and a name separated by a slash'],
  ['a class', deviceClass, { spec: { selectors: [{ cel: { expression: 'true' } }] } }],
  ['a selector without an expression', deviceClass, { spec: { selectors: [{}] } }, 'spec.selectors[0].cel: Required value'],
  ['selectors of all sorts', deviceClass, { spec: { selectors: ['device.driver == "d" && device.allowMultipleAllocations', 'device.attributes["d"].ok', 'cel.bind(d, device.attributes["d"], d.a && d.b > 3)',
    'device.capacity["d"].memory.isGreaterThan(quantity("1Gi"))', 'device.attributes["d"].v.isGreaterThan(semver("1.0.0"))'].map((expression) => ({ cel: { expression } })) } }],
  ['a selector of a number', deviceClass, { spec: { selectors: [{ cel: { expression: '1' } }] } }, 'spec.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int'],
  ['a selector of what devices have not', deviceClass, { spec: { selectors: [{ cel: { expression: 'device.x' } }] } },
    String.raw`spec.selectors[0].cel.expression: Invalid value: "device.x": compilation failed: ERROR: <input>:1:7: undefined field 'x'` + '\n | device.x\n | ......^'],
  ['a selector without end', deviceClass, { spec: { selectors: [{ cel: { expression: 'device.attributes["d"].all(a, device.attributes["d"].all(b, device.attributes["d"].all(c, device.attributes["d"].all(e, a == b && c == e))))' } }] } },
    'spec.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit'],
  ['an extended resource of Kubernetes', deviceClass, { spec: { extendedResourceName: 'kubernetes.io/x' } }, 'spec.extendedResourceName: Invalid value: "kubernetes.io/x": must be a valid extended resource name'],
  ['a request without a name', deviceResourceClaim, claim({ requests: [request({}, '')] }), `spec.devices.requests[0].name: Invalid value: "": ${label}`],
  ['both ways of asking', deviceResourceClaim, claim({ requests: [{ ...request(), firstAvailable: [{ name: 's', deviceClassName: '' }] }] }),
    'spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'],
  ['a choice', deviceResourceClaim, claim({ requests: [{ name: 'r', firstAvailable: [{ name: 's', deviceClassName: 'c' }, { name: 's', deviceClassName: '' }] }], constraints: [{ requests: ['r/s', 'r/t'] }] }),
    'spec.devices.requests[0].firstAvailable[1].deviceClassName: Required value', 'spec.devices.requests[0].firstAvailable[1]: Duplicate value: "s"',
    "spec.devices.constraints[0].requests[1]: Invalid value: \"r/t\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'],
  ['parameters that are a list', deviceResourceClaim, claim({ config: [{ opaque: { driver: 'd', parameters: [1] } }, {}] }),
    'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object', 'spec.devices.config[1].opaque: Required value'],
  ['tolerations', deviceResourceClaim, claim({ requests: [request({ tolerations: [{ operator: 'Exists', value: 'x' }, { key: 'a b', effect: 'Never' }] })] }),
    'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`', `spec.devices.requests[0].exactly.tolerations[1].key: Invalid value: "a b": ${isQualifiedName('a b')[0]}`,
    'spec.devices.requests[0].exactly.tolerations[1].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"'],
  ['a template with a name', resourceClaimTemplate, { spec: { metadata: { name: 'x' }, spec: { devices: {} } } }, 'spec.metadata.name: Forbidden: cannot be set'],
  ['devices too many', deviceResourceClaim, claim({ requests: Array.from({ length: 33 }, (_, i) => request({}, `r${i}`)) }), 'spec.devices.requests: Too many: 33: must have at most 32 items'],
  ['a slice', resourceSlice, slice({ devices: [{ name: 'a', attributes: { model: { string: 'x' } }, capacity: { 'a.example/memory': { value: '1Gi' } } }] })],
  ['a slice of nowhere', resourceSlice, slice({ nodeName: undefined }), 'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
  ['an attribute of two values', resourceSlice, slice({ devices: [{ name: 'a', attributes: { m: { bool: true, int: 1 } } }] }), 'spec.devices[0].attributes[m]: Invalid value: {"IntValue":1,"BoolValue":true,"StringValue":null,"VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: exactly one value must be specified'],
  ['an attribute of a list', resourceSlice, slice({ devices: [{ name: 'a', attributes: { m: { strings: ['x'] } } }] }), 'spec.devices[0].attributes[m]: Invalid value: "": exactly one value must be specified'],
  ['a version that is none', resourceSlice, slice({ devices: [{ name: 'a', attributes: { m: { version: '1.0' } } }] }), 'spec.devices[0].attributes[m].version: Invalid value: "1.0": must be a string compatible with semver.org spec 2.0.0'],
  ['a name with a bad domain', resourceSlice, slice({ devices: [{ name: 'a', attributes: { '/m': { int: 1 }, 'd/': { int: 1 } } }] }),
    'spec.devices[0].attributes: Invalid value: "": the domain must not be empty', 'spec.devices[0].attributes: Invalid value: "": the name must not be empty'],
  ['a slice in two places', resourceSlice, slice({ allNodes: true }), 'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set'],
  ['a device that must not say where it is', resourceSlice, slice({ devices: [{ name: 'a', nodeName: 'n' }] }),
    'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'],
  ['a device that must say where it is', resourceSlice, slice({ nodeName: undefined, perDeviceNodeSelection: true, devices: [{ name: 'a' }] }),
    'spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'],
  ['conditions of one sort', resourceSlice, slice({ devices: [{ name: 'a', bindingConditions: ['ready'] }] }),
    'spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions'],
  ['conditions that overlap', resourceSlice, slice({ devices: [{ name: 'a', bindingConditions: ['x'], bindingFailureConditions: ['x'] }] }),
    'spec.devices[0].bindingFailureConditions[0]: Invalid value: "x": bindingFailureConditions must not overlap with bindingConditions'],
  ['counters', resourceSlice, slice({ sharedCounters: [{ name: '', counters: {} }, { name: 'a', counters: { 'B_': { value: '1' } } }] }), 'spec.sharedCounters[0].name: Required value', 'spec.sharedCounters[0].counters: Required value',
    `spec.sharedCounters[1].counters: Invalid value: "B_": ${label}`],
  ['more devices than a slice with taints has', resourceSlice, slice({ devices: Array.from({ length: 65 }, (_, i) => ({ name: `d${i}`, ...(i === 0 && { taints: [{ key: 'k', effect: 'NoExecute' }] }) })) }), 'spec.devices: Too many: 65: must have at most 64 items'],
  ['a policy for what is not shared', resourceSlice, slice({ devices: [{ name: 'a', capacity: { m: { value: '10', requestPolicy: { default: '1' } } } }] }), 'spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
  ['amounts out of order', resourceSlice, shared({ default: '5', validValues: ['3', '1', '20'] }), `${policy}.validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
    `${policy}.validValues[2]: Invalid value: "20": option is larger than capacity value: 10`, `${policy}.validValues: Invalid value: "5": default value is not valid according to the requestPolicy`],
  ['a range', resourceSlice, shared({ default: '2', validRange: { min: '2', max: '9', step: '2' } }), `${policy}.validRange.step: Invalid value: "9": value is not a multiple of a given step (2) from (2)`],
  ['a range without a beginning', resourceSlice, shared({ default: '2', validRange: { max: '9' } }),
    `${policy}.validRange.min: Required value: required when validRange is defined`],
  ['nodes of two terms', resourceSlice, slice({ nodeName: undefined, nodeSelector: { nodeSelectorTerms: [
    { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] } }),
    'spec.nodeSelector.nodeSelectorTerms: Invalid value: [{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null},'
    + '{"MatchExpressions":null,"MatchFields":[{"Key":"metadata.name","Operator":"In","Values":["n"]}]}]: must have exactly one node selector term'],
  ['a range without its usual amount', resourceSlice, shared({ validRange: { min: '2' } }), `${policy}.default: Required value: required when validRange is defined`],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

test('a claim stays as it is', () => {
  const [message] = problemsOfChange(deviceResourceClaim, claim({}), (o) => { o.spec.devices.requests[0].name = 'z' })
  assert.equal(message, 'spec: Invalid value: {"Devices":{"Requests":[{"Name":"z","Exactly":{"DeviceClassName":"dc","Selectors":null,"AllocationMode":"ExactCount","Count":1,"AdminAccess":null,"Tolerations":null,"Capacity":null},'
    + '"FirstAvailable":null}],"Constraints":null,"Config":null}}: field is immutable')
})

const allocation = { devices: { results: [{ request: 'r', driver: 'd.example', pool: 'p', device: 'dev' }] } }, device = { driver: 'd.example', pool: 'p', device: 'dev' }
const user = { resource: 'pods', name: 'p', uid: 'u' }
for (const [name, status, ...expected] of [
  ['an allocation', { allocation, reservedFor: [user], devices: [device] }],
  ['users of nothing', { reservedFor: [{ ...user, name: '' }, user] }, 'status.reservedFor[0].name: Required value', 'status.reservedFor[1]: Duplicate value: "u"',
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
  ['a result for nobody', { allocation: { devices: { results: [{ ...device, request: 'x', pool: '', shareID: 'U' }], config: [{ source: 'Me', opaque: { driver: 'd', parameters: {} } }] } } },
    "status.allocation.devices.results[0].request: Invalid value: \"x\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    'status.allocation.devices.results[0].pool: Required value', 'status.allocation.devices.results[0].shareID: Invalid value: "U": error validating uid: invalid UUID length: 1',
    'status.allocation.devices.config[0].source: Unsupported value: "Me": supported values: "FromClaim", "FromClass"'],
  ['devices that it did not get', { allocation, devices: [{ ...device, device: 'other', networkData: { ips: ['10.0.0.1', '10.0.0.01/24'] } }, device, device] },
    'status.devices[0]: Invalid value: d.example/p/other: must be an allocated device in the claim',
    'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    'status.devices[0].networkData.ips[1]: Invalid value: "10.0.0.01/24": must be in canonical form ("10.0.0.1/24")', 'status.devices[2]: Duplicate value: d.example/p/dev'],
] as [string, object, ...string[]][]) test(`status: ${name}`, () => assert.deepEqual(problemsOfChange(deviceResourceClaim, claim({}), (o) => { o.status = structuredClone(status) }, 'status'), expected))

test('what a claim got stays, unless it is given back, and what was said of it goes with it', () => {
  const old = created(deviceResourceClaim, claim({})), now = structuredClone(old)
  Object.assign(old.status, structuredClone({ allocation, devices: [device] }))
  now.status = structuredClone({ allocation: { devices: { results: [{ ...allocation.devices.results[0], device: 'other' }] } }, devices: [device] })
  deviceResourceClaim.rules.prepareUpdate!(now, old, 'status', 0)
  assert.equal(now.status.devices, undefined)
  assert.deepEqual(deviceResourceClaim.rules.validate!(now, old, 'status').map((e) => `${e.field}: ${e.message}`), ['status.allocation: Invalid value: {"Devices":{"Results":[{"Request":"r","Driver":"d.example","Pool":"p","Device":"other",'
    + '"AdminAccess":null,"Tolerations":null,"BindingConditions":null,"BindingFailureConditions":null,"ShareID":null,"ConsumedCapacity":null}],"Config":null},"NodeSelector":null,"AllocationTimestamp":null}: field is immutable'])
})
test('a template stays as it is', () => {
  assert.deepEqual(problemsOfChange(resourceClaimTemplate, { spec: { metadata: { labels: { a: 'b' } }, spec: { devices: {} } } }, (o) => { o.spec.metadata.labels.a = 'c' }),
    ['spec: Invalid value: {"labels":{"a":"c"},"Spec":{"Devices":{"Requests":null,"Constraints":null,"Config":null}}}: field is immutable'])
})
test('a slice keeps its driver, its pool and its node', () => {
  assert.deepEqual(problemsOfChange(resourceSlice, slice({}), (o) => { Object.assign(o.spec, { driver: 'e', nodeName: 'm' }); o.spec.pool.name = 'q' }),
    ['spec.pool.name: Invalid value: "q": field is immutable', 'spec.driver: Invalid value: "e": field is immutable', 'spec.nodeName: Invalid value: "m": field is immutable'])
})
test('taints say since when they are there', () => {
  const { spec, metadata } = created(resourceSlice, slice({ devices: [{ name: 'a', taints: [{ key: 'k', effect: 'NoExecute' }] }] }))
  assert.equal(spec.devices[0].taints[0].timeAdded, metadata.creationTimestamp)
})
