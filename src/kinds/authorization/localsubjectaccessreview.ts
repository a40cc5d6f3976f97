import { defineKind, s, type ObjectOf } from '#machinery'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './subjectaccessreview.ts'

export const localSubjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  definition: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  verbs: ['create'],
  fields: {
    spec: s.required(s.value(subjectAccessReviewSpec)),
    status: s.value(subjectAccessReviewStatus),
  },
})
export type LocalSubjectAccessReview = ObjectOf<typeof localSubjectAccessReview>
