import type { Cluster, Controller } from '#client'
import { node, pod, type Node, type Pod } from '#kinds'
import { formatTime, is, same } from '#machinery'
import { podsByNode } from './node-lifecycle.ts'
import { evictedAt } from './nodes/tolerations.ts'
import { isFinished } from './pod-state.ts'

/** Drives pods off nodes whose NoExecute taints they do not tolerate, or no longer. */
export function taintEvictionController(): Controller<Pod> {
  /** When a pod was first seen on a node with such taints. */
  const seen = new Map<string, number>()

  return {
    name: 'taint-eviction', identity: 'node-controller', for: pod, reads: [node], workers: 8,
    concerns: ({ object, old }, cluster) => object.spec.nodeName !== undefined && (old === undefined || old.spec.nodeName !== object.spec.nodeName || !same(old.spec.tolerations, object.spec.tolerations))
      && isTainted(cluster.get(node, { name: object.spec.nodeName })),
    watches: [{ kind: node, map: ({ type, object, old }, cluster) => {
      const now = object as Node, before = old as Node | undefined
      if (type === 'DELETED' || (!isTainted(now) && !isTainted(before)) || (before && same(now.spec.taints, before.spec.taints))) return []
      return cluster.by(podsByNode, now.metadata.name).map((p) => p.metadata)
    } }],

    async reconcile(p, cluster) {
      const taints = cluster.get(node, { name: p.spec.nodeName ?? '' })?.spec.taints ?? [], now = cluster.clock.now(), { uid } = p.metadata
      if (p.metadata.deletionTimestamp || isFinished(p)) { seen.delete(uid); return }
      if (!taints.some((taint) => taint.effect === 'NoExecute')) {
        if (seen.delete(uid)) cluster.events.record(pod, p, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${p.metadata.namespace ?? ''}/${p.metadata.name}`)
        return
      }
      const since = seen.get(uid) ?? now
      const at = evictedAt(p, taints, since)
      if (at === undefined) { seen.delete(uid); return }
      seen.set(uid, since)
      if (at > now) return { againIn: at - now }
      cluster.events.record(pod, p, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${p.metadata.namespace ?? ''}/${p.metadata.name}`)
      await evict(p, cluster)
      seen.delete(uid)
    },
    async reconcileDeleted() {
      if (seen.size > maxSeen) seen.clear()
    },
  }
}
const maxSeen = 200_000
const isTainted = (n: Node | undefined): boolean => n?.spec.taints?.some((taint) => taint.effect === 'NoExecute') ?? false

async function evict(p: Pod, cluster: Cluster): Promise<void> {
  try {
    await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { conditions: [{
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint', lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { subresource: 'status' })
    await cluster.delete(pod, p)
  } catch (error) { if (!is(error, 'NotFound')) throw error }
}
