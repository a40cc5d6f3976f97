import { condition, defineKind, nameIsDNSLabel, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { adoptAllocated, dropUseless, hideInternalPolicy, isExternal } from './prepare-service.ts'
import { serviceStatusWarnings, serviceWarnings, validateService } from './validate-service.ts'

export const clientIPConfig = s.object('io.k8s.api.core.v1.ClientIPConfig', {
  timeoutSeconds: s.int({ keepEmpty: true }),
})
export type ClientIPConfig = Infer<typeof clientIPConfig>

export const portStatus = s.object('io.k8s.api.core.v1.PortStatus', {
  error: s.string({ keepEmpty: true }),
  port: s.required(s.int()),
  protocol: s.required(s.string()),
})
export type PortStatus = Infer<typeof portStatus>

export const loadBalancerIngress = s.object('io.k8s.api.core.v1.LoadBalancerIngress', {
  hostname: s.string(),
  ip: s.string(),
  ipMode: s.string({ keepEmpty: true }),
  ports: s.list(portStatus, { listType: 'atomic' }),
})
export type LoadBalancerIngress = Infer<typeof loadBalancerIngress>

export const loadBalancerStatus = s.object('io.k8s.api.core.v1.LoadBalancerStatus', {
  ingress: s.list(loadBalancerIngress, { listType: 'atomic' }),
})
export type LoadBalancerStatus = Infer<typeof loadBalancerStatus>

export const servicePort = s.object('io.k8s.api.core.v1.ServicePort', {
  appProtocol: s.string({ keepEmpty: true }),
  name: s.string(),
  nodePort: s.int(),
  port: s.required(s.int()),
  protocol: s.string({ default: 'TCP' }),
  targetPort: s.intOrString(),
})
export type ServicePort = Infer<typeof servicePort>

export const sessionAffinityConfig = s.object('io.k8s.api.core.v1.SessionAffinityConfig', {
  clientIP: clientIPConfig,
})
export type SessionAffinityConfig = Infer<typeof sessionAffinityConfig>

export const serviceSpec = s.object('io.k8s.api.core.v1.ServiceSpec', {
  allocateLoadBalancerNodePorts: s.bool({ keepEmpty: true }),
  clusterIP: s.string(),
  clusterIPs: s.list(s.string(), { listType: 'atomic' }),
  externalIPs: s.list(s.string(), { listType: 'atomic' }),
  externalName: s.string(),
  externalTrafficPolicy: s.string(),
  healthCheckNodePort: s.int(),
  internalTrafficPolicy: s.string({ keepEmpty: true }),
  ipFamilies: s.list(s.string(), { listType: 'atomic' }),
  ipFamilyPolicy: s.string({ keepEmpty: true }),
  loadBalancerClass: s.string({ keepEmpty: true }),
  loadBalancerIP: s.string(),
  loadBalancerSourceRanges: s.list(s.string(), { listType: 'atomic' }),
  ports: s.list(servicePort, { listType: 'map', listKeys: ['port', 'protocol'], patchStrategy: 'merge', patchMergeKey: 'port' }),
  publishNotReadyAddresses: s.bool(),
  selector: s.map(s.string(), { mapType: 'atomic' }),
  sessionAffinity: s.string(),
  sessionAffinityConfig: sessionAffinityConfig,
  trafficDistribution: s.string({ keepEmpty: true }),
  type: s.string(),
})
export type ServiceSpec = Infer<typeof serviceSpec>

export const serviceStatus = s.object('io.k8s.api.core.v1.ServiceStatus', {
  conditions: s.list(condition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  loadBalancer: s.value(loadBalancerStatus),
})
export type ServiceStatus = Infer<typeof serviceStatus>

function externalIP({ type, externalIPs = [], externalName }: ServiceSpec, status: ServiceStatus): string {
  if (type === 'ClusterIP' || type === 'NodePort') return externalIPs.join(',') || '<none>'
  if (type === 'ExternalName') return externalName ?? ''
  if (type !== 'LoadBalancer') return '<unknown>'
  return [cells.loadBalancer(status.loadBalancer), ...externalIPs].filter(Boolean).join(',') || '<pending>'
}

const affinitySeconds = 10_800 // three hours
function defaultService(spec: ServiceSpec, status: ServiceStatus): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } }
  spec.type ||= 'ClusterIP'
  for (const port of spec.ports ?? []) port.targetPort ||= port.port
  const balanced = spec.type === 'LoadBalancer'
  if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster'
  if (balanced || spec.type === 'NodePort' || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster'
  if (!balanced) return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}

export const service = defineKind({
  group: '', version: 'v1', kind: 'Service', plural: 'services',
  shortNames: ['svc'], categories: ['all'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Service',
  returnsDeleted: true,
  name: nameIsDNSLabel,
  createOnUpdate: true,
  columns: [
    cells.name,
    { name: 'Type', value: (o) => o.spec.type ?? '' },
    { name: 'Cluster-IP', value: (o) => o.spec.clusterIP || '<none>' },
    { name: 'External-IP', value: (o) => externalIP(o.spec, o.status) },
    { name: 'Port(s)', value: (o) => (o.spec.ports ?? []).map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol}`).join(',') || '<none>' },
    cells.age,
    { name: 'Selector', priority: 1, value: (o) => cells.labels(o.spec.selector) },
  ],
  selectable: { 'spec.clusterIP': (o) => o.spec.clusterIP ?? '', 'spec.type': (o) => o.spec.type ?? '' },
  storagePrefix: '/registry/services/specs/',
  subresources: { status: true },
  fields: {
    spec: s.value(serviceSpec),
    status: s.value(serviceStatus),
  },
  defaults: (o) => defaultService(o.spec, o.status),
  prepareCreate: ({ spec }) => {
    adoptAllocated(spec, undefined) // again, for servers that allocate nothing
    hideInternalPolicy(spec)
  },
  prepareUpdate: (o, old, subresource) => {
    if (subresource !== undefined) return
    dropUseless(o, old.spec)
    hideInternalPolicy(o.spec)
  },
  validate: validateService,
  warnings: serviceWarnings,
  statusWarnings: serviceStatusWarnings,
})
export type Service = ObjectOf<typeof service>
