import { controllerOf, watching, type Cluster, type Controller } from '#client'
import { pod, replicaSet, type Pod, type ReplicaSet } from '#kinds'
import { selectorFrom } from '#machinery'
import { isActive } from './pod-state.ts'
import { reconcileReplicas } from './replicas/reconcile.ts'
import { restOf } from './replicas/rest.ts'

/** Keeps as many pods alive as the ReplicaSet asks for. */
export const replicaSetController: Controller<ReplicaSet> = {
  name: 'replicaset', for: replicaSet, owns: [pod],
  watches: [watching(pod, (p, cluster) => (controllerOf(p) || !isActive(p) ? [] : adopters(p, cluster)))],
  rests: ({ status }) => restOf(status.replicas),

  async reconcile(rs, cluster) {
    const { replicas = 1, minReadySeconds = 0, selector, template } = rs.spec
    const { status, again, error } = await reconcileReplicas({ kind: replicaSet, object: rs, replicas, minReadySeconds, selector, template, related: () => relatedPods(rs, cluster) }, rs.status, cluster)
    await cluster.updateStatus(replicaSet, rs, status)
    if (error) throw error
    return again
  },
}

/** ReplicaSets that would select a pod nobody controls. */
const adopters = (p: Pod, cluster: Cluster) =>
  cluster.list(replicaSet, { namespace: p.metadata.namespace }).filter((rs) => selectorFrom(rs.spec.selector).matches(p.metadata.labels)).map((rs) => rs.metadata)

/** The active pods of all ReplicaSets that share our controller: a Deployment's old and new pods crowd a node together. */
function relatedPods(rs: ReplicaSet, cluster: Cluster): readonly Pod[] {
  const uid = controllerOf(rs)?.uid
  const siblings = uid === undefined ? [rs] : cluster.list(replicaSet, { namespace: rs.metadata.namespace, owner: { metadata: { uid } } })
  return siblings.flatMap((sibling) => cluster.list(pod, { namespace: rs.metadata.namespace, owner: sibling }).filter(isActive))
}
