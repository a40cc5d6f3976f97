import { condition, defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validateClaim } from './validate-claim.ts'
import { deviceId } from './validate-claim-status.ts'

export const networkDeviceData = s.object('io.k8s.api.resource.v1.NetworkDeviceData', {
  hardwareAddress: s.string(),
  interfaceName: s.string(),
  ips: s.list(s.string(), { listType: 'atomic' }),
})
export type NetworkDeviceData = Infer<typeof networkDeviceData>

export const allocatedDeviceStatus = s.object('io.k8s.api.resource.v1.AllocatedDeviceStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'] }),
  data: s.any('io.k8s.apimachinery.pkg.runtime.RawExtension'),
  device: s.required(s.string()),
  driver: s.required(s.string()),
  networkData: networkDeviceData,
  pool: s.required(s.string()),
  shareID: s.string({ keepEmpty: true }),
})
export type AllocatedDeviceStatus = Infer<typeof allocatedDeviceStatus>

export const opaqueDeviceConfiguration = s.object('io.k8s.api.resource.v1.OpaqueDeviceConfiguration', {
  driver: s.required(s.string()),
  parameters: s.required(s.any('io.k8s.apimachinery.pkg.runtime.RawExtension')),
})
export type OpaqueDeviceConfiguration = Infer<typeof opaqueDeviceConfiguration>

export const deviceAllocationConfiguration = s.object('io.k8s.api.resource.v1.DeviceAllocationConfiguration', {
  opaque: opaqueDeviceConfiguration,
  requests: s.list(s.string(), { listType: 'atomic' }),
  source: s.required(s.string()),
})
export type DeviceAllocationConfiguration = Infer<typeof deviceAllocationConfiguration>

export const deviceToleration = s.object('io.k8s.api.resource.v1.DeviceToleration', {
  effect: s.string(),
  key: s.string(),
  operator: s.string({ default: 'Equal' }),
  tolerationSeconds: s.int64({ keepEmpty: true }),
  value: s.string(),
})
export type DeviceToleration = Infer<typeof deviceToleration>

export const deviceRequestAllocationResult = s.object('io.k8s.api.resource.v1.DeviceRequestAllocationResult', {
  adminAccess: s.bool({ keepEmpty: true }),
  bindingConditions: s.list(s.string(), { listType: 'atomic' }),
  bindingFailureConditions: s.list(s.string(), { listType: 'atomic' }),
  consumedCapacity: s.map(s.quantity()),
  device: s.required(s.string()),
  driver: s.required(s.string()),
  pool: s.required(s.string()),
  request: s.required(s.string()),
  shareID: s.string({ keepEmpty: true }),
  tolerations: s.list(deviceToleration, { listType: 'atomic' }),
})
export type DeviceRequestAllocationResult = Infer<typeof deviceRequestAllocationResult>

export const deviceAllocationResult = s.object('io.k8s.api.resource.v1.DeviceAllocationResult', {
  config: s.list(deviceAllocationConfiguration, { listType: 'atomic' }),
  results: s.list(deviceRequestAllocationResult, { listType: 'atomic' }),
})
export type DeviceAllocationResult = Infer<typeof deviceAllocationResult>

export const allocationResult = s.object('io.k8s.api.resource.v1.AllocationResult', {
  allocationTimestamp: s.time(),
  devices: s.value(deviceAllocationResult),
  nodeSelector: nodeSelector,
})
export type AllocationResult = Infer<typeof allocationResult>

export const celDeviceSelector = s.object('io.k8s.api.resource.v1.CELDeviceSelector', {
  expression: s.required(s.string()),
})
export type CELDeviceSelector = Infer<typeof celDeviceSelector>

export const capacityRequirements = s.object('io.k8s.api.resource.v1.CapacityRequirements', {
  requests: s.map(s.quantity()),
})
export type CapacityRequirements = Infer<typeof capacityRequirements>

export const deviceClaimConfiguration = s.object('io.k8s.api.resource.v1.DeviceClaimConfiguration', {
  opaque: opaqueDeviceConfiguration,
  requests: s.list(s.string(), { listType: 'atomic' }),
})
export type DeviceClaimConfiguration = Infer<typeof deviceClaimConfiguration>

export const deviceConstraint = s.object('io.k8s.api.resource.v1.DeviceConstraint', {
  distinctAttribute: s.string({ keepEmpty: true }),
  matchAttribute: s.string({ keepEmpty: true }),
  requests: s.list(s.string(), { listType: 'atomic' }),
})
export type DeviceConstraint = Infer<typeof deviceConstraint>

export const deviceSelector = s.object('io.k8s.api.resource.v1.DeviceSelector', {
  cel: celDeviceSelector,
})
export type DeviceSelector = Infer<typeof deviceSelector>

