// For tests of rules: a cluster that stands still, of the nodes and pods that a test names, and a profile to ask about them.
import type { Cluster, Index } from '#client'
import type { Node, Pod } from '#kinds'
import { seeded, silent, type AnyObject, type Kind } from '#machinery'
import { assembleProfile, type ProfileConfiguration } from './assemble-profile.ts'
import { Cycle } from './cycle-state.ts'
import { noFigures } from './figures.ts'
import { findNode, type Placement, type Unplaced } from './cycle.ts'
import { fits } from './search.ts'
import type { Extender, Handle, PluginFactory } from './framework.ts'
import { explain } from './message.ts'
import { Nodes } from './nodes.ts'
import { inTreePlugins } from './plugins/index.ts'
import { podInfoOf } from './pod-info.ts'
import type { Profile } from './profile.ts'
import { Nominator } from './queue/nominator.ts'

let serial = 0
/** A pod of namespace "d" with a uid of its own. */
export const podOf = (spec: object, name = `p${++serial}`, metadata: object = {}, status?: object): Pod => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'd', uid: `u${++serial}`, resourceVersion: '1', creationTimestamp: '2030-01-01T00:00:00Z', ...metadata }, spec: { containers: [{ name: 'c' }], ...spec }, ...(status && { status }),
}) as unknown as Pod // allowed: a test says only what matters to it
/** The spec of a pod with one container that asks for this. */
export const asks = (requests: Record<string, string>, more: object = {}) => ({ containers: [{ name: 'c', resources: { requests } }], ...more })

export interface Placed { readonly node: Node; readonly pods: readonly Pod[] }
/** A node of 4 cores, 8 GiB and 10 places, with these pods on it. */
export const nodeOf = (name: string, more: { labels?: object; spec?: object; allocatable?: object; status?: object } = {}, pods: readonly Pod[] = []): Placed => ({
  pods, node: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } }, spec: { ...more.spec }, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...more.allocatable }, ...more.status } } as unknown as Node, // allowed: as above
})

export interface Still {
  readonly objects?: readonly AnyObject[]
  readonly profile?: ProfileConfiguration
  readonly plugins?: readonly PluginFactory<never>[]
  readonly extenders?: readonly Extender[]
  readonly nominated?: readonly [Pod, string][]
}

export class StillCluster {
  readonly nodes: Nodes
  readonly profile: Profile
  readonly nominator = new Nominator((name) => { this.nodes.changed(name) })
  readonly #extenders: readonly Extender[]
  /** What preemption has told to leave. */
  readonly evicted: string[] = []

  constructor(placed: readonly Placed[], { objects = [], profile = {}, plugins = [], extenders = [], nominated = [] }: Still = {}) {
    const of = (kind: Kind) => objects.filter((o) => (o as { kind?: string }).kind === kind.kind), inNamespace = (namespace: string | undefined) => (o: AnyObject) => namespace === undefined || o.metadata.namespace === undefined || o.metadata.namespace === namespace
    const cluster = {
      clock: { now: () => Date.UTC(2030, 0, 1), after: () => () => {} }, random: seeded(1), log: silent, events: { record() {} },
      get: (kind: Kind, { name, namespace }: { name: string; namespace?: string }) => of(kind).filter(inNamespace(namespace)).find((o) => o.metadata.name === name),
      list: (kind: Kind, { namespace }: { namespace?: string } = {}) => of(kind).filter(inNamespace(namespace)),
      by: <T extends AnyObject>({ kind, values }: Index<T>, value: string) => of(kind as Kind).filter((o) => values(o as T).includes(value)),
      patch: async () => {}, delete: async (_: Kind, { metadata }: AnyObject) => { this.evicted.push(metadata.name) },
    } as unknown as Cluster // allowed: rules read caches, and nothing else is there
    this.nodes = new Nodes((name) => objects.find((o) => (o as { kind?: string }).kind === 'Namespace' && o.metadata.name === name)?.metadata.labels ?? {})
    this.#extenders = extenders
    const handle: Handle = {
      cluster, nodes: this.nodes, profile: 'default-scheduler', events: cluster.events, figures: noFigures, extenders, activate() {}, waiting: () => undefined, nominated: (node) => this.nominator.all(node), halted: new Promise(() => {}),
      fits: (cycle, node) => fits(cycle, node, { nominator: this.nominator, nodes: this.nodes, profile: this.profile })?.status,
      told: (cycle, change, pod, node) => { this.profile.told(cycle, change, pod, node) }, background: (work) => { void work },
    }
    this.profile = assembleProfile(profile, [...inTreePlugins, ...plugins as readonly PluginFactory[]], handle, plugins)
    for (const { node, pods } of placed) {
      this.nodes.setNode(node)
      for (const pod of pods) this.nodes.place(podInfoOf(pod), node.metadata.name)
    }
    for (const [pod, node] of nominated) this.nominator.set(podInfoOf(pod), node)
  }

  /** One scheduling cycle. */
  async find(pod: Pod, cycle = new Cycle(podInfoOf(pod))): Promise<Placement | Unplaced> {
    return findNode(cycle, { nodes: this.nodes, profile: this.profile, nominator: this.nominator, extenders: this.#extenders, random: seeded(1), start: 0 })
  }
  /** The node's name; or the message, and behind an arrow what preemption makes of it. */
  async outcome(pod: Pod): Promise<string> {
    const cycle = new Cycle(podInfoOf(pod)), found = await this.find(pod, cycle)
    if (found.node !== undefined) return found.node.name
    if (found.nodes === 0) return explain(found)
    const { status, nominate } = await this.profile.postFilter(cycle, found)
    await Promise.resolve()
    await new Promise((resolve) => { queueMicrotask(() => { resolve(undefined) }) })
    for (let i = 0; i < 50; i++) await Promise.resolve()
    return explain(found, status?.reasons) + (nominate ? ` -> ${nominate} -${this.evicted.join(',')}` : '')
  }
  /** The score that one plugin gives to each node, normalized, in the order of names. */
  scores(pod: Pod, plugin: string): Readonly<Record<string, number>> {
    const cycle = new Cycle(podInfoOf(pod)), one = this.profile.at('score').find((p) => p.name === plugin)!, nodes = this.nodes.list
    this.profile.preFilter(cycle)
    if (one.preScore?.(cycle, nodes)?.code === 'Skip') return {}
    const scorer = one.score!(cycle, nodes)
    if (!scorer) return {}
    const scores = nodes.map((node) => scorer.of(node))
    scorer.normalize?.(scores, nodes)
    return Object.fromEntries(nodes.map((node, i) => [node.name, scores[i]!]))
  }
}
