import type { Cluster, Controller } from '#client'
import { node, pod, type Node, type Pod } from '#kinds'
import { formatTime, is } from '#machinery'
import { noFigures, type ControllerFigures } from './figures.ts'
import { podsByNode } from './node-lifecycle.ts'
import { readiness } from './nodes/health.ts'
import { outOfService } from './nodes/taints.ts'
import { createdAt, isFinished } from './pod-state.ts'

/** A node that is gone may come back: its pods are left alone for so long. */
const quarantineMs = 40_000

export interface PodGarbageOptions {
  /** So many finished pods are kept; beyond, the oldest go. 0: all are kept. */
  readonly terminatedPodThreshold?: number
  readonly figures?: ControllerFigures | undefined
}

/** Removes pods that nobody else can: those of nodes that are gone, those that end without ever having had a node, those of nodes out of service, and too many finished ones. */
export function podGarbageCollector({ terminatedPodThreshold = 12_500, figures = noFigures }: PodGarbageOptions = {}): Controller<Pod> {
  const missingSince = new Map<string, number>()
  const finished = new Map<string, Pod>()

  return {
    name: 'pod-garbage-collector', identity: 'pod-garbage-collector', for: pod, reads: [node], workers: 8,
    concerns({ object: p }, cluster) {
      if (isFinished(p)) finished.set(p.metadata.uid, p)
      if (terminatedPodThreshold > 0 && finished.size > terminatedPodThreshold) return true
      return p.spec.nodeName ? !cluster.get(node, { name: p.spec.nodeName }) || p.metadata.deletionTimestamp !== undefined : p.metadata.deletionTimestamp !== undefined
    },
    watches: [{ kind: node, map: ({ type, object, old }, cluster) => {
      const n = object as Node
      if (type === 'MODIFIED' && (!isOutOfService(n) || (old && isOutOfService(old as Node)))) return []
      return type === 'ADDED' ? [] : cluster.by(podsByNode, n.metadata.name).map((p) => p.metadata)
    } }],

    async reconcile(p, cluster) {
      await removeOldest(cluster)
      const now = cluster.clock.now(), name = p.spec.nodeName, ending = p.metadata.deletionTimestamp !== undefined
      if (!name) { if (ending) await remove(p, 'unscheduled', cluster, figures); return }
      const n = cluster.get(node, { name })
      if (n) {
        missingSince.delete(name)
        if (ending && isOutOfService(n)) await remove(p, 'out-of-service', cluster, figures)
        return
      }
      const since = missingSince.get(name) ?? now
      missingSince.set(name, since)
      if (since + quarantineMs > now) return { againIn: since + quarantineMs - now }
      if (!await isGone(name, cluster)) return { againIn: quarantineMs }
      await remove(p, 'orphaned', cluster, figures)
    },
    async reconcileDeleted(target, cluster) {
      for (const [uid, p] of finished) if (p.metadata.name === target.name && p.metadata.namespace === target.namespace) finished.delete(uid)
      for (const name of missingSince.keys()) if (cluster.by(podsByNode, name).length === 0) missingSince.delete(name)
    },
  }

  async function removeOldest(cluster: Cluster): Promise<void> {
    const surplus = terminatedPodThreshold > 0 ? finished.size - terminatedPodThreshold : 0
    if (surplus <= 0) return
    const victims = [...finished.values()].toSorted(evictedAndOldFirst).slice(0, surplus)
    for (const victim of victims) {
      finished.delete(victim.metadata.uid)
      await counted(victim, 'terminated', figures, () => cluster.delete(pod, victim, { gracePeriodSeconds: 0 }))
    }
  }
}

const isOutOfService = (n: Node): boolean => readiness(n) !== 'True' && (n.spec.taints?.some((taint) => taint.key === outOfService) ?? false)

/** Asked of the server itself: what is deleted by force may still run. */
async function isGone(name: string, cluster: Cluster): Promise<boolean> {
  try { await cluster.client.get(node, { name }); return false } catch (error) {
    if (is(error, 'NotFound')) return true
    throw error
  }
}

/** What somebody has evicted is of no use to the controller that made it. */
export function evictedAndOldFirst(a: Pod, b: Pod): number {
  const evicted = ({ status }: Pod) => Number(status.phase === 'Failed' && status.reason === 'Evicted')
  return evicted(b) - evicted(a) || createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

/** Only of a pod whose node is gone it is said that it was disrupted: others end as they were asked to. */
async function remove(p: Pod, why: 'orphaned' | 'unscheduled' | 'out-of-service', cluster: Cluster, figures: ControllerFigures): Promise<void> {
  await counted(p, why, figures, async () => {
    if (!isFinished(p)) {
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists', lastTransitionTime: formatTime(cluster.clock.now()) }
      await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { phase: 'Failed', ...(why === 'orphaned' && { conditions: [condition] }) } }, { subresource: 'status' })
    }
    await cluster.delete(pod, p, { gracePeriodSeconds: 0 })
  }).catch((error: unknown) => { if (!is(error, 'NotFound')) throw error })
}
async function counted({ metadata: { namespace = '' } }: Pod, reason: Parameters<ControllerFigures['podCollected']>[1], figures: ControllerFigures, run: () => Promise<void>): Promise<void> {
  try { await run() } catch (error) {
    figures.podCollected(namespace, reason, true)
    throw error
  }
  figures.podCollected(namespace, reason, false)
}