export const exactDeviceRequest = s.object('io.k8s.api.resource.v1.ExactDeviceRequest', {
  adminAccess: s.bool({ keepEmpty: true }),
  allocationMode: s.string(),
  capacity: capacityRequirements,
  count: s.int64(),
  deviceClassName: s.required(s.string()),
  selectors: s.list(deviceSelector, { listType: 'atomic' }),
  tolerations: s.list(deviceToleration, { listType: 'atomic' }),
})
export type ExactDeviceRequest = Infer<typeof exactDeviceRequest>

export const deviceSubRequest = s.object('io.k8s.api.resource.v1.DeviceSubRequest', {
  allocationMode: s.string(),
  capacity: capacityRequirements,
  count: s.int64(),
  deviceClassName: s.required(s.string()),
  name: s.required(s.string()),
  selectors: s.list(deviceSelector, { listType: 'atomic' }),
  tolerations: s.list(deviceToleration, { listType: 'atomic' }),
})
export type DeviceSubRequest = Infer<typeof deviceSubRequest>

export const deviceRequest = s.object('io.k8s.api.resource.v1.DeviceRequest', {
  exactly: exactDeviceRequest,
  firstAvailable: s.list(deviceSubRequest, { listType: 'atomic' }),
  name: s.required(s.string()),
})
export type DeviceRequest = Infer<typeof deviceRequest>

export const deviceClaim = s.object('io.k8s.api.resource.v1.DeviceClaim', {
  config: s.list(deviceClaimConfiguration, { listType: 'atomic' }),
  constraints: s.list(deviceConstraint, { listType: 'atomic' }),
  requests: s.list(deviceRequest, { listType: 'atomic' }),
})
export type DeviceClaim = Infer<typeof deviceClaim>

export const resourceClaimSpec = s.object('io.k8s.api.resource.v1.ResourceClaimSpec', {
  devices: s.value(deviceClaim),
})
export type ResourceClaimSpec = Infer<typeof resourceClaimSpec>

export const resourceClaimConsumerReference = s.object('io.k8s.api.resource.v1.ResourceClaimConsumerReference', {
  apiGroup: s.string(),
  name: s.required(s.string()),
  resource: s.required(s.string()),
  uid: s.required(s.string()),
})
export type ResourceClaimConsumerReference = Infer<typeof resourceClaimConsumerReference>

/** How many devices a request takes, where it does not say. */
export function defaultRequests({ devices }: ResourceClaimSpec): void {
  for (const { exactly, firstAvailable } of devices.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= 'ExactCount'
      if (request.allocationMode === 'ExactCount') request.count ||= 1
    }
  }
}

export const resourceClaimStatus = s.object('io.k8s.api.resource.v1.ResourceClaimStatus', {
  allocation: allocationResult,
  devices: s.list(allocatedDeviceStatus, { listType: 'map', listKeys: ['driver', 'device', 'pool', 'shareID'] }),
  reservedFor: s.list(resourceClaimConsumerReference, { listType: 'map', listKeys: ['uid'], patchStrategy: 'merge', patchMergeKey: 'uid' }),
})
export type ResourceClaimStatus = Infer<typeof resourceClaimStatus>

function state({ allocation, reservedFor }: ResourceClaimStatus, deleted: boolean): string {
  const words = [...(deleted ? ['deleted'] : []), ...(allocation ? ['allocated'] : deleted ? [] : ['pending']), ...(allocation && reservedFor?.length ? ['reserved'] : [])]
  return words.join(',')
}

/** What was said of devices goes with them. */
function forgetDeallocated(status: ResourceClaimStatus, old: ResourceClaimStatus): void {
  const ids = ({ allocation }: ResourceClaimStatus) => new Set((allocation?.devices.results ?? []).map(({ driver, pool, device }) => deviceId({ driver, pool, device })))
  const before = ids(old), now = ids(status), left = status.devices?.filter(({ driver, pool, device }) => {
    const id = deviceId({ driver, pool, device })
    return now.has(id) || !before.has(id)
  })
  if (left?.length) status.devices = left
  else delete status.devices
}

export const deviceResourceClaim = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim', plural: 'resourceclaims',
  scope: 'Namespaced',
  definition: 'io.k8s.api.resource.v1.ResourceClaim',
  returnsDeleted: true, onUpdate: ['meta', 'kept', 'rules'],
  columns: [cells.name, { name: 'State', value: (o) => state(o.status, o.metadata.deletionTimestamp !== undefined) }, cells.age],
  subresources: { status: true },
  statusResets: [['metadata']],
  fields: {
    spec: s.required(s.value(resourceClaimSpec)),
    status: s.value(resourceClaimStatus),
  },
  defaults: ({ spec }) => defaultRequests(spec),
  prepareUpdate: (o, old, subresource) => {
    if (subresource !== 'status') return
    keepMetadata(o, old)
    forgetDeallocated(o.status, old.status)
  },
  validate: validateClaim,
})
export type DeviceResourceClaim = ObjectOf<typeof deviceResourceClaim>
