// One node and what is on it, kept up to date pod by pod, never computed anew.
import type { Node } from '#kinds'
import type { HostPort, PodInfo } from './pod-info.ts'
import { Resources, resourcesOf } from './resources.ts'

let versions = 0, indexes = 0

export class NodeInfo {
  readonly name: string
  /** Small and its own: a place in lists. */
  readonly index = indexes++
  /** Another one after each change; who undoes a change puts it back. */
  version = ++versions
  /** Absent while only pods say that there is such a node. */
  node: Node | undefined
  labels: Readonly<Record<string, string>> = {}
  allocatable = new Resources()
  readonly pods = new Map<string, PodInfo>()
  readonly requested = new Resources()
  /** What is requested as scores count it. */
  readonly scored = { cpu: 0, memory: 0 }
  readonly ports = new Map<string, HostPort & { uses: number }>()

  constructor(name: string) { this.name = name }

  setNode(node: Node): void {
    if (this.node?.status?.allocatable !== node.status?.allocatable || !this.node) this.allocatable = resourcesOf(node.status?.allocatable)
    this.node = node
    this.labels = node.metadata.labels ?? {}
    this.version = ++versions
  }

  add(pod: PodInfo): void { this.pods.set(pod.uid, pod); this.#count(pod, 1) }
  remove(pod: PodInfo): void { if (this.pods.delete(pod.uid)) this.#count(pod, -1) }
  /** Another version of a pod that counts the same. */
  swap(pod: PodInfo): void { this.pods.set(pod.uid, pod) }

  /** Something else about it has changed: pods that are promised the node. */
  changed(): void { this.version = ++versions }

  #count(pod: PodInfo, by: 1 | -1): void {
    this.version = ++versions
    this.requested.add(pod.requests, by)
    this.scored.cpu += by * pod.scored.cpu
    this.scored.memory += by * pod.scored.memory
    for (const port of pod.ports) {
      const key = `${port.ip}/${port.protocol}/${port.port}`, uses = (this.ports.get(key)?.uses ?? 0) + by
      if (uses > 0) this.ports.set(key, { ...port, uses })
      else this.ports.delete(key)
    }
  }
}
