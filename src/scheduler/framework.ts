// What a plugin is: one file, one rule about where pods may or should go. `definePlugin` makes one, a profile of the configuration says
// where it takes part, and `startScheduler(cluster, { plugins })` adds those of a user of the library.
//
// A cycle goes: preFilter, filter (node by node), postFilter when no node is left; preScore, score; reserve, permit; then, while the next
// pod is already being placed, preBind, bind, postBind. Up to permit nothing waits: a plugin answers from caches (`handle.cluster.get`,
// whose kinds it names in `reads`) and from `handle.nodes`. What it promises in `reserve` it takes back in `unreserve`; what takes time
// (writing a claim, waiting for a volume) it does in `preBind`, which may be as long as it likes, as a promise. What it has worked out
// about a pod it leaves in the cycle under a key of its own (`stateKey`), and what could change its refusal it says in `events`.
import type { Cluster, Recorder } from '#client'
import type { AnyObject, Kind } from '#machinery'
import type { DeviceTaintRule, Pod } from '#kinds'
import type { Actions, Resource } from './cluster-events.ts'
import type { Cycle } from './cycle-state.ts'
import type { Figures } from './figures.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nodes } from './nodes.ts'
import type { PodInfo } from './pod-info.ts'
import type { Status } from './status.ts'
import type { WaitingPod } from './waiting-pods.ts'

/** Asked of every node; must not wait, and is asked again when preemption tries what would be if pods were gone. */
export type NodeTest = (node: NodeInfo) => Status | undefined

export interface NodeScore {
  /** As of a test: it depends on the node alone, and on the pod's signature. Such scores are not normalized. */
  readonly local?: true
  of(node: NodeInfo): number
  /** Brings the scores of the feasible nodes to 0..100, in place. */
  normalize?(scores: number[], nodes: readonly NodeInfo[]): void
}

/** A pod in the queue, as far as its order matters. */
export interface Queued { readonly pod: PodInfo; readonly since: number; readonly order: number }

/** What may make a pod fit that this plugin refused. */
export interface Wake {
  readonly on: Resource
  readonly actions: Actions
  /** Whether this very change may help this pod; default: it may. */
  readonly helps?: (pod: PodInfo, old: AnyObject | undefined, now: AnyObject | undefined) => boolean
}

/** Why no node would do: by node, or for those that were not asked. It may change when the next pod is tried: not to be kept. */
export interface Refusals {
  readonly byNode: ReadonlyMap<NodeInfo, Status>
  readonly others: Status
  /** For how many of these nodes each reason was given. */
  readonly reasons: ReadonlyMap<string, number>
  /** Those of them that pods might leave so that the pod fits ('Unschedulable'), in no particular order. */
  readonly resolvable: readonly NodeInfo[]
}
export interface PostFilterResult { readonly status?: Status | undefined; /** The node that the pod shall go to soon; '' takes a nomination back. */ readonly nominate?: string }

