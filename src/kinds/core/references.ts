import { s, type Infer } from '#machinery'

export const objectFieldSelector = s.object('io.k8s.api.core.v1.ObjectFieldSelector', {
  apiVersion: s.string(),
  fieldPath: s.required(s.string()),
}, { mapType: 'atomic' })
export type ObjectFieldSelector = Infer<typeof objectFieldSelector>

export const resourceFieldSelector = s.object('io.k8s.api.core.v1.ResourceFieldSelector', {
  containerName: s.string(),
  divisor: s.quantity({ always: true }),
  resource: s.required(s.string()),
}, { mapType: 'atomic' })
export type ResourceFieldSelector = Infer<typeof resourceFieldSelector>

export const localObjectReference = s.object('io.k8s.api.core.v1.LocalObjectReference', {
  name: s.string({ shownDefault: '' }),
}, { mapType: 'atomic' })
export type LocalObjectReference = Infer<typeof localObjectReference>

export const typedLocalObjectReference = s.object('io.k8s.api.core.v1.TypedLocalObjectReference', {
  apiGroup: s.string({ keepEmpty: true }),
  kind: s.required(s.string()),
  name: s.required(s.string()),
}, { mapType: 'atomic' })
export type TypedLocalObjectReference = Infer<typeof typedLocalObjectReference>

export const typedObjectReference = s.object('io.k8s.api.core.v1.TypedObjectReference', {
  apiGroup: s.string({ keepEmpty: true }),
  kind: s.required(s.string()),
  name: s.required(s.string()),
  namespace: s.string({ keepEmpty: true }),
})
export type TypedObjectReference = Infer<typeof typedObjectReference>

export const objectReference = s.object('io.k8s.api.core.v1.ObjectReference', {
  apiVersion: s.string(),
  fieldPath: s.string(),
  kind: s.string(),
  name: s.string(),
  namespace: s.string(),
  resourceVersion: s.string(),
  uid: s.string(),
}, { mapType: 'atomic' })
export type ObjectReference = Infer<typeof objectReference>

export const secretReference = s.object('io.k8s.api.core.v1.SecretReference', {
  name: s.string(),
  namespace: s.string(),
}, { mapType: 'atomic' })
export type SecretReference = Infer<typeof secretReference>
