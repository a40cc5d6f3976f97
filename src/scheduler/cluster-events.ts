// What happens in a cluster, as far as it may let a waiting pod fit.
import type { Node, Pod } from '#kinds'
import { same, type AnyObject, type Kind } from '#machinery'
import { podInfoOf } from './pod-info.ts'

/** TargetPod: the waiting pod itself. Other kinds go by "resource.group", as in "persistentvolumes." or "resourceclaims.resource.k8s.io". */
export type Resource = 'Node' | 'AssignedPod' | 'TargetPod' | (string & {})
export type Action = 'Add' | 'Delete' | 'Update'
  | 'UpdateNodeAllocatable' | 'UpdateNodeLabel' | 'UpdateNodeTaint' | 'UpdateNodeCondition' | 'UpdateNodeAnnotation' | 'UpdateNodeDeclaredFeature'
  | 'UpdatePodLabel' | 'UpdatePodScaleDown' | 'UpdatePodToleration' | 'UpdatePodSchedulingGatesEliminated' | 'UpdatePodGeneratedResourceClaim'
export type Actions = readonly Action[]

export interface ClusterEvent {
  readonly on: Resource
  readonly action: Action
  readonly old?: AnyObject | undefined
  readonly now?: AnyObject | undefined
}
export const resourceOf = (kind: Kind): Resource => `${kind.resource}.${kind.group}`

/** Whether somebody who waits for these actions waits for this one: "Update" is every update. */
export const covers = (actions: Actions, action: Action): boolean => actions.includes(action) || (action.startsWith('Update') && actions.includes('Update'))

/** What changed about a node, as far as rules care. */
export function nodeChanges(old: Node, now: Node): Action[] {
  const out: Action[] = []
  if (old.spec?.unschedulable && !now.spec?.unschedulable) out.push('UpdateNodeTaint')
  if (!same(old.status?.allocatable, now.status?.allocatable)) out.push('UpdateNodeAllocatable')
  if (!same(old.metadata.labels, now.metadata.labels)) out.push('UpdateNodeLabel')
  if (!same(old.spec?.taints, now.spec?.taints) && !out.includes('UpdateNodeTaint')) out.push('UpdateNodeTaint')
  if (!same(conditions(old), conditions(now))) out.push('UpdateNodeCondition')
  if (!same(old.metadata.annotations, now.metadata.annotations)) out.push('UpdateNodeAnnotation')
  if (!same(old.status?.declaredFeatures, now.status?.declaredFeatures)) out.push('UpdateNodeDeclaredFeature')
  return out
}
const conditions = (node: Node) => Object.fromEntries((node.status?.conditions ?? []).map((c) => [c.type, c.status]))

/** What changed about a pod; a change that no rule has a name for is an Update. */
export function podChanges(old: Pod, now: Pod): Action[] {
  const out: Action[] = []
  if (!same(old.metadata.labels, now.metadata.labels)) out.push('UpdatePodLabel')
  if (scaledDown(old, now)) out.push('UpdatePodScaleDown')
  if ((old.spec.schedulingGates?.length ?? 0) > 0 && !now.spec.schedulingGates?.length) out.push('UpdatePodSchedulingGatesEliminated')
  if ((old.spec.tolerations?.length ?? 0) !== (now.spec.tolerations?.length ?? 0)) out.push('UpdatePodToleration')
  if (!same(old.status?.resourceClaimStatuses, now.status?.resourceClaimStatuses) || !same(old.status?.extendedResourceClaimStatus, now.status?.extendedResourceClaimStatus)) out.push('UpdatePodGeneratedResourceClaim')
  return out.length > 0 ? out : ['Update']
}
function scaledDown(old: Pod, now: Pod): boolean {
  const was = podInfoOf(old).requests, is = podInfoOf(now).requests
  return is.cpu < was.cpu || is.memory < was.memory || is.storage < was.storage || [...was.scalars].some(([name, n]) => (is.scalars.get(name) ?? 0) < n)
}
