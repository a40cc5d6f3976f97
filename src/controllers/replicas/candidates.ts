import { controllerOf, indexOf, type Cluster } from '#client'
import { pod, type Pod } from '#kinds'
import type { AnyObject } from '#machinery'

/** Pods without a controller, by namespace. */
const orphanPods = indexOf(pod, (p) => (controllerOf(p) ? [] : [p.metadata.namespace ?? '']))

/** The pods that an object controls. */
export const controlledPods = (owner: AnyObject, cluster: Cluster): readonly Pod[] =>
  cluster.list(pod, { namespace: owner.metadata.namespace, owner }).filter((p) => controllerOf(p)?.uid === owner.metadata.uid)

/** Pods that the owner controls or may adopt. */
export const candidates = (owner: AnyObject, cluster: Cluster): readonly Pod[] =>
  [...controlledPods(owner, cluster), ...cluster.by(orphanPods, owner.metadata.namespace ?? '')]
