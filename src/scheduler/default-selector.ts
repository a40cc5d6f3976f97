// Which pods belong with a pod that says nothing about spreading: those of its services, and of the controller that owns it.
import { replicaSet, replicationController, service, statefulSet, type Pod } from '#kinds'
import type { Cluster } from '#client'
import type { Kind, LabelSelector } from '#machinery'

export const selectedBy: readonly Kind[] = [service, replicationController, replicaSet, statefulSet]

/** undefined: nothing selects it. */
export function defaultSelector(cluster: Cluster, { metadata: { namespace, labels = {}, ownerReferences } }: Pod): LabelSelector | undefined {
  const matchLabels: Record<string, string> = {}
  for (const { spec } of cluster.list(service, { namespace })) {
    const selector = Object.entries(spec?.selector ?? {})
    if (selector.length > 0 && selector.every(([key, value]) => labels[key] === value)) Object.assign(matchLabels, spec!.selector)
  }
  const owner = ownerReferences?.find((o) => o.controller), target = owner && { namespace, name: owner.name }
  let bySet: LabelSelector | undefined
  if (target && owner.kind === 'ReplicationController') Object.assign(matchLabels, cluster.get(replicationController, target)?.spec?.selector)
  else if (target && owner.kind === 'ReplicaSet') bySet = cluster.get(replicaSet, target)?.spec?.selector
  else if (target && owner.kind === 'StatefulSet') bySet = cluster.get(statefulSet, target)?.spec?.selector
  const all = { ...matchLabels, ...bySet?.matchLabels }
  return Object.keys(all).length === 0 && !bySet?.matchExpressions?.length ? undefined : { matchLabels: all, ...(bySet?.matchExpressions && { matchExpressions: bySet.matchExpressions }) }
}
