import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import { userInfo } from './tokenreview.ts'

export const selfSubjectReviewStatus = s.object('io.k8s.api.authentication.v1.SelfSubjectReviewStatus', {
  userInfo: s.value(userInfo),
})
export type SelfSubjectReviewStatus = Infer<typeof selfSubjectReviewStatus>

export const selfSubjectReview = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview', plural: 'selfsubjectreviews',
  scope: 'Cluster',
  definition: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  verbs: ['create'],
  fields: {
    status: s.value(selfSubjectReviewStatus),
  },
})
export type SelfSubjectReview = ObjectOf<typeof selfSubjectReview>
