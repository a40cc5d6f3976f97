// Why a pod is on no node, asked of the rules outside of any scheduling: every rule of every node is heard, not just the first that refuses.
import { namespace, node as nodeKind, pod as podKind, type Pod } from '#kinds'
import type { Cluster } from '#client'
import { assembleProfile, type ProfileConfiguration } from './assemble-profile.ts'
import { Cycle } from './cycle-state.ts'
import { noFigures } from './figures.ts'
import type { Handle } from './framework.ts'
import { Nodes } from './nodes.ts'
import { inTreePlugins } from './plugins/index.ts'
import { podInfoOf } from './pod-info.ts'
import type { Profile } from './profile.ts'

export interface NodeRefusal { readonly plugin: string; readonly reasons: readonly string[] }
export interface Refused {
  /** Why no node was asked. */
  readonly nowhere?: NodeRefusal
  /** Nodes and what refuses them; an empty list: the pod would fit. */
  readonly nodes: ReadonlyMap<string, readonly NodeRefusal[]>
}

/** Fills the caches that the rules read, then asks them about the pod as the cluster is now. Writes nothing. */
export async function whatRefuses(cluster: Cluster, pod: Pod, configuration: ProfileConfiguration = {}): Promise<Refused> {
  await cluster.synced([nodeKind, podKind, namespace, ...new Set(inTreePlugins.flatMap((factory) => factory.reads ?? []))])
  const nodes = new Nodes((name) => cluster.get(namespace, { name })?.metadata.labels ?? {})
  const handle: Handle = { cluster, events: cluster.events, figures: noFigures, nodes, profile: configuration.schedulerName ?? 'default-scheduler', extenders: [], activate() {}, waiting: () => undefined, nominated: () => [], fits: () => undefined, told() {}, halted: Promise.resolve(), background() {} }
  const profile: Profile = assembleProfile(configuration, inTreePlugins, handle)
  for (const one of cluster.list(nodeKind)) nodes.setNode(one)
  for (const one of cluster.list(podKind)) if (one.spec.nodeName && one.status?.phase !== 'Succeeded' && one.status?.phase !== 'Failed') nodes.place(podInfoOf(one), one.spec.nodeName)

  const cycle = new Cycle(podInfoOf(pod)), before = profile.preFilter(cycle)
  if (before.refusal) return { nowhere: { plugin: before.by ?? '', reasons: before.refusal.reasons }, nodes: new Map() }
  return { nodes: new Map(nodes.list.map((node) => {
    const excluded = before.only && !before.only.has(node.name) ? [{ plugin: [...before.restrictedBy].join(', '), reasons: [`node(s) didn't satisfy plugin(s) [${[...before.restrictedBy].sort().join(' ')}]`] }] : []
    return [node.name, [...excluded, ...cycle.tests.flatMap(({ plugin, test }) => { const status = test(node); return status && status.code !== 'Success' ? [{ plugin: plugin.name, reasons: status.reasons }] : [] })]]
  })) }
}
