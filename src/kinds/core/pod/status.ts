import { s, type Infer } from '#machinery'
import { resourceRequirements } from './container.ts'

export const containerExtendedResourceRequest = s.object('io.k8s.api.core.v1.ContainerExtendedResourceRequest', {
  containerName: s.required(s.string()),
  requestName: s.required(s.string()),
  resourceName: s.required(s.string()),
})
export type ContainerExtendedResourceRequest = Infer<typeof containerExtendedResourceRequest>

export const containerStateRunning = s.object('io.k8s.api.core.v1.ContainerStateRunning', {
  startedAt: s.time({ always: true }),
})
export type ContainerStateRunning = Infer<typeof containerStateRunning>

export const containerStateTerminated = s.object('io.k8s.api.core.v1.ContainerStateTerminated', {
  containerID: s.string(),
  exitCode: s.required(s.int()),
  finishedAt: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  signal: s.int(),
  startedAt: s.time({ always: true }),
})
export type ContainerStateTerminated = Infer<typeof containerStateTerminated>

export const containerStateWaiting = s.object('io.k8s.api.core.v1.ContainerStateWaiting', {
  message: s.string(),
  reason: s.string(),
})
export type ContainerStateWaiting = Infer<typeof containerStateWaiting>

export const containerState = s.object('io.k8s.api.core.v1.ContainerState', {
  running: containerStateRunning,
  terminated: containerStateTerminated,
  waiting: containerStateWaiting,
})
export type ContainerState = Infer<typeof containerState>

export const resourceHealth = s.object('io.k8s.api.core.v1.ResourceHealth', {
  health: s.string(),
  message: s.string(),
  resourceID: s.required(s.string()),
})
export type ResourceHealth = Infer<typeof resourceHealth>

export const resourceStatus = s.object('io.k8s.api.core.v1.ResourceStatus', {
  name: s.required(s.string()),
  resources: s.list(resourceHealth, { listType: 'map', listKeys: ['resourceID'] }),
})
export type ResourceStatus = Infer<typeof resourceStatus>

export const linuxContainerUser = s.object('io.k8s.api.core.v1.LinuxContainerUser', {
  gid: s.required(s.int64()),
  supplementalGroups: s.list(s.int64(), { listType: 'atomic' }),
  uid: s.required(s.int64()),
})
export type LinuxContainerUser = Infer<typeof linuxContainerUser>

export const containerUser = s.object('io.k8s.api.core.v1.ContainerUser', {
  linux: linuxContainerUser,
})
export type ContainerUser = Infer<typeof containerUser>

export const imageVolumeStatus = s.object('io.k8s.api.core.v1.ImageVolumeStatus', {
  imageRef: s.mandatory(s.string()),
})
export type ImageVolumeStatus = Infer<typeof imageVolumeStatus>

export const volumeStatus = s.object('io.k8s.api.core.v1.VolumeStatus', {
  image: imageVolumeStatus,
})
export type VolumeStatus = Infer<typeof volumeStatus>

export const volumeMountStatus = s.object('io.k8s.api.core.v1.VolumeMountStatus', {
  mountPath: s.required(s.string()),
  name: s.required(s.string()),
  readOnly: s.bool(),
  recursiveReadOnly: s.string({ keepEmpty: true }),
  volumeStatus: volumeStatus,
})
export type VolumeMountStatus = Infer<typeof volumeMountStatus>

export const containerStatus = s.object('io.k8s.api.core.v1.ContainerStatus', {
  allocatedResources: s.map(s.quantity()),
  allocatedResourcesStatus: s.list(resourceStatus, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  containerID: s.string(),
  image: s.required(s.string()),
  imageID: s.required(s.string()),
  lastState: s.value(containerState),
  name: s.required(s.string()),
  ready: s.required(s.bool()),
  resources: resourceRequirements,
  restartCount: s.required(s.int()),
  started: s.bool({ keepEmpty: true }),
  state: s.value(containerState),
  stopSignal: s.string({ keepEmpty: true }),
  user: containerUser,
  volumeMounts: s.list(volumeMountStatus, { listType: 'map', listKeys: ['mountPath'], patchStrategy: 'merge', patchMergeKey: 'mountPath' }),
})
export type ContainerStatus = Infer<typeof containerStatus>

export const hostIP = s.object('io.k8s.api.core.v1.HostIP', {
  ip: s.required(s.string()),
})
export type HostIP = Infer<typeof hostIP>

export const nodeAllocatableResourceClaimStatus = s.object('io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus', {
  containers: s.list(s.string(), { listType: 'set' }),
  resourceClaimName: s.required(s.string()),
  resources: s.required(s.map(s.quantity())),
})
export type NodeAllocatableResourceClaimStatus = Infer<typeof nodeAllocatableResourceClaimStatus>

export const podCondition = s.object('io.k8s.api.core.v1.PodCondition', {
  lastProbeTime: s.time({ always: true }),
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  observedGeneration: s.int64(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type PodCondition = Infer<typeof podCondition>

export const podExtendedResourceClaimStatus = s.object('io.k8s.api.core.v1.PodExtendedResourceClaimStatus', {
  requestMappings: s.required(s.list(containerExtendedResourceRequest, { listType: 'atomic' })),
  resourceClaimName: s.required(s.string()),
})
export type PodExtendedResourceClaimStatus = Infer<typeof podExtendedResourceClaimStatus>

export const podIP = s.object('io.k8s.api.core.v1.PodIP', {
  ip: s.required(s.string()),
})
export type PodIP = Infer<typeof podIP>

export const podResourceClaimStatus = s.object('io.k8s.api.core.v1.PodResourceClaimStatus', {
  name: s.required(s.string()),
  resourceClaimName: s.string({ keepEmpty: true }),
})
export type PodResourceClaimStatus = Infer<typeof podResourceClaimStatus>

export const podStatus = s.object('io.k8s.api.core.v1.PodStatus', {
  allocatedResources: s.map(s.quantity()),
  conditions: s.list(podCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  containerStatuses: s.list(containerStatus, { listType: 'atomic' }),
  ephemeralContainerStatuses: s.list(containerStatus, { listType: 'atomic' }),
  extendedResourceClaimStatus: podExtendedResourceClaimStatus,
  hostIP: s.string(),
  hostIPs: s.list(hostIP, { listType: 'atomic', patchStrategy: 'merge', patchMergeKey: 'ip' }),
  initContainerStatuses: s.list(containerStatus, { listType: 'atomic' }),
  message: s.string(),
  nodeAllocatableResourceClaimStatuses: s.list(nodeAllocatableResourceClaimStatus, { listType: 'atomic' }),
  nominatedNodeName: s.string(),
  observedGeneration: s.int64(),
  phase: s.string(),
  podIP: s.string(),
  podIPs: s.list(podIP, { listType: 'map', listKeys: ['ip'], patchStrategy: 'merge', patchMergeKey: 'ip' }),
  qosClass: s.string(),
  reason: s.string(),
  resize: s.string(),
  resourceClaimStatuses: s.list(podResourceClaimStatus, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' }),
  resources: resourceRequirements,
  startTime: s.time(),
})
export type PodStatus = Infer<typeof podStatus>
