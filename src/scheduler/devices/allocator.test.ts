import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceClass, DeviceResourceClaim, ResourceSlice } from '#kinds'
import { NodeInfo } from '../node-info.ts'
import { nodeOf } from '../still-cluster.ts'
import { allocatedBy } from './allocated.ts'
import { allocate, type Supply } from './allocator.ts'
import { stockOf } from './pools.ts'

const driver = 'd.example.com'
const node = (name: string, labels: object = {}) => { const info = new NodeInfo(name); info.setNode(nodeOf(name, { labels }).node); return info }
let slices = 0
const slice = (devices: readonly object[], spec: object = {}, pool: object = {}) => ({ metadata: { name: `s${String(++slices).padStart(3, '0')}` }, spec: { driver, pool: { name: 'p', generation: 1, resourceSliceCount: 1, ...pool }, allNodes: true, devices, ...spec } }) as unknown as ResourceSlice // allowed: a test says only what matters to it
const named = (...names: string[]) => names.map((name) => ({ name }))
const classes = [{ metadata: { name: 'any' }, spec: {} }, { metadata: { name: 'fast' }, spec: { selectors: [{ cel: { expression: `device.attributes["${driver}"].speed > 5` } }], config: [{ opaque: { driver, parameters: { a: 1 } } }] } }] as unknown as DeviceClass[] // allowed: as above
const exactly = (more: object = {}, name = 'r') => ({ name, exactly: { deviceClassName: 'any', allocationMode: 'ExactCount', count: 1, ...more } })
const claim = (requests: readonly object[], devices: object = {}, status: object = {}) => ({ metadata: { name: 'c', namespace: 'd', uid: 'u' }, spec: { devices: { requests, ...devices } }, status }) as unknown as DeviceResourceClaim // allowed: as above
const held = (...results: object[]) => claim([], {}, { allocation: { devices: { results: results.map((one) => ({ request: 'r', driver, pool: 'p', ...one })) } } })
const selector = (expression: string) => ({ selectors: [{ cel: { expression } }] })
const supply = (all: readonly ResourceSlice[], taken: readonly DeviceResourceClaim[] = []): Supply => ({ stock: stockOf(all), allocated: allocatedBy(taken), classOf: (name) => classes.find(({ metadata }) => metadata.name === name), newId: () => 'share' })
/** The devices of each claim, or undefined. */
const devices = (claims: readonly DeviceResourceClaim[], all: readonly ResourceSlice[], taken: readonly DeviceResourceClaim[] = [], on = node('n')) =>
  allocate(claims, on, supply(all, taken))?.map((one) => (one.devices.results ?? []).map(({ request, device }) => `${request}:${device}`).join(' '))

const fast = [{ name: 'slow', attributes: { speed: { int: 3 }, model: { string: 'a' }, numa: { int: 0 } } }, { name: 'quick', attributes: { speed: { int: 9 }, model: { string: 'b' }, numa: { int: 1 } } }, { name: 'quicker', attributes: { speed: { int: 10 }, model: { string: 'b' }, numa: { int: 2 } } }]
const shared = { name: 'net', allowMultipleAllocations: true, capacity: { bandwidth: { value: '10G', requestPolicy: { default: '1G', validRange: { min: '1G', step: '1G', max: '8G' } } } } }
const parts = slice([{ name: 'half1', consumesCounters: [{ counterSet: 'gpu', counters: { memory: { value: '4Gi' } } }] }, { name: 'half2', consumesCounters: [{ counterSet: 'gpu', counters: { memory: { value: '4Gi' } } }] },
  { name: 'whole', consumesCounters: [{ counterSet: 'gpu', counters: { memory: { value: '8Gi' } } }] }], {}, { resourceSliceCount: 2 })
