import { controllerOf, watching, type Controller } from '#client'
import { pod, replicationController, type ReplicationController } from '#kinds'
import { selectorOfSet } from '#machinery'
import { isActive } from './pod-state.ts'
import { reconcileReplicas } from './replicas/reconcile.ts'
import { restOf } from './replicas/rest.ts'

/** Keeps as many pods alive as the ReplicationController asks for: a ReplicaSet with an older selector. */
export const replicationControllerController: Controller<ReplicationController> = {
  name: 'replicationcontroller', identity: 'replication-controller', for: replicationController, owns: [pod],
  watches: [watching(pod, (p, cluster) => (controllerOf(p) || !isActive(p) ? [] : cluster.list(replicationController, { namespace: p.metadata.namespace })
    .filter((rc) => selectorOfSet(rc.spec.selector).matches(p.metadata.labels)).map((rc) => rc.metadata)))],
  rests: ({ status }) => restOf(status.replicas),

  async reconcile(rc, cluster) {
    const { replicas, minReadySeconds = 0, selector = {}, template = {} } = rc.spec
    const related = () => cluster.list(pod, { namespace: rc.metadata.namespace, owner: rc }).filter(isActive)
    const { status, again, error } = await reconcileReplicas(
      { kind: replicationController, object: rc, replicas, minReadySeconds, selector: { matchLabels: selector }, template, related }, rc.status, cluster)
    const { terminatingReplicas: _, ...known } = status
    await cluster.updateStatus(replicationController, rc, known)
    if (error) throw error
    return again
  },
}
