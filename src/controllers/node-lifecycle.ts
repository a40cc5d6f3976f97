import { indexOf, type Again, type Change, type Cluster, type Controller } from '#client'
import { lease, node, pod, type Lease, type Node } from '#kinds'
import { formatTime, is, type AnyObject } from '#machinery'
import { noFigures, type ControllerFigures } from './figures.ts'
import { allDown, pace, usualRates, zoneOf, type EvictionRates } from './nodes/disruption.ts'
import { conditionOf, readiness, silenced, silentAt, type Heard } from './nodes/health.ts'
import { taintsOf, unreadyKey, type Eviction } from './nodes/taints.ts'
import { isReady } from './pod-state.ts'

export const podsByNode = indexOf(pod, (p) => (p.spec.nodeName ? [p.spec.nodeName] : []))
const leaseNamespace = 'kube-node-lease'
const defaultGraceMs = 50_000, defaultStartupGraceMs = 60_000
/** Nodes are few, but each that fails concerns all of them. */
const disruptionLookMs = 5_000
const mirrored = [['kubernetes.io/os', 'beta.kubernetes.io/os'], ['kubernetes.io/arch', 'beta.kubernetes.io/arch']] as const

export interface NodeLifecycleOptions {
  /** A node is not ready when nothing has been heard of it for so long; default 50 s. */
  readonly monitorGracePeriodMs?: number | undefined
  /** The same for a node that has never told its status; default 60 s. */
  readonly startupGracePeriodMs?: number | undefined
  readonly evictionRates?: EvictionRates | undefined
  readonly figures?: ControllerFigures | undefined
}

/** Notices nodes whose agent has fallen silent, and keeps the taints that tell schedulers and pods what state a node is in. */
export function nodeLifecycleController({ monitorGracePeriodMs = defaultGraceMs, startupGracePeriodMs = defaultStartupGraceMs, evictionRates = usualRates, figures = noFigures }: NodeLifecycleOptions = {}): Controller<Node> {
  const grace = { usual: monitorGracePeriodMs, startup: startupGracePeriodMs }
  // By our own clock: those of nodes may differ.
  const heard = new Map<string, { readonly at: number; readonly sign: string }>()
  /** Nodes that we have seen, with their uids: one that goes is told of. */
  const known = new Map<string, string>()
  const emptiedAt = new Map<string, number>()
  const hear = (name: string, part: 'lease' | 'status', sign: string, now: number) => {
    const key = `${part}/${name}`
    if (heard.get(key)?.sign !== sign) heard.set(key, { at: now, sign })
  }
  const heardAt = (name: string): Heard => ({ lease: heard.get(`lease/${name}`)?.at, status: heard.get(`status/${name}`)?.at })

  return {
    name: 'node-lifecycle', identity: 'node-controller', for: node, reads: [pod],
    // A renewal only moves the moment at which the node would be late: no reason to reconcile.
    watches: [{ kind: lease, map: ({ type, object }: Change<AnyObject>, cluster) => {
      if (object.metadata.namespace === leaseNamespace && type !== 'DELETED') hear(object.metadata.name, 'lease', (object as Lease).spec?.renewTime ?? '', cluster.clock.now())
      return []
    } }],

    async reconcile(given, cluster) {
      const { name } = given.metadata, now = cluster.clock.now()
      if (!known.has(name)) {
        known.set(name, given.metadata.uid)
        cluster.events.record(node, namedNode(name, given.metadata.uid), 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
      }
      hear(name, 'status', conditionOf(given, 'Ready')?.lastHeartbeatTime ?? '', now)
      const n = await noticeSilence(await mirrorLabels(given, cluster), silentAt(given, heardAt(name), grace), cluster)
      if (isSilent(n)) await markPodsNotReady(n, cluster)
      const eviction = mayEmpty(n, cluster)
      const taints = taintsOf(n, eviction.now, now)
      if (taints) await cluster.patch(node, n.metadata, 'merge', { metadata: { resourceVersion: n.metadata.resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } })
      const late = isSilent(n) ? undefined : silentAt(n, heardAt(name), grace) - now + 1
      return soonest(late, eviction.againIn)
    },
    async reconcileDeleted({ name }, cluster) {
      const uid = known.get(name)
      if (uid !== undefined) cluster.events.record(node, namedNode(name, uid), 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`)
      known.delete(name)
      heard.delete(`lease/${name}`)
      heard.delete(`status/${name}`)
    },
  }

  /** Pods are driven off a node that is not ready, one node of a zone after the other. */
  function mayEmpty(n: Node, cluster: Cluster): { now: Eviction; againIn?: number } {
    const key = conditionOf(n, 'Ready') ? unreadyKey(n) : undefined, now = cluster.clock.now()
    if (!key) return { now: 'no' }
    const all = cluster.list(node).map((other) => (other.metadata.name === n.metadata.name ? n : other)), interval = pace(zoneOf(n), all, evictionRates)
    if (interval === undefined) return { now: allDown(all) ? 'no' : 'wait', againIn: disruptionLookMs }
    const has = n.spec.taints?.some((taint) => taint.effect === 'NoExecute' && (taint.key === key || taint.key === 'node.kubernetes.io/not-ready' || taint.key === 'node.kubernetes.io/unreachable'))
    if (has) return { now: 'yes' }
    const next = (emptiedAt.get(zoneOf(n)) ?? -Infinity) + interval
    if (next > now) return { now: 'wait', againIn: next - now }
    emptiedAt.set(zoneOf(n), now)
    figures.nodeEmptied(zoneOf(n))
    return { now: 'yes' }
  }
}

const soonest = (...waits: (number | undefined)[]): Again | void => {
  const known = waits.filter((wait) => wait !== undefined)
  if (known.length > 0) return { againIn: Math.max(1, Math.min(...known)) }
}

/** As events of controllers name a node: no version of it is meant. */
export const namedNode = (name: string, uid: string): Node => ({ metadata: { name, uid } }) as Node

const isSilent = (n: Node): boolean => conditionOf(n, 'Ready')?.status === 'Unknown'

async function noticeSilence(n: Node, at: number, cluster: Cluster): Promise<Node> {
  const now = cluster.clock.now()
  if (now < at || isSilent(n)) return n
  const silent = await cluster.updateStatus(node, n, { ...n.status, conditions: silenced(n, now) })
  if (readiness(n) === 'True') cluster.events.record(node, namedNode(n.metadata.name, n.metadata.uid), 'Normal', 'NodeNotReady', `Node ${n.metadata.name} status is now: NodeNotReady`)
  return silent
}

/** Nobody can say that they are: traffic goes elsewhere. */
async function markPodsNotReady(n: Node, cluster: Cluster): Promise<void> {
  for (const p of cluster.by(podsByNode, n.metadata.name)) {
    if (!isReady(p)) continue
    try {
      await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { subresource: 'status' })
      cluster.events.record(pod, p, 'Warning', 'NodeNotReady', 'Node is not ready')
    } catch (error) { if (!is(error, 'NotFound') && !is(error, 'Conflict')) throw error }
  }
}

/** The older names of two labels, which selectors still use. */
async function mirrorLabels(n: Node, cluster: Cluster): Promise<Node> {
  const labels: Record<string, string> = {}
  for (const [from, to] of mirrored) {
    const value = n.metadata.labels?.[from]
    if (value !== undefined && n.metadata.labels?.[to] !== value) labels[to] = value
  }
  return Object.keys(labels).length === 0 ? n : cluster.patch(node, n.metadata, 'merge', { metadata: { labels } })
}
