import type { Cluster, Controller } from '#client'
import { node, pod, type Node, type Pod } from '#kinds'
import { formatTime, is, same } from '#machinery'
import { noFigures } from './figures.ts'
import { podsByNode } from './node-lifecycle.ts'
import { evictedAt, toleratesAll } from './nodes/tolerations.ts'

/** What becomes of a pod on a tainted node. When it goes is decided once, until it is cancelled. */
interface Work { readonly uid: string; readonly at: number; readonly isLater: boolean; isTold?: true; isDone?: true }

/** Drives pods off nodes whose NoExecute taints they do not tolerate, or no longer. */
export function taintEvictionController(figures = noFigures): Controller<Pod> {
  /** By namespace and name. */
  const works = new Map<string, Work>()
  const keyOf = ({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }) => `${namespace}/${name}`

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
      const n = cluster.get(node, { name: p.spec.nodeName ?? '' }), now = cluster.clock.now(), key = keyOf(p.metadata), { uid } = p.metadata
      if (works.has(key) && works.get(key)?.uid !== uid) cancel(key, cluster)
      // What was decided on a node that is gone since is carried out.
      const at = n ? evictedAt(p, n.spec.taints ?? [], now) : works.get(key)?.at
      if (at === undefined) { cancel(key, cluster); return }
      const mustGo = n !== undefined && !toleratesAll(p, n.spec.taints ?? [])
      if (mustGo && works.get(key)?.isLater && !works.get(key)?.isDone) cancel(key, cluster)
      const work = works.get(key) ?? { uid, at, isLater: !mustGo && at > now }
      works.set(key, work)
      if (work.isDone) return
      if (work.at > now) return { againIn: work.at - now }
      if (!work.isTold) tell(key, 'Marking for deletion', cluster)
      work.isTold = true
      await evict(p, cluster)
      figures.podEvicted(cluster.clock.now() - work.at, false)
      work.isDone = true
    },
    async reconcileDeleted(target, cluster) { cancel(keyOf(target), cluster) },
  }

  function cancel(key: string, cluster: Cluster): void {
    const work = works.get(key)
    if (work?.isLater && !work.isTold) tell(key, 'Cancelling deletion of', cluster)
    works.delete(key)
  }
}
const isTainted = (n: Node | undefined): boolean => n?.spec.taints?.some((taint) => taint.effect === 'NoExecute') ?? false

/** Its events name a pod as people do: no uid is meant. */
function tell(key: string, what: 'Marking for deletion' | 'Cancelling deletion of', cluster: Cluster): void {
  const slash = key.indexOf('/'), named = { metadata: { namespace: key.slice(0, slash), name: key.slice(slash + 1) } } as Pod
  cluster.events.record(pod, named, 'Normal', 'TaintManagerEviction', `${what} Pod ${key}`)
}

async function evict(p: Pod, cluster: Cluster): Promise<void> {
  try {
    await cluster.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: { conditions: [{
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint', lastTransitionTime: formatTime(cluster.clock.now()) }] } }, { subresource: 'status' })
    await cluster.delete(pod, p)
  } catch (error) { if (!is(error, 'NotFound')) throw error }
}
