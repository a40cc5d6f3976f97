// What a plugin is: one rule about where pods may or should go. A plugin is one file under a hundred lines.
import type { Node, PersistentVolumeClaim, Pod } from '#kinds'
import type { NodeInfo } from './node-info.ts'

/** Everything a rule may look at. */
export interface Nodes {
  readonly all: readonly NodeInfo[]
  get(name: string): NodeInfo | undefined
  namespaceLabels(name: string): Readonly<Record<string, string>>
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
}

/** Why a node will not do. `final`: no pod's leaving would change it, so that preemption need not try. */
export interface Refusal { readonly reasons: readonly string[]; readonly final: boolean }
export const refuse = (...reasons: string[]): Refusal => ({ reasons, final: false })
export const refuseForGood = (...reasons: string[]): Refusal => ({ reasons, final: true })

/** What a plugin has worked out about one pod before it looks at nodes; undefined: the plugin has nothing to say about this pod. */
export interface Prepared {
  /** The pod cannot go anywhere at the moment; nothing else is asked. */
  readonly nowhere?: Refusal
  filter?(node: NodeInfo): Refusal | undefined
  /** A raw score; larger is better. Scaled to 0..100 over the feasible nodes by `normalize`, or as it is. */
  score?(node: NodeInfo): number
  readonly normalize?: 'none' | 'scale' | 'reverse'
}

export interface Plugin {
  readonly name: string
  /** The weight of its score; default 1. */
  readonly weight?: number
  /** What may make a pod fit that this plugin refused. */
  readonly wakes: readonly ClusterEvent[]
  prepare(pod: Pod, nodes: Nodes): Prepared | undefined
}

/** Something that may let a waiting pod fit. */
export type ClusterEvent = 'node-added' | 'node-labels' | 'node-taints' | 'node-allocatable' | 'pod-gone' | 'pod-placed' | 'pod-updated' | 'volume'

export const events = {
  /** What changed about a node, as far as rules care. */
  ofNode(old: Node, now: Node): ClusterEvent[] {
    const out: ClusterEvent[] = []
    if (JSON.stringify(old.metadata.labels) !== JSON.stringify(now.metadata.labels)) out.push('node-labels')
    if (JSON.stringify(old.spec?.taints) !== JSON.stringify(now.spec?.taints) || old.spec?.unschedulable !== now.spec?.unschedulable) out.push('node-taints')
    if (JSON.stringify(old.status?.allocatable) !== JSON.stringify(now.status?.allocatable)) out.push('node-allocatable')
    return out
  },
}
