import { defineKind, fieldSelectorRequirement, labelSelectorRequirement, s, type Infer, type ObjectOf } from '#machinery'

export const fieldSelectorAttributes = s.object('io.k8s.api.authorization.v1.FieldSelectorAttributes', {
  rawSelector: s.string(),
  requirements: s.list(fieldSelectorRequirement, { listType: 'atomic' }),
})
export type FieldSelectorAttributes = Infer<typeof fieldSelectorAttributes>

export const labelSelectorAttributes = s.object('io.k8s.api.authorization.v1.LabelSelectorAttributes', {
  rawSelector: s.string(),
  requirements: s.list(labelSelectorRequirement, { listType: 'atomic' }),
})
export type LabelSelectorAttributes = Infer<typeof labelSelectorAttributes>

export const nonResourceAttributes = s.object('io.k8s.api.authorization.v1.NonResourceAttributes', {
  path: s.string(),
  verb: s.string(),
})
export type NonResourceAttributes = Infer<typeof nonResourceAttributes>

export const resourceAttributes = s.object('io.k8s.api.authorization.v1.ResourceAttributes', {
  fieldSelector: fieldSelectorAttributes,
  group: s.string(),
  labelSelector: labelSelectorAttributes,
  name: s.string(),
  namespace: s.string(),
  resource: s.string(),
  subresource: s.string(),
  verb: s.string(),
  version: s.string(),
})
export type ResourceAttributes = Infer<typeof resourceAttributes>

export const subjectAccessReviewSpec = s.object('io.k8s.api.authorization.v1.SubjectAccessReviewSpec', {
  extra: s.map(s.list(s.string())),
  groups: s.list(s.string(), { listType: 'atomic' }),
  nonResourceAttributes: nonResourceAttributes,
  resourceAttributes: resourceAttributes,
  uid: s.string(),
  user: s.string(),
})
export type SubjectAccessReviewSpec = Infer<typeof subjectAccessReviewSpec>

export const subjectAccessReviewStatus = s.object('io.k8s.api.authorization.v1.SubjectAccessReviewStatus', {
  allowed: s.required(s.bool()),
  denied: s.bool(),
  evaluationError: s.string(),
  reason: s.string(),
})
export type SubjectAccessReviewStatus = Infer<typeof subjectAccessReviewStatus>

export const subjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews',
  scope: 'Cluster',
  definition: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  verbs: ['create'],
  fields: {
    spec: s.required(s.value(subjectAccessReviewSpec)),
    status: s.value(subjectAccessReviewStatus),
  },
})
export type SubjectAccessReview = ObjectOf<typeof subjectAccessReview>
