import { watching, type Controller } from '#client'
import { node, service, type Node, type Service } from '#kinds'

/** Where user interfaces for clusters (Rancher's, for one) look for the addresses of a workload from outside. */
const annotation = 'field.cattle.io/publicEndpoints'
/** A hundred nodes are addresses enough. */
const mostAddresses = 100

interface PublicEndpoint { readonly addresses: readonly string[]; readonly port: number; readonly protocol: string; readonly serviceName: string; readonly allNodes: boolean }

/** Writes down at each service where the outside reaches it: its balancer's address, or its node ports on every node. */
export const publicEndpointsController: Controller<Service> = {
  name: 'public-endpoints', identity: 'service-controller', for: service, reads: [node],
  concerns: ({ object }) => object.metadata.annotations?.[annotation] !== undefined || object.spec?.type === 'LoadBalancer' || object.spec?.type === 'NodePort',
  watches: [watching(node, (_, cluster) => cluster.list(service).filter(({ spec }) => spec?.type === 'NodePort').map(({ metadata: { name, namespace } }) => ({ name, namespace })))],
  async reconcile(s, cluster) {
    if (s.metadata.deletionTimestamp) return
    const endpoints = publicEndpoints(s, cluster.list(node)), wanted = endpoints.length > 0 ? JSON.stringify(endpoints) : undefined
    if (wanted === s.metadata.annotations?.[annotation]) return
    await cluster.patch(service, s.metadata, 'merge', { metadata: { resourceVersion: s.metadata.resourceVersion, annotations: { [annotation]: wanted ?? null } } }, { subresource: 'status' })
  },
}

/** Each port with the addresses at which it is open to the outside. */
export function publicEndpoints({ metadata, spec, status }: Service, nodes: readonly Node[]): PublicEndpoint[] {
  const balancers = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '').filter(Boolean), serviceName = `${metadata.namespace}:${metadata.name}`
  if (spec?.type === 'LoadBalancer' && balancers.length > 0) return (spec.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ addresses: balancers, port, protocol, serviceName, allNodes: false }))
  if (spec?.type !== 'NodePort') return []
  const addresses = nodes.flatMap((n) => n.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? []).sort().slice(0, mostAddresses)
  return addresses.length === 0 ? [] : (spec.ports ?? []).flatMap(({ nodePort, protocol = 'TCP' }) => (nodePort ? [{ addresses, port: nodePort, protocol, serviceName, allNodes: true }] : []))
}
