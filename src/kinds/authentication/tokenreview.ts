import { defineKind, s, type Infer, type ObjectOf } from '#machinery'

export const userInfo = s.object('io.k8s.api.authentication.v1.UserInfo', {
  extra: s.map(s.list(s.string())),
  groups: s.list(s.string(), { listType: 'atomic' }),
  uid: s.string(),
  username: s.string(),
})
export type UserInfo = Infer<typeof userInfo>

export const tokenReviewSpec = s.object('io.k8s.api.authentication.v1.TokenReviewSpec', {
  audiences: s.list(s.string(), { listType: 'atomic' }),
  token: s.mandatory(s.string()),
})
export type TokenReviewSpec = Infer<typeof tokenReviewSpec>

export const tokenReviewStatus = s.object('io.k8s.api.authentication.v1.TokenReviewStatus', {
  audiences: s.list(s.string(), { listType: 'atomic' }),
  authenticated: s.bool(),
  error: s.string(),
  user: s.value(userInfo),
})
export type TokenReviewStatus = Infer<typeof tokenReviewStatus>

export const tokenReview = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview', plural: 'tokenreviews',
  scope: 'Cluster',
  definition: 'io.k8s.api.authentication.v1.TokenReview',
  verbs: ['create'],
  fields: {
    spec: s.required(s.value(tokenReviewSpec)),
    status: s.value(tokenReviewStatus),
  },
})
export type TokenReview = ObjectOf<typeof tokenReview>
