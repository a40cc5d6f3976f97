import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { cidrWarnings } from '../ip.ts'
import { nodeColumns } from './node-cells.ts'
import { roundResources } from './resources.ts'
import { validateNode, validateNodeChange } from './validate-node.ts'

export const attachedVolume = s.object('io.k8s.api.core.v1.AttachedVolume', {
  devicePath: s.required(s.string()),
  name: s.required(s.string()),
})
export type AttachedVolume = Infer<typeof attachedVolume>

export const configMapNodeConfigSource = s.object('io.k8s.api.core.v1.ConfigMapNodeConfigSource', {
  kubeletConfigKey: s.required(s.string()),
  name: s.required(s.string()),
  namespace: s.required(s.string()),
  resourceVersion: s.string(),
  uid: s.string(),
})
export type ConfigMapNodeConfigSource = Infer<typeof configMapNodeConfigSource>

export const containerImage = s.object('io.k8s.api.core.v1.ContainerImage', {
  names: s.list(s.string(), { listType: 'atomic' }),
  sizeBytes: s.int64(),
})
export type ContainerImage = Infer<typeof containerImage>

export const daemonEndpoint = s.object('io.k8s.api.core.v1.DaemonEndpoint', {
  Port: s.required(s.int()),
})
export type DaemonEndpoint = Infer<typeof daemonEndpoint>

export const nodeConfigSource = s.object('io.k8s.api.core.v1.NodeConfigSource', {
  configMap: configMapNodeConfigSource,
})
export type NodeConfigSource = Infer<typeof nodeConfigSource>

export const taint = s.object('io.k8s.api.core.v1.Taint', {
  effect: s.required(s.string()),
  key: s.required(s.string()),
  timeAdded: s.time(),
  value: s.string(),
})
export type Taint = Infer<typeof taint>

export const nodeSpec = s.object('io.k8s.api.core.v1.NodeSpec', {
  configSource: nodeConfigSource,
  externalID: s.string(),
  podCIDR: s.string(),
  podCIDRs: s.list(s.string(), { listType: 'set', patchStrategy: 'merge' }),
  providerID: s.string(),
  taints: s.list(taint, { listType: 'atomic' }),
  unschedulable: s.bool(),
})
export type NodeSpec = Infer<typeof nodeSpec>

export const nodeAddress = s.object('io.k8s.api.core.v1.NodeAddress', {
  address: s.required(s.string()),
  type: s.required(s.string()),
})
export type NodeAddress = Infer<typeof nodeAddress>

export const nodeCondition = s.object('io.k8s.api.core.v1.NodeCondition', {
  lastHeartbeatTime: s.time({ always: true }),
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type NodeCondition = Infer<typeof nodeCondition>

export const nodeConfigStatus = s.object('io.k8s.api.core.v1.NodeConfigStatus', {
  active: nodeConfigSource,
  assigned: nodeConfigSource,
  error: s.string(),
  lastKnownGood: nodeConfigSource,
})
export type NodeConfigStatus = Infer<typeof nodeConfigStatus>

export const nodeDaemonEndpoints = s.object('io.k8s.api.core.v1.NodeDaemonEndpoints', {
  kubeletEndpoint: s.value(daemonEndpoint),
})
export type NodeDaemonEndpoints = Infer<typeof nodeDaemonEndpoints>

export const nodeFeatures = s.object('io.k8s.api.core.v1.NodeFeatures', {
  supplementalGroupsPolicy: s.bool({ keepEmpty: true }),
})
export type NodeFeatures = Infer<typeof nodeFeatures>

export const nodeSwapStatus = s.object('io.k8s.api.core.v1.NodeSwapStatus', {
  capacity: s.int64({ keepEmpty: true }),
})
export type NodeSwapStatus = Infer<typeof nodeSwapStatus>

export const nodeSystemInfo = s.object('io.k8s.api.core.v1.NodeSystemInfo', {
  architecture: s.required(s.string()),
  bootID: s.required(s.string()),
  containerRuntimeVersion: s.required(s.string()),
  kernelVersion: s.required(s.string()),
  kubeProxyVersion: s.required(s.string()),
  kubeletVersion: s.required(s.string()),
  machineID: s.required(s.string()),
  operatingSystem: s.required(s.string()),
  osImage: s.required(s.string()),
  swap: nodeSwapStatus,
  systemUUID: s.required(s.string()),
})
export type NodeSystemInfo = Infer<typeof nodeSystemInfo>

export const nodeRuntimeHandlerFeatures = s.object('io.k8s.api.core.v1.NodeRuntimeHandlerFeatures', {
  recursiveReadOnlyMounts: s.bool({ keepEmpty: true }),
  userNamespaces: s.bool({ keepEmpty: true }),
})
export type NodeRuntimeHandlerFeatures = Infer<typeof nodeRuntimeHandlerFeatures>

export const nodeRuntimeHandler = s.object('io.k8s.api.core.v1.NodeRuntimeHandler', {
  features: nodeRuntimeHandlerFeatures,
  name: s.string({ default: '' }),
})
export type NodeRuntimeHandler = Infer<typeof nodeRuntimeHandler>

export const nodeStatus = s.object('io.k8s.api.core.v1.NodeStatus', {
  addresses: s.list(nodeAddress, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  allocatable: s.map(s.quantity()),
  capacity: s.map(s.quantity()),
  conditions: s.list(nodeCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  config: nodeConfigStatus,
  daemonEndpoints: s.value(nodeDaemonEndpoints),
  declaredFeatures: s.list(s.string(), { listType: 'atomic' }),
  features: nodeFeatures,
  images: s.list(containerImage, { listType: 'atomic' }),
  nodeInfo: s.value(nodeSystemInfo),
  phase: s.string(),
  runtimeHandlers: s.list(nodeRuntimeHandler, { listType: 'atomic' }),
  volumesAttached: s.list(attachedVolume, { listType: 'atomic' }),
  volumesInUse: s.list(s.string(), { listType: 'atomic' }),
})
export type NodeStatus = Infer<typeof nodeStatus>

export const node = defineKind({
  group: '', version: 'v1', kind: 'Node', plural: 'nodes',
  shortNames: ['no'], scope: 'Cluster',
  definition: 'io.k8s.api.core.v1.Node',
  statusOnCreate: 'keep',
  onUpdate: ['meta', 'rules', 'kept', 'change'], onUpdateOf: { status: ['kept', 'change'] },
  columns: nodeColumns,
  selectable: { 'spec.unschedulable': (o) => String(o.spec.unschedulable ?? false) },
  storagePrefix: '/registry/minions/',
  subresources: { status: true },
  fields: {
    spec: s.value(nodeSpec),
    status: s.value(nodeStatus),
  },
  defaults: ({ spec, status }) => {
    // The first range stands in two fields; the older one wins.
    if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR]
    else if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
    roundResources(status.capacity, status.allocatable)
    if (!status.allocatable && status.capacity) status.allocatable = { ...status.capacity }
  },
  validate: validateNode,
  validateChange: validateNodeChange,
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec.podCIDRs ?? []).flatMap((range, i) => cidrWarnings(range, `spec.podCIDRs[${i}]`)),
  ],
})
export type Node = ObjectOf<typeof node>