const counters = slice([], { sharedCounters: [{ name: 'gpu', counters: { memory: { value: '8Gi' } } }] }, { resourceSliceCount: 2 })
const tainted = [{ name: 'sick', taints: [{ key: 'sick', value: 'very', effect: 'NoSchedule' }] }]
const rows: readonly (readonly [string, readonly DeviceResourceClaim[], readonly ResourceSlice[], readonly string[] | undefined, (readonly DeviceResourceClaim[])?, NodeInfo?])[] = [
  ['one of two', [claim([exactly()])], [slice(named('a', 'b'))], ['r:a']],
  ['two of two', [claim([exactly({ count: 2 })])], [slice(named('a', 'b'))], ['r:a r:b']],
  ['three of two', [claim([exactly({ count: 3 })])], [slice(named('a', 'b'))], undefined],
  ['no device twice', [claim([exactly()]), claim([exactly()])], [slice(named('a', 'b'))], ['r:a', 'r:b']],
  ['what others have is taken', [claim([exactly()])], [slice(named('a', 'b'))], ['r:b'], [held({ device: 'a' })]],
  ['administrators take nothing away', [claim([exactly()])], [slice(named('a'))], ['r:a'], [held({ device: 'a', adminAccess: true })]],
  ['administrators see what is taken', [claim([exactly({ adminAccess: true })])], [slice(named('a'))], ['r:a'], [held({ device: 'a' })]],
  ['all of them', [claim([exactly({ allocationMode: 'All' })])], [slice(named('a', 'b'))], ['r:a r:b']],
  ['all of them, one of which is taken', [claim([exactly({ allocationMode: 'All' })])], [slice(named('a', 'b'))], undefined, [held({ device: 'a' })]],
  ['all of none', [claim([exactly({ allocationMode: 'All' })])], [], undefined],
  ['by the selector of the class', [claim([exactly({ deviceClassName: 'fast' })])], [slice(fast)], ['r:quick']],
  ['by the selector of the request', [claim([exactly(selector(`device.attributes["${driver}"].model == "b" && device.attributes["${driver}"].speed == 10 && device.driver == "${driver}"`))])], [slice(fast)], ['r:quicker']],
  ['by capacity', [claim([exactly(selector(`device.capacity["${driver}"].memory.compareTo(quantity("2Gi")) >= 0`))])], [slice([{ name: 'small', capacity: { memory: { value: '1Gi' } } }, { name: 'large', capacity: { memory: { value: '2Gi' } } }])], ['r:large']],
  ['a domain that nobody has is empty', [claim([exactly(selector('!("x" in device.attributes["other.example.com"]) && !("other.example.com" in device.attributes)'))])], [slice(named('a'))], ['r:a']],
  ['versions are versions', [claim([exactly(selector(`device.attributes["${driver}"].v.isGreaterThan(semver("1.9.0"))`))])], [slice([{ name: 'old', attributes: { v: { version: '1.2.0' } } }, { name: 'new', attributes: { v: { version: '1.10.0' } } }])], ['r:new']],
  ['the search goes back', [claim([exactly({}, 'x'), exactly(selector(`device.attributes["${driver}"].speed == 3`), 'y')])], [slice(fast)], ['x:quick y:slow']],
  ['alike', [claim([exactly({ count: 2 })], { constraints: [{ matchAttribute: `${driver}/model` }] })], [slice(fast)], ['r:quick r:quicker']],
  ['different', [claim([exactly({ count: 3 })], { constraints: [{ distinctAttribute: `${driver}/model` }] })], [slice(fast)], undefined],
  ['alike, of those requests only', [claim([exactly({}, 'x'), exactly({}, 'y')], { constraints: [{ requests: ['x'], matchAttribute: `${driver}/model` }] })], [slice(fast)], ['x:slow y:quick']],
  ['the second best', [claim([{ name: 'r', firstAvailable: [{ name: 'a', deviceClassName: 'any', allocationMode: 'ExactCount', count: 4 }, { name: 'b', deviceClassName: 'fast', allocationMode: 'ExactCount', count: 2 }] }])], [slice(fast)], ['r/b:quick r/b:quicker']],
  ['taints', [claim([exactly()])], [slice(tainted)], undefined],
  ['a tolerated taint', [claim([exactly({ tolerations: [{ key: 'sick', operator: 'Equal', value: 'very' }] })])], [slice(tainted)], ['r:sick']],
  ['another value is not tolerated', [claim([exactly({ tolerations: [{ key: 'sick', operator: 'Equal', value: 'a bit' }] })])], [slice(tainted)], undefined],
  ['everything is tolerated', [claim([exactly({ tolerations: [{ operator: 'Exists' }] })])], [slice(tainted)], ['r:sick']],
  ['old generations do not count', [claim([exactly()])], [slice(named('old')), slice(named('new'), {}, { generation: 2 })], ['r:new']],
  ['an incomplete pool gives nothing', [claim([exactly()])], [slice(named('a'), {}, { resourceSliceCount: 2 })], undefined],
  ['another pool does', [claim([exactly()])], [slice(named('a'), {}, { resourceSliceCount: 2 }), slice(named('z'), {}, { name: 'q' })], ['r:z']],
  ['the rest of the pool may be elsewhere', [claim([exactly()])], [slice(named('a'), { allNodes: false, nodeName: 'n' }, { resourceSliceCount: 2 }), slice(named('b'), { allNodes: false, nodeName: 'other' }, { resourceSliceCount: 2 })], ['r:a']],
  ['of another node', [claim([exactly()])], [slice(named('a'), { allNodes: false, nodeName: 'other' })], undefined],
  ['by labels of the node', [claim([exactly()])], [slice(named('a'), { allNodes: false, nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['1'] }] }] } })], ['r:a'], [], node('n', { rack: '1' })],
  ['each device says where it is', [claim([exactly()])], [slice([{ name: 'there', nodeName: 'other' }, { name: 'here', nodeName: 'n' }], { allNodes: false, perDeviceNodeSelection: true })], ['r:here']],
  ['parts of a whole', [claim([exactly({ count: 2 })])], [parts, counters], ['r:half1 r:half2']],
  ['the whole is gone with a part', [claim([exactly({}, 'x'), exactly({ count: 2 }, 'y')])], [parts, counters], undefined],
  ['what is taken counts', [claim([exactly({ count: 2 })])], [parts, counters], undefined, [held({ device: 'half1' })]],
  ['nothing is left of a whole', [claim([exactly()])], [parts, counters], undefined, [held({ device: 'whole' })]],
  ['shares of one device', [claim([exactly({ capacity: { requests: { bandwidth: '6G' } } })]), claim([exactly({ capacity: { requests: { bandwidth: '4G' } } })])], [slice([shared])], ['r:net', 'r:net']],
  ['more than it has', [claim([exactly({ capacity: { requests: { bandwidth: '6G' } } })]), claim([exactly({ capacity: { requests: { bandwidth: '4500M' } } })])], [slice([shared])], undefined],
  ['more than it gives to one', [claim([exactly({ capacity: { requests: { bandwidth: '9G' } } })])], [slice([shared])], undefined],
  ['shares of others count', [claim([exactly({ capacity: { requests: { bandwidth: '2G' } } })])], [slice([shared])], undefined, [held({ device: 'net', shareID: 's', consumedCapacity: { bandwidth: '9G' } })]],
  ['a capacity that the device has not got', [claim([exactly({ capacity: { requests: { other: '1' } } })])], [slice([shared])], undefined],
]
for (const [what, claims, all, expected, taken, on] of rows) test(`devices for claims: ${what}`, () => { assert.deepEqual(devices(claims, all, taken, on), expected) })

