// The parts that every object shares: apimachinery's meta/v1.
import * as s from './schema.ts'
import type { Infer } from './schema.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

export const ownerReference = s.object(meta + 'OwnerReference', {
  apiVersion: s.required(s.string()),
  kind: s.required(s.string()),
  name: s.required(s.string()),
  uid: s.required(s.string()),
  controller: s.bool({ keepEmpty: true }),
  blockOwnerDeletion: s.bool({ keepEmpty: true }),
}, { mapType: 'atomic' })
export type OwnerReference = Infer<typeof ownerReference>

export const managedFieldsEntry = s.object(meta + 'ManagedFieldsEntry', {
  manager: s.string(),
  operation: s.string(),
  apiVersion: s.string(),
  time: s.time(),
  fieldsType: s.string(),
  fieldsV1: s.any<object>(meta + 'FieldsV1'),
  subresource: s.string(),
})
export type ManagedFieldsEntry = Infer<typeof managedFieldsEntry>

const objectMetaFields = {
  name: s.string(),
  generateName: s.string(),
  namespace: s.string(),
  selfLink: s.string(),
  uid: s.string(),
  resourceVersion: s.string(),
  generation: s.int64(),
  creationTimestamp: s.time(),
  deletionTimestamp: s.time(),
  deletionGracePeriodSeconds: s.int64({ keepEmpty: true }),
  labels: s.map(s.string()),
  annotations: s.map(s.string()),
  ownerReferences: s.list(ownerReference, { listType: 'map', listKeys: ['uid'], patchStrategy: 'merge', patchMergeKey: 'uid' }),
  finalizers: s.list(s.string(), { listType: 'set', patchStrategy: 'merge' }),
  /** An empty list is kept by decoding: it asks for the entries to be forgotten. */
  managedFields: s.list(managedFieldsEntry, { listType: 'atomic', keepEmpty: true }),
}
/** metadata of templates and of what clients send. */
export const objectMeta = s.object(meta + 'ObjectMeta', objectMetaFields)
export type TemplateMeta = Infer<typeof objectMeta>
/** metadata of an object that the server holds: named, with uid, version and birth. */
export type ObjectMeta = Omit<TemplateMeta, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp' | 'selfLink'> &
  { name: string; uid: string; resourceVersion: string; creationTimestamp: string; namespace?: string }

export interface AnyObject { apiVersion: string; kind: string; metadata: ObjectMeta }
/** An object whose fields beyond metadata are looked at by path. */
export type LooseObject = AnyObject & Record<string, any>

/** What every object says of its type. These texts and the next are part of the wire: recorded. */
export const typeMeta = {
  apiVersion: s.string({ description: 'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, '
    + 'and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources' }),
  kind: s.string({ description: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. '
    + 'Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds' }),
}
export const standardMetadata = 'Standard object\'s metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const listMeta = s.object(meta + 'ListMeta', {
  selfLink: s.string(), resourceVersion: s.string(), continue: s.string(), remainingItemCount: s.int64({ keepEmpty: true }),
  shardInfo: s.object(meta + 'ShardInfo', { selector: s.required(s.string()) }),
})

export const labelSelectorRequirement = s.object(meta + 'LabelSelectorRequirement', {
  key: s.required(s.string()),
  operator: s.required(s.string()),
  values: s.list(s.string(), { listType: 'atomic' }),
})
export const labelSelector = s.object(meta + 'LabelSelector', {
  matchLabels: s.map(s.string()),
  matchExpressions: s.list(labelSelectorRequirement, { listType: 'atomic' }),
}, { mapType: 'atomic' })
export type LabelSelector = Infer<typeof labelSelector>
export type LabelSelectorRequirement = Infer<typeof labelSelectorRequirement>

export const fieldSelectorRequirement = s.object(meta + 'FieldSelectorRequirement', {
  key: s.required(s.string()),
  operator: s.required(s.string()),
  values: s.list(s.string(), { listType: 'atomic' }),
})

export const condition = s.object(meta + 'Condition', {
  type: s.required(s.string()),
  status: s.required(s.string()),
  observedGeneration: s.int64(),
  lastTransitionTime: s.required(s.time()),
  reason: s.required(s.string()),
  message: s.required(s.string()),
})
export type Condition = Infer<typeof condition>

export const preconditions = s.object(meta + 'Preconditions', { uid: s.string({ keepEmpty: true }), resourceVersion: s.string({ keepEmpty: true }) })
export const deleteOptions = s.object(meta + 'DeleteOptions', {
  ...typeMeta,
  gracePeriodSeconds: s.int64({ keepEmpty: true }),
  preconditions,
  orphanDependents: s.bool({ keepEmpty: true }),
  propagationPolicy: s.string({ keepEmpty: true }),
  dryRun: s.list(s.string(), { listType: 'atomic' }),
  ignoreStoreReadErrorWithClusterBreakingPotential: s.bool({ keepEmpty: true }),
})
export type DeleteOptions = Infer<typeof deleteOptions>
