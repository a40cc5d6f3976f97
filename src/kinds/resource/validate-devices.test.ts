import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems, problemsOfChange } from '../as-written.ts'
import { deviceClass } from './deviceclass.ts'
import { deviceResourceClaim } from './resourceclaim.ts'
import { resourceSlice } from './resourceslice.ts'

const request = (r: object = {}, name = 'r') => ({ name, exactly: { deviceClassName: 'dc', ...r } })
const claim = (devices: object) => ({ spec: { devices: { requests: [request()], ...devices } } })
const slice = (spec: object) => ({ spec: { driver: 'd.example', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n', ...spec } })

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
  ['a slice', resourceSlice, slice({ devices: [{ name: 'a', attributes: { model: { string: 'x' } }, capacity: { 'a.example/memory': { value: '1Gi' } } }] })],
  ['a slice of nowhere', resourceSlice, slice({ nodeName: undefined }), 'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
  ['an attribute of two values', resourceSlice, slice({ devices: [{ name: 'a', attributes: { m: { bool: true, int: 1 } } }] }), 'spec.devices[0].attributes[m]: Invalid value: {"bool":true,"int":1}: exactly one value must be specified'],
] as [string, Parameters<typeof problems>[0], object, ...string[]][]) test(`new: ${name}`, () => assert.deepEqual(problems(kind, body), expected))

test('a claim stays as it is', () => {
  const [message] = problemsOfChange(deviceResourceClaim, claim({}), (o) => { o.spec.devices.requests[0].name = 'z' })
  assert.equal(message, 'spec: Invalid value: {"Devices":{"Requests":[{"Name":"z","Exactly":{"DeviceClassName":"dc","Selectors":null,"AllocationMode":"ExactCount","Count":1,"AdminAccess":null,"Tolerations":null,"Capacity":null},'
    + '"FirstAvailable":null}],"Constraints":null,"Config":null}}: field is immutable')
})
