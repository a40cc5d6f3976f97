// What the reference once served and no longer does: other versions of today's kinds, and kinds that are gone. Off unless asked for
// (--runtime-config=legacy/all=true): a client of today must not be able to tell.
import type { Kind, ServedVersion } from '#machinery'
import { controllerRevision } from '../apps/controllerrevision.ts'
import { daemonSet } from '../apps/daemonset.ts'
import { deployment } from '../apps/deployment.ts'
import { replicaSet } from '../apps/replicaset.ts'
import { statefulSet } from '../apps/statefulset.ts'
import { replicationController } from '../core/replicationcontroller.ts'
import { customResourceDefinition } from '../apiextensions/customresourcedefinition.ts'
import { horizontalPodAutoscaler } from '../autoscaling/horizontalpodautoscaler.ts'
import { ingress } from '../networking/ingress.ts'
import { ingressClass } from '../networking/ingressclass.ts'
import { networkPolicy } from '../networking/networkpolicy.ts'
import { podDisruptionBudget } from '../policy/poddisruptionbudget.ts'
import { formerAdmission } from './admissionregistration.ts'
import { formerDefinitions } from './apiextensions.ts'
import { formerAutoscalers } from './autoscaling.ts'
import { nearlyUnchanged } from './nearly-unchanged.ts'
import { formerIngressClasses, formerIngresses, formerNetworkPolicies } from './networking.ts'
import { formerDisruptionBudgets } from './policy.ts'
import { podPreset } from './podpreset.ts'
import { formerPodSecurityPolicies, podSecurityPolicy } from './podsecuritypolicy.ts'
import { formerRbac } from './rbac.ts'
import { formerControllerRevisions, formerDaemonSets, formerDeployments, formerReplicaSets, formerReplicationControllers, formerStatefulSets } from './workloads.ts'

/** Former versions of each kind, newest first. */
export const formerVersions: ReadonlyMap<Kind, readonly ServedVersion<any>[]> = gathered([ // allowed: versions of every shape in one table
  [deployment, formerDeployments], [replicaSet, formerReplicaSets], [daemonSet, formerDaemonSets], [statefulSet, formerStatefulSets], [controllerRevision, formerControllerRevisions], [replicationController, formerReplicationControllers],
  [horizontalPodAutoscaler, formerAutoscalers], [ingress, formerIngresses], [ingressClass, formerIngressClasses], [networkPolicy, formerNetworkPolicies],
  [podDisruptionBudget, formerDisruptionBudgets], [customResourceDefinition, formerDefinitions], [podSecurityPolicy, formerPodSecurityPolicies],
  ...formerRbac, ...nearlyUnchanged, ...formerAdmission,
])
/** Kinds of which nothing is left today. */
export const formerKinds: readonly Kind[] = [podSecurityPolicy, podPreset]

function gathered(pairs: readonly (readonly [Kind, readonly ServedVersion<any>[]])[]): Map<Kind, readonly ServedVersion<any>[]> { // allowed: as above
  const all = new Map<Kind, readonly ServedVersion<any>[]>() // allowed: as above
  for (const [kind, versions] of pairs) all.set(kind, [...(all.get(kind) ?? []), ...versions])
  return all
}
