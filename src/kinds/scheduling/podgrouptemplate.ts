// What a PodGroup and the template that it is made from have in common (KEP-4671), and what is kept of it while feature gates are off.
import { s, type Features, type Infer } from '#machinery'

const names = 'io.k8s.api.scheduling.v1alpha2'

export const gangSchedulingPolicy = s.object(`${names}.GangSchedulingPolicy`, {
  minCount: s.required(s.int()),
})
export const basicSchedulingPolicy = s.object(`${names}.BasicSchedulingPolicy`, {})
export const podGroupSchedulingPolicy = s.object(`${names}.PodGroupSchedulingPolicy`, {
  basic: basicSchedulingPolicy,
  gang: gangSchedulingPolicy,
}, { unions: [{ 'fields-to-discriminateBy': { basic: 'Basic', gang: 'Gang' } }] })
export type PodGroupSchedulingPolicy = Infer<typeof podGroupSchedulingPolicy>

export const topologyConstraint = s.object(`${names}.TopologyConstraint`, {
  key: s.required(s.string()),
})
export const podGroupSchedulingConstraints = s.object(`${names}.PodGroupSchedulingConstraints`, {
  topology: s.list(topologyConstraint, { listType: 'atomic' }),
})
export type PodGroupSchedulingConstraints = Infer<typeof podGroupSchedulingConstraints>

export const podGroupResourceClaim = s.object(`${names}.PodGroupResourceClaim`, {
  name: s.required(s.string()),
  resourceClaimName: s.string({ keepEmpty: true }),
  resourceClaimTemplateName: s.string({ keepEmpty: true }),
})
export type PodGroupResourceClaim = Infer<typeof podGroupResourceClaim>

const claims = { listType: 'map', listKeys: ['name'], patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' } as const
/** Of a template. */
export const groupFields = {
  disruptionMode: s.string({ keepEmpty: true }),
  priority: s.int({ keepEmpty: true }),
  priorityClassName: s.string(),
  resourceClaims: s.list(podGroupResourceClaim, claims),
  schedulingConstraints: podGroupSchedulingConstraints,
  schedulingPolicy: s.required(s.value(podGroupSchedulingPolicy)),
}

export const podGroupTemplate = s.object(`${names}.PodGroupTemplate`, {
  ...groupFields,
  name: s.required(s.string()),
})
export type PodGroupTemplate = Infer<typeof podGroupTemplate>

/** Fields that a group or its template has beyond the first ones. */
export type Gated = Partial<Omit<PodGroupTemplate, 'name' | 'schedulingPolicy'>>
export const claimsGate = 'DRAWorkloadResourceClaims'

/** Takes out, in place, what no gate lets in, unless it was there before. */
export function dropGated(now: Gated, features: Features | undefined, before: Gated = {}): void {
  if (!features?.has('TopologyAwareWorkloadScheduling') && before.schedulingConstraints === undefined) delete now.schedulingConstraints
  if (!features?.has(claimsGate) && !before.resourceClaims?.length) delete now.resourceClaims
  if (features?.has('WorkloadAwarePreemption')) return
  for (const field of ['disruptionMode', 'priority', 'priorityClassName'] as const) if (before[field] === undefined) delete now[field]
}
