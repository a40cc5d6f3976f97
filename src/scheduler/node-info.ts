// One node and what is on it, kept up to date pod by pod, never computed anew.
import type { Node, Pod } from '#kinds'
import { amountsOf, requestsOf, scoredRequests, type Amounts } from './resources.ts'

export interface HostPort { readonly ip: string; readonly protocol: string; readonly port: number }

export class NodeInfo {
  readonly name: string
  node: Node | undefined
  allocatable: Amounts = new Map()
  readonly pods = new Map<string, Pod>()
  readonly requested = new Map<string, number>()
  readonly scored = { cpu: 0, memory: 0 }
  readonly ports = new Map<string, HostPort & { uses: number }>()
  /** How many pods here carry required anti-affinity: most nodes have none, and are not searched. */
  withAntiAffinity = 0
  /** Pods by the uid of their controller, for spreading. */
  readonly byOwner = new Map<string, number>()

  constructor(name: string) { this.name = name }

  setNode(node: Node): void {
    if (this.node?.status?.allocatable !== node.status?.allocatable) this.allocatable = amountsOf((node.status?.allocatable ?? node.status?.capacity) as Record<string, string> | undefined)
    this.node = node
  }
  get room(): number { return this.allocatable.get('pods') ?? 0 }

  add(pod: Pod): void { this.pods.set(pod.metadata.uid, pod); this.#count(pod, 1) }
  remove(uid: string): void {
    const held = this.pods.get(uid)
    if (!held) return
    this.pods.delete(uid)
    this.#count(held, -1)
  }
  /** The same node without some of its pods, to try what would fit then. */
  without(pods: readonly Pod[]): NodeInfo {
    const copy = new NodeInfo(this.name)
    copy.setNode(this.node!)
    const gone = new Set(pods.map((p) => p.metadata.uid))
    for (const pod of this.pods.values()) if (!gone.has(pod.metadata.uid)) copy.add(pod)
    return copy
  }

  #count(pod: Pod, by: 1 | -1): void {
    for (const [name, n] of requestsOf(pod)) this.requested.set(name, (this.requested.get(name) ?? 0) + by * n)
    this.scored.cpu += by * scoredRequests(pod, 'cpu')
    this.scored.memory += by * scoredRequests(pod, 'memory')
    for (const port of hostPortsOf(pod)) {
      const key = `${port.ip}/${port.protocol}/${port.port}`, uses = (this.ports.get(key)?.uses ?? 0) + by
      if (uses > 0) this.ports.set(key, { ...port, uses })
      else this.ports.delete(key)
    }
    if (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) this.withAntiAffinity += by
    const owner = ownerOf(pod)
    if (owner) {
      const count = (this.byOwner.get(owner) ?? 0) + by
      if (count > 0) this.byOwner.set(owner, count)
      else this.byOwner.delete(owner)
    }
  }
}

export const ownerOf = (pod: Pod): string | undefined => pod.metadata.ownerReferences?.find((o) => o.controller)?.uid

export function hostPortsOf(pod: Pod): HostPort[] {
  const out: HostPort[] = []
  for (const c of [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter((i) => i.restartPolicy === 'Always')])
    for (const p of c.ports ?? []) if (p.hostPort) out.push({ ip: p.hostIP || '0.0.0.0', protocol: p.protocol ?? 'TCP', port: p.hostPort })
  return out
}
