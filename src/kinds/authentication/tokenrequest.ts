import { defineType, s, type Infer } from '#machinery'

export const boundObjectReference = s.object('io.k8s.api.authentication.v1.BoundObjectReference', {
  apiVersion: s.string(),
  kind: s.string(),
  name: s.string(),
  uid: s.string(),
})
export type BoundObjectReference = Infer<typeof boundObjectReference>

export const tokenRequestSpec = s.object('io.k8s.api.authentication.v1.TokenRequestSpec', {
  audiences: s.list(s.string(), { listType: 'atomic' }),
  boundObjectRef: s.always(boundObjectReference),
  expirationSeconds: s.int64({ keepEmpty: true }),
})
export type TokenRequestSpec = Infer<typeof tokenRequestSpec>

export const tokenRequestStatus = s.object('io.k8s.api.authentication.v1.TokenRequestStatus', {
  expirationTimestamp: s.time(),
  token: s.string({ default: '' }),
})
export type TokenRequestStatus = Infer<typeof tokenRequestStatus>

export const authTokenRequest = defineType('authentication.k8s.io/v1', 'TokenRequest', 'io.k8s.api.authentication.v1.TokenRequest', {
  spec: s.value(tokenRequestSpec),
  status: s.value(tokenRequestStatus),
})
export type AuthTokenRequest = Infer<(typeof authTokenRequest)['schema']>
