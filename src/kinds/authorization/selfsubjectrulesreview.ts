import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

export const nonResourceRule = s.object('io.k8s.api.authorization.v1.NonResourceRule', {
  nonResourceURLs: s.list(s.string(), { listType: 'atomic' }),
  verbs: s.required(s.list(s.string(), { listType: 'atomic' })),
})
export type NonResourceRule = Infer<typeof nonResourceRule>

export const resourceRule = s.object('io.k8s.api.authorization.v1.ResourceRule', {
  apiGroups: s.list(s.string(), { listType: 'atomic' }),
  resourceNames: s.list(s.string(), { listType: 'atomic' }),
  resources: s.list(s.string(), { listType: 'atomic' }),
  verbs: s.required(s.list(s.string(), { listType: 'atomic' })),
})
export type ResourceRule = Infer<typeof resourceRule>

export const selfSubjectRulesReviewSpec = s.object('io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec', {
  namespace: s.string(),
})
export type SelfSubjectRulesReviewSpec = Infer<typeof selfSubjectRulesReviewSpec>

export const subjectRulesReviewStatus = s.object('io.k8s.api.authorization.v1.SubjectRulesReviewStatus', {
  evaluationError: s.string(),
  incomplete: s.required(s.bool()),
  nonResourceRules: s.required(s.list(nonResourceRule, { listType: 'atomic' })),
  resourceRules: s.required(s.list(resourceRule, { listType: 'atomic' })),
})
export type SubjectRulesReviewStatus = Infer<typeof subjectRulesReviewStatus>

export const selfSubjectRulesReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  definition: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  verbs: ['create'],
  fields: {
    spec: s.required(s.value(selfSubjectRulesReviewSpec)),
    status: s.value(subjectRulesReviewStatus),
  },
})
export type SelfSubjectRulesReview = ObjectOf<typeof selfSubjectRulesReview>