for (const [what, claims, all, message] of [
  ['a selector that fails', [claim([exactly(selector(`device.attributes["${driver}"].no`))])], [slice(named('a'))], `claim d/c: selector #0 on device ${driver}/p/a: CEL runtime error: no such key: no. consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has() for optional fields`],
  ['no class', [claim([exactly({ deviceClassName: 'none' })])], [], 'claim d/c, request r: could not retrieve device class none: deviceclass.resource.k8s.io "none" not found'],
  ['too many', [claim([exactly({ count: 33 })])], [], 'claim d/c: number of requested devices 33 exceeds the claim limit of 32'],
  ['all of an incomplete pool', [claim([exactly({ allocationMode: 'All' })])], [slice(named('a'), {}, { resourceSliceCount: 2 })], `claim d/c, request r: asks for all devices, but resource pool ${driver}/p is currently being updated`],
  ['the same name twice', [claim([exactly()])], [slice(named('a', 'a'))], 'invalid resource pools were encountered'],
] as const) test(`devices for claims: ${what}`, () => { assert.throws(() => allocate(claims, node('n'), supply(all)), { message }) })

test('an allocation says what was given, how it is configured and where it can be used', () => {
  const [made] = allocate([claim([exactly({ deviceClassName: 'fast', tolerations: [{ operator: 'Exists' }] }, 'x'), exactly({ adminAccess: true }, 'y')], { config: [{ requests: ['y'], opaque: { driver, parameters: {} } }, { opaque: { driver, parameters: { b: 2 } } }] })],
    node('n'), supply([slice(fast, { allNodes: false, nodeName: 'n' })]))!
  assert.deepEqual(made, {
    devices: {
      config: [{ source: 'FromClass', requests: ['x'], opaque: { driver, parameters: { a: 1 } } }, { source: 'FromClaim', requests: ['y'], opaque: { driver, parameters: {} } }, { source: 'FromClaim', opaque: { driver, parameters: { b: 2 } } }],
      results: [{ request: 'x', driver, pool: 'p', device: 'quick', tolerations: [{ operator: 'Exists' }] }, { request: 'y', driver, pool: 'p', device: 'slow', adminAccess: true }],
    },
    nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] },
  })
  const [share] = allocate([claim([exactly({ capacity: { requests: { bandwidth: '1500M' } } })])], node('n'), supply([slice([shared])]))!
  assert.deepEqual(share, { devices: { results: [{ request: 'r', driver, pool: 'p', device: 'net', shareID: 'share', consumedCapacity: { bandwidth: '1953125Ki' } }] } })
})

test('a search that takes too long ends', () => {
  const many = claim([exactly({ count: 12 })], { constraints: [{ matchAttribute: `${driver}/n` }] })
  const all = [slice(Array.from({ length: 40 }, (_, i) => ({ name: `d${i}`, attributes: { n: { int: i % 4 } } })))]
  assert.throws(() => allocate([many], node('n'), { ...supply(all), isLate: () => true }), { message: 'timed out trying to allocate devices' })
})
