import { defineKind, formatTime, quote, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { nodeSelector } from '../core/pod/affinity.ts'
import { validateSlice } from './validate-slice.ts'

export const capacityRequestPolicyRange = s.object('io.k8s.api.resource.v1.CapacityRequestPolicyRange', {
  max: s.quantity(),
  min: s.mandatory(s.quantity()),
  step: s.quantity(),
})
export type CapacityRequestPolicyRange = Infer<typeof capacityRequestPolicyRange>

export const capacityRequestPolicy = s.object('io.k8s.api.resource.v1.CapacityRequestPolicy', {
  default: s.quantity(),
  validRange: capacityRequestPolicyRange,
  validValues: s.list(s.quantity(), { listType: 'atomic' }),
})
export type CapacityRequestPolicy = Infer<typeof capacityRequestPolicy>

export const counter = s.object('io.k8s.api.resource.v1.Counter', {
  value: s.required(s.quantity()),
})
export type Counter = Infer<typeof counter>

export const counterSet = s.object('io.k8s.api.resource.v1.CounterSet', {
  counters: s.required(s.map(counter)),
  name: s.required(s.string()),
})
export type CounterSet = Infer<typeof counterSet>

export const deviceAttribute = s.object('io.k8s.api.resource.v1.DeviceAttribute', {
  bool: s.bool({ keepEmpty: true }),
  bools: s.list(s.bool(), { listType: 'atomic' }),
  int: s.int64({ keepEmpty: true }),
  ints: s.list(s.int64(), { listType: 'atomic' }),
  string: s.string({ keepEmpty: true }),
  strings: s.list(s.string(), { listType: 'atomic' }),
  version: s.string({ keepEmpty: true }),
  versions: s.list(s.string(), { listType: 'atomic' }),
})
export type DeviceAttribute = Infer<typeof deviceAttribute>

export const deviceCapacity = s.object('io.k8s.api.resource.v1.DeviceCapacity', {
  requestPolicy: capacityRequestPolicy,
  value: s.required(s.quantity()),
})
export type DeviceCapacity = Infer<typeof deviceCapacity>

export const deviceCounterConsumption = s.object('io.k8s.api.resource.v1.DeviceCounterConsumption', {
  counterSet: s.required(s.string()),
  counters: s.required(s.map(counter)),
})
export type DeviceCounterConsumption = Infer<typeof deviceCounterConsumption>

export const nodeAllocatableResourceMapping = s.object('io.k8s.api.resource.v1.NodeAllocatableResourceMapping', {
  allocationMultiplier: s.quantity(),
  capacityKey: s.string({ keepEmpty: true }),
})
export type NodeAllocatableResourceMapping = Infer<typeof nodeAllocatableResourceMapping>

export const deviceTaint = s.object('io.k8s.api.resource.v1.DeviceTaint', {
  effect: s.required(s.string()),
  key: s.required(s.string()),
  timeAdded: s.time(),
  value: s.string(),
})
export type DeviceTaint = Infer<typeof deviceTaint>

export const device = s.object('io.k8s.api.resource.v1.Device', {
  allNodes: s.bool({ keepEmpty: true }),
  allowMultipleAllocations: s.bool({ keepEmpty: true }),
  attributes: s.map(deviceAttribute),
  bindingConditions: s.list(s.string(), { listType: 'atomic' }),
  bindingFailureConditions: s.list(s.string(), { listType: 'atomic' }),
  bindsToNode: s.bool({ keepEmpty: true }),
  capacity: s.map(deviceCapacity),
  consumesCounters: s.list(deviceCounterConsumption, { listType: 'atomic' }),
  name: s.required(s.string()),
  nodeAllocatableResourceMappings: s.map(nodeAllocatableResourceMapping),
  nodeName: s.string({ keepEmpty: true }),
  nodeSelector: nodeSelector,
  taints: s.list(deviceTaint, { listType: 'atomic' }),
})
export type Device = Infer<typeof device>

export const resourcePool = s.object('io.k8s.api.resource.v1.ResourcePool', {
  generation: s.required(s.int64()),
  name: s.required(s.string()),
  resourceSliceCount: s.required(s.int64()),
})
export type ResourcePool = Infer<typeof resourcePool>

export const resourceSliceSpec = s.object('io.k8s.api.resource.v1.ResourceSliceSpec', {
  allNodes: s.bool({ keepEmpty: true }),
  devices: s.list(device, { listType: 'atomic' }),
  driver: s.required(s.string()),
  nodeName: s.string({ keepEmpty: true }),
  nodeSelector: nodeSelector,
  perDeviceNodeSelection: s.bool({ keepEmpty: true }),
  pool: s.required(s.value(resourcePool)),
  sharedCounters: s.list(counterSet, { listType: 'atomic' }),
})
export type ResourceSliceSpec = Infer<typeof resourceSliceSpec>

/** Attributes with lists of values and shares of a node's own resources are not switched on: they are not kept, unless they are there already. */
function dropSwitchedOff({ devices = [] }: ResourceSliceSpec, old: readonly Device[] = []): void {
  const lists = ['bools', 'ints', 'strings', 'versions'] as const, attributes = (device: Device) => Object.values(device.attributes ?? {})
  const hasLists = old.some((device) => attributes(device).some((a) => lists.some((field) => a[field] !== undefined)))
  const hasMappings = old.some((device) => Object.keys(device.nodeAllocatableResourceMappings ?? {}).length > 0)
  for (const device of devices) {
    if (!hasMappings) delete device.nodeAllocatableResourceMappings
    if (!hasLists) for (const attribute of attributes(device)) for (const field of lists) delete attribute[field]
  }
}
/** Taints say since when they are there. */
function datedTaints({ devices = [] }: ResourceSliceSpec, now: string): void {
  for (const { taints = [] } of devices) for (const taint of taints) taint.timeAdded ??= now
}

export const resourceSlice = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice', plural: 'resourceslices',
  scope: 'Cluster',
  definition: 'io.k8s.api.resource.v1.ResourceSlice',
  returnsDeleted: true,
  generation: true,
  columns: [
    cells.name,
    { name: 'Node', value: (o) => o.spec.nodeName ?? '' },
    { name: 'Driver', value: (o) => o.spec.driver },
    { name: 'Pool', value: (o) => o.spec.pool.name },
    cells.age,
  ],
  selectable: { 'spec.nodeName': (o) => o.spec.nodeName ?? '', 'spec.driver': (o) => o.spec.driver },
  notSelectable: (field) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  fields: {
    spec: s.required(s.value(resourceSliceSpec)),
  },
  prepareCreate: ({ spec, metadata }) => {
    datedTaints(spec, metadata.creationTimestamp!)
    dropSwitchedOff(spec)
  },
  prepareUpdate: ({ spec }, old, _subresource, now) => {
    datedTaints(spec, formatTime(now))
    dropSwitchedOff(spec, old.spec.devices)
  },
  validate: validateSlice,
  warnings: ({ spec: { driver } }) => (driver === driver.toLowerCase() ? [] : [`spec.driver: driver names should be lowercase; ${quote(driver)} contains uppercase characters`]),
})
export type ResourceSlice = ObjectOf<typeof resourceSlice>
