// resource.k8s.io/v1beta1 and v1beta2: in the first, what a request for exactly these devices says stood in the request itself, and a device kept everything but its name in `basic`.
import { s, type Fields, type Kind, type LooseObject, type ServedVersion } from '#machinery'
import { former, inOrder, type Former } from '../legacy/former.ts'
import { deviceClass } from '../resource/deviceclass.ts'
import { deviceResourceClaim, type DeviceRequest, type ExactDeviceRequest, type ResourceClaimSpec } from '../resource/resourceclaim.ts'
import { resourceClaimTemplate } from '../resource/resourceclaimtemplate.ts'
import { resourceSlice, type Device } from '../resource/resourceslice.ts'

type OldRequest = Partial<ExactDeviceRequest> & Pick<DeviceRequest, 'name' | 'firstAvailable'>
type OldDevice = { name: string; basic?: Omit<Device, 'name'> }
interface OldSpec { devices: Omit<ResourceClaimSpec['devices'], 'requests'> & { requests?: OldRequest[] } }

const requestIn = ({ name, firstAvailable, ...exactly }: OldRequest): DeviceRequest =>
  ({ name, ...(Object.values(exactly).some((value) => value !== '' && value !== undefined) && { exactly: { deviceClassName: '', ...exactly } }), ...(firstAvailable && { firstAvailable }) })
const requestOut = ({ name, exactly, firstAvailable }: DeviceRequest): OldRequest => ({ ...exactly, name, ...(firstAvailable && { firstAvailable }) })
const deviceIn = ({ name, basic }: OldDevice): Device => ({ ...basic, name })
const deviceOut = ({ name, ...basic }: Device): OldDevice => ({ basic, name })

const requests = <A, B>({ devices }: { devices: { requests?: A[] } }, each: (request: A) => B) => ({ devices: { ...devices, ...(devices.requests && { requests: devices.requests.map(each) }) } })
const claimSpec = { in: (spec: OldSpec) => requests(spec, requestIn), out: (spec: ResourceClaimSpec) => requests(spec, requestOut) }

/** How many devices a request takes, where it does not say. */
function defaultOldRequests({ devices }: OldSpec): void {
  for (const request of devices.requests ?? []) for (const one of request.firstAvailable?.length ? request.firstAvailable : [request]) {
    one.allocationMode ||= 'ExactCount'
    if (one.allocationMode === 'ExactCount') one.count ||= 1
  }
}

/** Fields that a request has of its own, in the first version. */
const flat: Former['differences'] = {
  DeviceRequest: ({ exactly, ...fields }: Fields) => inOrder({ ...fields, ...exactly!.fields, deviceClassName: s.string({ shownDefault: '' }) }),
  Device: ({ name, ...basic }: Fields) => ({ basic: s.object('io.k8s.api.resource.v1.BasicDevice', basic), name: name! }),
}
type Spec<T> = LooseObject & { spec: T }
const first: Former = { version: 'v1beta1', names: 'io.k8s.api.resource.v1beta1', deprecated: [35, 38], instead: '', differences: flat }
const second: Former = { version: 'v1beta2', names: 'io.k8s.api.resource.v1beta2', deprecated: [36, 39], instead: '' }

export const overtakenDevices: readonly (readonly [Kind, readonly ServedVersion<any>[]])[] = [ // allowed: versions of many shapes in one table
  [deviceClass, [former(deviceClass, second), former(deviceClass, first)]],
  [deviceResourceClaim, [former(deviceResourceClaim, second), former(deviceResourceClaim, {
    ...first, defaults: ({ spec }: Spec<OldSpec>) => defaultOldRequests(spec),
    from: ({ spec, ...o }: Spec<OldSpec>) => ({ ...o, spec: claimSpec.in(spec) }), to: ({ spec, ...o }: Spec<ResourceClaimSpec>) => ({ ...o, spec: claimSpec.out(spec) }),
  })]],
  [resourceClaimTemplate, [former(resourceClaimTemplate, second), former(resourceClaimTemplate, {
    ...first, defaults: ({ spec }: Spec<Spec<OldSpec>>) => defaultOldRequests(spec.spec),
    from: ({ spec, ...o }: Spec<Spec<OldSpec>>) => ({ ...o, spec: { ...spec, spec: claimSpec.in(spec.spec) } }), to: ({ spec, ...o }: Spec<Spec<ResourceClaimSpec>>) => ({ ...o, spec: { ...spec, spec: claimSpec.out(spec.spec) } }),
  })]],
  [resourceSlice, [former(resourceSlice, second), former(resourceSlice, {
    ...first,
    from: ({ spec, ...o }: Spec<{ devices?: OldDevice[] }>) => ({ ...o, spec: { ...spec, ...(spec.devices && { devices: spec.devices.map(deviceIn) }) } }),
    to: ({ spec, ...o }: Spec<{ devices?: Device[] }>) => ({ ...o, spec: { ...spec, ...(spec.devices && { devices: spec.devices.map(deviceOut) }) } }),
  })]],
]