export interface Plugin {
  readonly name: string
  /** Its test looks at nothing but the node that it is asked about, and of the pod only at what `PodInfo.signature` stands for (or says what else: `cycle.dependOn`): answers are remembered. */
  readonly local?: true
  /** Without any: every change may help. */
  readonly events?: readonly Wake[]
  /** Whether the pod may be tried at all; a refusal keeps it out of the queue and is no attempt. */
  preEnqueue?(pod: PodInfo): Status | undefined
  /** QueueSort: whether a comes before b. Exactly one plugin orders the queue, the same in all profiles. */
  before?(a: Queued, b: Queued): boolean
  /** `nodes`: only these; `skip`: the plugin's filter is not asked. */
  preFilter?(cycle: Cycle): Status | { readonly nodes: ReadonlySet<string> } | undefined
  /** The test for the nodes; undefined: nothing to say about this pod. */
  filter?(cycle: Cycle): NodeTest | undefined
  /** While a test looks at what would be without (or with) a pod: keep what the cycle holds in step. Those that read `handle.nodes` need not. */
  podRemoved?(cycle: Cycle, gone: PodInfo, node: NodeInfo): void
  podAdded?(cycle: Cycle, come: PodInfo, node: NodeInfo): void
  postFilter?(cycle: Cycle, refusals: Refusals): PostFilterResult | Promise<PostFilterResult>
  preScore?(cycle: Cycle, nodes: readonly NodeInfo[]): Status | undefined
  score?(cycle: Cycle, nodes: readonly NodeInfo[]): NodeScore | undefined
  reserve?(cycle: Cycle, node: NodeInfo): Status | undefined
  /** Must do nothing where nothing was reserved. */
  unreserve?(cycle: Cycle, node: NodeInfo): void
  permit?(cycle: Cycle, node: NodeInfo): Status | undefined
  /** Whether preBind will have something to do; if so the pod is nominated for the node meanwhile. `skip`: nothing. */
  preBindPreFlight?(cycle: Cycle, node: NodeInfo): Status | undefined
  preBind?(cycle: Cycle, node: NodeInfo): Promise<Status | undefined>
  bind?(cycle: Cycle, node: NodeInfo): Promise<Status | undefined>
  postBind?(cycle: Cycle, node: NodeInfo): void
}

/** What a plugin may use. */
export interface Handle {
  /** Caches, the client, the clock, chance and the log, under the scheduler's identity. */
  readonly cluster: Cluster
  readonly nodes: Nodes
  /** The profile's schedulerName. */
  readonly profile: string
  /** Notes events in the profile's name. */
  readonly events: Recorder
  readonly figures: Figures
  /** Rules that taint devices, where there are such. */
  readonly deviceTaintRules?: Kind<DeviceTaintRule>
  /** Puts waiting pods into the active queue, whatever their plugins say. */
  activate(pods: Iterable<Pod>): void
  /** A pod that a permit plugin holds back. */
  waiting(uid: string): WaitingPod | undefined
  /** Asks all filters of the cycle about the node as it is now, with the more important pods that are nominated for it. */
  fits(cycle: Cycle, node: NodeInfo): Status | undefined
  /** Tells the plugins of the cycle that a test has changed what is on a node. */
  told(cycle: Cycle, change: 'added' | 'removed', pod: PodInfo, node: NodeInfo): void
  /** Pods for which room is being made on the node. */
  nominated(node: string): readonly PodInfo[]
  /** Lets extenders narrow the candidates of a preemption. */
  readonly extenders: readonly Extender[]
  /** Resolves when the scheduler stops: what waits gives up. */
  readonly halted: Promise<void>
  /** Work that goes on after the cycle; the scheduler waits for it when it stops. */
  background(work: Promise<void>): void
}

export interface Victims { readonly pods: readonly PodInfo[]; readonly violations: number }
/** Somebody outside who has a say (an HTTP service of the configuration). */
export interface Extender {
  readonly name: string
  readonly ignorable: boolean
  readonly weight: number
  interested(pod: PodInfo): boolean
  filter?(pod: PodInfo, nodes: readonly NodeInfo[]): Promise<{ nodes: readonly NodeInfo[]; failed: ReadonlyMap<string, string>; unresolvable: ReadonlyMap<string, string> }>
  prioritize?(pod: PodInfo, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>>
  preempt?(pod: PodInfo, victims: ReadonlyMap<NodeInfo, Victims>): Promise<ReadonlyMap<NodeInfo, Victims>>
  bind?(pod: PodInfo, node: string): Promise<void>
}

/** How a plugin comes to be: once for each profile that has it. */
export interface PluginFactory<Args = unknown> {
  readonly name: string
  /** Kinds whose caches it reads: they are filled before the first pod is placed. Changes of them are events by their kind's name. */
  readonly reads?: readonly Kind[]
  make(handle: Handle, args: Args): Plugin
}
/** A plugin of the registry, with the type of its arguments. `Args` is what the configuration's `pluginConfig` holds for it; {} when nothing. */
export const definePlugin = <Args = unknown>(factory: PluginFactory<Args>): PluginFactory<Args> => factory
