// What a service asks of the dataplane of one node. A function of the service, its endpoints and the node; nothing else.
import type { EndpointSlice, Service, ServicePort } from '#kinds'
import type { Frontend, Protocol } from '../dataplane/dataplane.ts'
import { contains, isIpv4, parseRange } from '../ipv4.ts'
import { chooseEndpoints, type Choice } from './endpoints.ts'

/** The node whose dataplane is planned. */
export interface PlanNode { readonly name: string; readonly zone?: string | undefined }

export interface ServicePlan {
  readonly frontends: readonly Frontend[]
  /** Addresses of endpoints on this node. */
  readonly local: readonly string[]
  /** For load balancers that ask which nodes have endpoints: where, and how many are ready here. */
  readonly health?: { readonly port: number; readonly ready: number }
}

const defaultAffinitySeconds = 10_800
const none: ServicePlan = { frontends: [], local: [] }

/** A service with one of these labels is somebody else's: of another proxy, or of nobody. */
const notOurs = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']

/** Plans one service for one node. Services without an IPv4 address of their own (headless, ExternalName) ask for nothing. */
export function planService(service: Service, slices: readonly EndpointSlice[], node: PlanNode): ServicePlan {
  const { metadata, spec = {}, status } = service
  const type = spec.type ?? 'ClusterIP'
  const addresses = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter(isIpv4)
  if (type === 'ExternalName' || addresses.length === 0 || notOurs.some((label) => metadata.labels?.[label] !== undefined)) return none
  const isLoadBalancer = type === 'LoadBalancer'
  const reachedByNode = isLoadBalancer || type === 'NodePort'
  const balancers = isLoadBalancer ? (status?.loadBalancer?.ingress ?? []).filter(({ ip, ipMode }) => isIpv4(ip ?? '') && ipMode !== 'Proxy').map(({ ip }) => ip as string) : []
  const sources = isLoadBalancer ? widest(spec.loadBalancerSourceRanges ?? []) : []
  const affinitySeconds = spec.sessionAffinity === 'ClientIP' ? spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds : 0
  const keepsSource = reachedByNode && spec.externalTrafficPolicy === 'Local'
  const frontends: Frontend[] = []
  const local = new Set<string>()
  let ready = 0
  for (const port of spec.ports ?? []) {
    const choice = chooseEndpoints(slices, port, node)
    for (const address of choice.here) local.add(address)
    ready = Math.max(ready, choice.localReady)
    const reach = { service: `${metadata.namespace}/${metadata.name}:${port.name ?? port.port}`, protocol: protocolOf(port), port: port.port, affinitySeconds }
    const inside = spec.internalTrafficPolicy === 'Local' ? choice.local : choice.cluster
    for (const address of addresses) frontends.push({ ...reach, address, backends: inside, whenEmpty: emptyOf(choice), masquerade: false })
    const external = keepsSource
      ? { backends: choice.cluster, outside: choice.local, whenEmpty: 'reject', masquerade: false } as const
      : { backends: choice.cluster, whenEmpty: 'reject', masquerade: true } as const
    for (const address of (spec.externalIPs ?? []).filter(isIpv4)) frontends.push({ ...reach, ...external, address })
    for (const address of balancers) frontends.push({ ...reach, ...external, address, ...sources.length > 0 ? { sources } : {} })
    if (reachedByNode && port.nodePort) frontends.push({ ...reach, ...external, address: undefined, port: port.nodePort })
  }
  const health = isLoadBalancer && keepsSource && spec.healthCheckNodePort ? { health: { port: spec.healthCheckNodePort, ready } } : {}
  return { frontends, local: [...local], ...health }
}

/** Traffic that must stay on its node is dropped where the node has nothing but others have. */
const emptyOf = ({ cluster }: Choice): 'reject' | 'drop' => cluster.length > 0 ? 'drop' : 'reject'

const protocolOf = ({ protocol }: ServicePort): Protocol => protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP'

/** IPv4 ranges without those that lie in another one; none when one of them is everything. */
function widest(texts: readonly string[]): string[] {
  const ranges = [...new Set(texts.map((text) => text.trim()).filter((text) => isIpv4(text.split('/')[0] ?? '')))].map((text) => ({ text, range: parseRange(text) }))
  if (ranges.some(({ range }) => range.bits === 0)) return []
  return ranges.filter((a, i) => !ranges.some((b, j) => i !== j && contains(b.range, a.range) && (b.range.bits < a.range.bits || j < i))).map(({ text }) => text)
}
