// Where each version of Kubernetes' own groups stands among all others: what their APIServices say (kube-aggregator's groupPriorityMinimum and
// versionPriority). Removed versions stand where they stood.

const groups: Readonly<Record<string, number>> = {
  '': 18_000, 'apps': 17_800, 'events.k8s.io': 17_750, 'authentication.k8s.io': 17_700, 'authorization.k8s.io': 17_600, 'autoscaling': 17_500, 'batch': 17_400,
  'certificates.k8s.io': 17_300, 'networking.k8s.io': 17_200, 'extensions': 17_150, 'policy': 17_100, 'rbac.authorization.k8s.io': 17_000, 'settings.k8s.io': 16_900,
  'storage.k8s.io': 16_800, 'apiextensions.k8s.io': 16_700, 'admissionregistration.k8s.io': 16_700, 'scheduling.k8s.io': 16_600, 'coordination.k8s.io': 16_500,
  'auditregistration.k8s.io': 16_400, 'node.k8s.io': 16_300, 'discovery.k8s.io': 16_200, 'resource.k8s.io': 16_200, 'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000, 'storagemigration.k8s.io': 15_800,
}
/** Those that do not follow from their stage. */
const versions: Readonly<Record<string, number>> = {
  '/v1': 1, 'apps/v1beta1': 1, 'events.k8s.io/v1beta1': 5, 'autoscaling/v2': 30, 'autoscaling/v2beta2': 1, 'batch/v2alpha1': 9, 'extensions/v1beta1': 1, 'rbac.authorization.k8s.io/v1beta1': 12,
  'rbac.authorization.k8s.io/v1alpha1': 9, 'settings.k8s.io/v1alpha1': 9, 'admissionregistration.k8s.io/v1beta1': 12, 'scheduling.k8s.io/v1beta1': 12, 'scheduling.k8s.io/v1alpha1': 9,
  'coordination.k8s.io/v1beta1': 13, 'discovery.k8s.io/v1beta1': 12, 'resource.k8s.io/v1': 20, 'resource.k8s.io/v1beta2': 15, 'internal.apiserver.k8s.io/v1alpha1': 9, 'flowcontrol.apiserver.k8s.io/v1': 21, 'flowcontrol.apiserver.k8s.io/v1beta3': 18,
  'flowcontrol.apiserver.k8s.io/v1beta2': 15, 'flowcontrol.apiserver.k8s.io/v1beta1': 12, 'flowcontrol.apiserver.k8s.io/v1alpha1': 9,
}

export interface Priority { readonly groupPriorityMinimum: number; readonly versionPriority: number }
/** Custom resources come after everything that is built in. */
const custom: Priority = { groupPriorityMinimum: 1000, versionPriority: 100 }

/** Of a version that this server serves itself. */
export function priorityOf(group: string, version: string): Priority {
  const own = groups[group]
  if (own === undefined) return custom
  const stage = version.includes('alpha') ? 1 : version.includes('beta') ? 9 : 15
  return { groupPriorityMinimum: own, versionPriority: versions[`${group}/${version}`] ?? stage }
}
