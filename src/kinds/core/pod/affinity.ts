import { labelSelector, s, type Infer } from '#machinery'

export const nodeSelectorRequirement = s.object('io.k8s.api.core.v1.NodeSelectorRequirement', {
  key: s.required(s.string()),
  operator: s.required(s.string()),
  values: s.list(s.string(), { listType: 'atomic' }),
})
export type NodeSelectorRequirement = Infer<typeof nodeSelectorRequirement>

export const nodeSelectorTerm = s.object('io.k8s.api.core.v1.NodeSelectorTerm', {
  matchExpressions: s.list(nodeSelectorRequirement, { listType: 'atomic' }),
  matchFields: s.list(nodeSelectorRequirement, { listType: 'atomic' }),
}, { mapType: 'atomic' })
export type NodeSelectorTerm = Infer<typeof nodeSelectorTerm>

export const preferredSchedulingTerm = s.object('io.k8s.api.core.v1.PreferredSchedulingTerm', {
  preference: s.required(s.value(nodeSelectorTerm)),
  weight: s.required(s.int()),
})
export type PreferredSchedulingTerm = Infer<typeof preferredSchedulingTerm>

export const nodeSelector = s.object('io.k8s.api.core.v1.NodeSelector', {
  nodeSelectorTerms: s.required(s.list(nodeSelectorTerm, { listType: 'atomic' })),
}, { mapType: 'atomic' })
export type NodeSelector = Infer<typeof nodeSelector>

export const nodeAffinity = s.object('io.k8s.api.core.v1.NodeAffinity', {
  preferredDuringSchedulingIgnoredDuringExecution: s.list(preferredSchedulingTerm, { listType: 'atomic' }),
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
})
export type NodeAffinity = Infer<typeof nodeAffinity>

export const podAffinityTerm = s.object('io.k8s.api.core.v1.PodAffinityTerm', {
  labelSelector: labelSelector,
  matchLabelKeys: s.list(s.string(), { listType: 'atomic' }),
  mismatchLabelKeys: s.list(s.string(), { listType: 'atomic' }),
  namespaceSelector: labelSelector,
  namespaces: s.list(s.string(), { listType: 'atomic' }),
  topologyKey: s.required(s.string()),
})
export type PodAffinityTerm = Infer<typeof podAffinityTerm>

export const weightedPodAffinityTerm = s.object('io.k8s.api.core.v1.WeightedPodAffinityTerm', {
  podAffinityTerm: s.required(s.value(podAffinityTerm)),
  weight: s.required(s.int()),
})
export type WeightedPodAffinityTerm = Infer<typeof weightedPodAffinityTerm>

export const podAffinity = s.object('io.k8s.api.core.v1.PodAffinity', {
  preferredDuringSchedulingIgnoredDuringExecution: s.list(weightedPodAffinityTerm, { listType: 'atomic' }),
  requiredDuringSchedulingIgnoredDuringExecution: s.list(podAffinityTerm, { listType: 'atomic' }),
})
export type PodAffinity = Infer<typeof podAffinity>

export const podAntiAffinity = s.object('io.k8s.api.core.v1.PodAntiAffinity', {
  preferredDuringSchedulingIgnoredDuringExecution: s.list(weightedPodAffinityTerm, { listType: 'atomic' }),
  requiredDuringSchedulingIgnoredDuringExecution: s.list(podAffinityTerm, { listType: 'atomic' }),
})
export type PodAntiAffinity = Infer<typeof podAntiAffinity>

export const affinity = s.object('io.k8s.api.core.v1.Affinity', {
  nodeAffinity: nodeAffinity,
  podAffinity: podAffinity,
  podAntiAffinity: podAntiAffinity,
})
export type Affinity = Infer<typeof affinity>

export const toleration = s.object('io.k8s.api.core.v1.Toleration', {
  effect: s.string(),
  key: s.string(),
  operator: s.string(),
  tolerationSeconds: s.int64({ keepEmpty: true }),
  value: s.string(),
})
export type Toleration = Infer<typeof toleration>

export const topologySpreadConstraint = s.object('io.k8s.api.core.v1.TopologySpreadConstraint', {
  labelSelector: labelSelector,
  matchLabelKeys: s.list(s.string(), { listType: 'atomic' }),
  maxSkew: s.required(s.int()),
  minDomains: s.int({ keepEmpty: true }),
  nodeAffinityPolicy: s.string({ keepEmpty: true }),
  nodeTaintsPolicy: s.string({ keepEmpty: true }),
  topologyKey: s.required(s.string()),
  whenUnsatisfiable: s.required(s.string()),
})
export type TopologySpreadConstraint = Infer<typeof topologySpreadConstraint>
