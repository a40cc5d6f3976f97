// What an update of a service keeps of the old one, and what it lets go because the new type has no use for it.
import { same } from '#machinery'
import type { ServiceSpec } from './service.ts'

export const needsClusterIP = ({ type }: ServiceSpec): boolean => type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer'
export const needsNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
/** Reachable from outside the cluster: then externalTrafficPolicy means something. */
export const isExternal = ({ type, externalIPs }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && !!externalIPs?.length)

/** clusterIP is the first of clusterIPs: whoever sets the older field alone means both. */
export function prepareServiceCreate(spec: ServiceSpec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}
export function prepareServiceUpdate(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.clusterIP !== old.clusterIP && same(spec.clusterIPs, old.clusterIPs)) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
    else delete spec.clusterIPs
  }
  keepAllocated(spec, old)
  dropUseless(spec, old)
}

/** Addresses and ports that the cluster chose stay, when the update does not mention them. */
function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePorts(old) && needsNodePorts(spec)) {
    const given = new Set((spec.ports ?? []).map((p) => p.nodePort ?? 0))
    const used = new Set((old.ports ?? []).map((p) => p.nodePort ?? 0).filter((n) => given.has(n)))
    const known = new Map((old.ports ?? []).map((p) => [p.name ?? '', p.nodePort ?? 0]))
    for (const port of spec.ports ?? []) {
      const before = known.get(port.name ?? '')
      if (port.nodePort || !before || used.has(before)) continue
      port.nodePort = before
      used.add(before)
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort) spec.healthCheckNodePort = old.healthCheckNodePort
}

/** Fields that the cluster may have filled in go when the type no longer uses them, unless the update changed them: then validation says no. */
function dropUseless(spec: ServiceSpec, old: ServiceSpec): void {
  const drop = (...fields: (keyof ServiceSpec)[]) => { for (const field of fields) if (same(spec[field], old[field])) delete spec[field] }
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (same(spec.clusterIPs, old.clusterIPs) && same(spec.clusterIP, old.clusterIP)) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    drop('ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy')
  }
  const ports = (s: ServiceSpec) => new Set((s.ports ?? []).map((p) => p.nodePort ?? 0))
  if (needsNodePorts(old) && !needsNodePorts(spec) && same([...ports(spec)].sort(), [...ports(old)].sort())) for (const port of spec.ports ?? []) delete port.nodePort
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec)) drop('healthCheckNodePort')
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') drop('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  if (isExternal(old) && !isExternal(spec)) drop('externalTrafficPolicy')
}
