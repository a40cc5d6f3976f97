import { objectMeta, s, type Infer } from '#machinery'
import { localObjectReference } from '../references.ts'
import { affinity, toleration, topologySpreadConstraint } from './affinity.ts'
import { container, ephemeralContainer, resourceRequirements, type Container, type EphemeralContainer } from './container.ts'
import { podSecurityContext } from './security.ts'
import { volume } from './volume.ts'

export const podDNSConfigOption = s.object('io.k8s.api.core.v1.PodDNSConfigOption', {
  name: s.string(),
  value: s.string({ keepEmpty: true }),
})
export type PodDNSConfigOption = Infer<typeof podDNSConfigOption>

export const podDNSConfig = s.object('io.k8s.api.core.v1.PodDNSConfig', {
  nameservers: s.list(s.string(), { listType: 'atomic' }),
  options: s.list(podDNSConfigOption, { listType: 'atomic' }),
  searches: s.list(s.string(), { listType: 'atomic' }),
})
export type PodDNSConfig = Infer<typeof podDNSConfig>

export const hostAlias = s.object('io.k8s.api.core.v1.HostAlias', {
  hostnames: s.list(s.string(), { listType: 'atomic' }),
  ip: s.required(s.string()),
})
export type HostAlias = Infer<typeof hostAlias>

export const podOS = s.object('io.k8s.api.core.v1.PodOS', {
  name: s.required(s.string()),
})
export type PodOS = Infer<typeof podOS>

export const podReadinessGate = s.object('io.k8s.api.core.v1.PodReadinessGate', {
  conditionType: s.required(s.string()),
})
export type PodReadinessGate = Infer<typeof podReadinessGate>

export const podResourceClaim = s.object('io.k8s.api.core.v1.PodResourceClaim', {
  name: s.required(s.string()),
  resourceClaimName: s.string({ keepEmpty: true }),
  resourceClaimTemplateName: s.string({ keepEmpty: true }),
})
export type PodResourceClaim = Infer<typeof podResourceClaim>

export const podSchedulingGate = s.object('io.k8s.api.core.v1.PodSchedulingGate', {
  name: s.required(s.string()),
})
export type PodSchedulingGate = Infer<typeof podSchedulingGate>

export const podSchedulingGroup = s.object('io.k8s.api.core.v1.PodSchedulingGroup', {
  podGroupName: s.string({ keepEmpty: true }),
}, { unions: [{'fields-to-discriminateBy': {'podGroupName': 'PodGroupName'}}] })
export type PodSchedulingGroup = Infer<typeof podSchedulingGroup>

export const podSpec = s.object('io.k8s.api.core.v1.PodSpec', {
  activeDeadlineSeconds: s.int64({ keepEmpty: true }),
  affinity: affinity,
  automountServiceAccountToken: s.bool({ keepEmpty: true }),
  containers: s.required(s.list(container, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' })),
  dnsConfig: podDNSConfig,
  dnsPolicy: s.string(),
  enableServiceLinks: s.bool({ keepEmpty: true }),
  ephemeralContainers: s.list(ephemeralContainer, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  hostAliases: s.list(hostAlias, { listType: 'map', listKeys: ['ip'], patchStrategy: 'merge', patchMergeKey: 'ip' }),
  hostIPC: s.bool(),
  hostNetwork: s.bool(),
  hostPID: s.bool(),
  hostUsers: s.bool({ keepEmpty: true }),
  hostname: s.string(),
  hostnameOverride: s.string({ keepEmpty: true }),
  imagePullSecrets: s.list(localObjectReference, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  initContainers: s.list(container, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  nodeName: s.string(),
  nodeSelector: s.map(s.string(), { mapType: 'atomic' }),
  os: podOS,
  overhead: s.map(s.quantity()),
  preemptionPolicy: s.string({ keepEmpty: true }),
  priority: s.int({ keepEmpty: true }),
  priorityClassName: s.string(),
  readinessGates: s.list(podReadinessGate, { listType: 'atomic' }),
  resourceClaims: s.list(podResourceClaim, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' }),
  resources: resourceRequirements,
  restartPolicy: s.string(),
  runtimeClassName: s.string({ keepEmpty: true }),
  schedulerName: s.string(),
  schedulingGates: s.list(podSchedulingGate, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge', patchMergeKey: 'name' }),
  schedulingGroup: podSchedulingGroup,
  securityContext: podSecurityContext,
  serviceAccount: s.string(),
  serviceAccountName: s.string(),
  setHostnameAsFQDN: s.bool({ keepEmpty: true }),
  shareProcessNamespace: s.bool({ keepEmpty: true }),
  subdomain: s.string(),
  terminationGracePeriodSeconds: s.int64({ keepEmpty: true }),
  tolerations: s.list(toleration, { listType: 'atomic' }),
  topologySpreadConstraints: s.list(topologySpreadConstraint,
    { listType: 'map', listKeys: ['topologyKey', 'whenUnsatisfiable'], patchStrategy: 'merge', patchMergeKey: 'topologyKey' }),
  volumes: s.list(volume, { listType: 'map', listKeys: ['name'], patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' }),
})
export type PodSpec = Infer<typeof podSpec>

export const podTemplateSpec = s.object('io.k8s.api.core.v1.PodTemplateSpec', {
  metadata: s.value(objectMeta),
  spec: s.value(podSpec),
})
export type PodTemplateSpec = Infer<typeof podTemplateSpec>

/** Containers of every sort, in the order: init, regular, ephemeral. */
export const containersOf = (spec: PodSpec): (Container | EphemeralContainer)[] =>
  [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
