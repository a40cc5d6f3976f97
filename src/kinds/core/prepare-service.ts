// What an update of a service keeps of the old one, and what it lets go because the new type has no use for it.
import { same } from '#machinery'
import type { ServiceSpec, ServiceStatus } from './service.ts'

export const needsClusterIP = ({ type }: ServiceSpec): boolean => type !== 'ExternalName'
export const needsNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
/** Reachable from outside the cluster: then externalTrafficPolicy means something. */
export const isExternal = ({ type, externalIPs }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && !!externalIPs?.length)
export const isHeadless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.length === 1 && clusterIPs[0] === 'None'

/**
 * Before anything is allocated, in place: addresses and ports that the cluster chose stay when the update does not mention them, and
 * clusterIP is the first of clusterIPs for whoever sets the older field alone.
 */
export function adoptAllocated(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (old) keepAllocated(spec, old)
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
  } else if ((spec.clusterIP ?? '') !== (old.clusterIP ?? '') && same(spec.clusterIPs ?? [], old.clusterIPs ?? [])) {
    if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
    else delete spec.clusterIPs
  }
}

function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePorts(old) && needsNodePorts(spec)) {
    const given = new Set((spec.ports ?? []).map((p) => p.nodePort ?? 0))
    const used = new Set((old.ports ?? []).map((p) => p.nodePort ?? 0).filter((n) => n !== 0 && given.has(n)))
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
export function dropUseless({ spec, status }: { spec: ServiceSpec; status: ServiceStatus }, old: ServiceSpec): void {
  const drop = (...fields: (keyof ServiceSpec)[]) => { for (const field of fields) if (same(spec[field], old[field])) delete spec[field] }
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (same(spec.clusterIPs ?? [], old.clusterIPs ?? [])) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    drop('ipFamilies', 'ipFamilyPolicy')
  }
  const ports = (s: ServiceSpec) => [...new Set((s.ports ?? []).map((p) => p.nodePort ?? 0))].sort()
  if (needsNodePorts(old) && !needsNodePorts(spec) && same(ports(spec), ports(old))) for (const port of spec.ports ?? []) delete port.nodePort
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec)) drop('healthCheckNodePort')
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') drop('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  if (isExternal(old) && !isExternal(spec)) drop('externalTrafficPolicy')
  if (spec.type !== 'LoadBalancer') status.loadBalancer = {}
}
/** Inside policies mean nothing for names outside: they were once filled in, and are not shown. */
export function hideInternalPolicy(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName' && (spec.internalTrafficPolicy === 'Cluster' || spec.internalTrafficPolicy === 'Local')) delete spec.internalTrafficPolicy
}
