import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { nonResourceAttributes, resourceAttributes, subjectAccessReviewStatus } from './subjectaccessreview.ts'

export const selfSubjectAccessReviewSpec = s.object('io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec', {
  nonResourceAttributes: nonResourceAttributes,
  resourceAttributes: resourceAttributes,
})
export type SelfSubjectAccessReviewSpec = Infer<typeof selfSubjectAccessReviewSpec>

export const selfSubjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  definition: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  verbs: ['create'],
  fields: {
    spec: s.required(s.value(selfSubjectAccessReviewSpec)),
    status: s.value(subjectAccessReviewStatus),
  },
})
export type SelfSubjectAccessReview = ObjectOf<typeof selfSubjectAccessReview>
