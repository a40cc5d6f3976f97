import { defineKind, invalidValue, isQualifiedName, nameIsDNSLabel, s, type FieldError, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { failing } from '../checks.ts'

export const namespaceSpec = s.object('io.k8s.api.core.v1.NamespaceSpec', {
  finalizers: s.list(s.string(), { listType: 'atomic' }),
})
export type NamespaceSpec = Infer<typeof namespaceSpec>

export const namespaceCondition = s.object('io.k8s.api.core.v1.NamespaceCondition', {
  lastTransitionTime: s.time({ always: true }),
  message: s.string(),
  reason: s.string(),
  status: s.required(s.string()),
  type: s.required(s.string()),
})
export type NamespaceCondition = Infer<typeof namespaceCondition>

export const namespaceStatus = s.object('io.k8s.api.core.v1.NamespaceStatus', {
  conditions: s.list(namespaceCondition, { listType: 'map', listKeys: ['type'], patchStrategy: 'merge', patchMergeKey: 'type' }),
  phase: s.string(),
})
export type NamespaceStatus = Infer<typeof namespaceStatus>

const nameLabel = 'kubernetes.io/metadata.name'

const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']
const validateFinalizer = (name: string, at: string): FieldError[] => {
  const bad = failing(isQualifiedName, name, at)
  return bad.length || name.includes('/') || ownFinalizers.includes(name) ? bad : [invalidValue(at, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

export const namespace = defineKind({
  group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces',
  shortNames: ['ns'], scope: 'Cluster',
  definition: 'io.k8s.api.core.v1.Namespace',
  onUpdate: ['meta', 'rules', 'kept'],
  name: nameIsDNSLabel,
  columns: [cells.name, { name: 'Status', value: (o) => o.status.phase ?? '' }, cells.age],
  selectable: { 'status.phase': (o) => o.status.phase ?? '' },
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: { status: true },
  mayGo: (o) => !o.spec.finalizers?.length,
  // the reference marks namespaces in a way of its own, without a grace period
  prepareDelete: (o) => {
    o.status.phase = 'Terminating'
    delete o.metadata.deletionGracePeriodSeconds
  },
  fields: {
    spec: s.value(namespaceSpec),
    status: s.value(namespaceStatus),
  },
  defaults: (o) => {
    if (o.metadata.name) o.metadata.labels = { ...o.metadata.labels, [nameLabel]: o.metadata.name }
    o.status.phase ||= 'Active'
  },
  prepareCreate: (o) => {
    o.status = { phase: 'Active' }
    if (!o.spec.finalizers?.includes('kubernetes')) o.spec.finalizers = [...(o.spec.finalizers ?? []), 'kubernetes']
    // Once more: the name may have been generated.
    o.metadata.labels = { ...o.metadata.labels, [nameLabel]: o.metadata.name }
  },
  prepareUpdate: (o, old, subresource) => {
    if (subresource === 'finalize' || subresource === 'status') return
    if (old.spec.finalizers) o.spec.finalizers = [...old.spec.finalizers]
    else delete o.spec.finalizers
  },
  validate: (o, _old, subresource) => {
    const { phase = '' } = o.status
    const wanted = o.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating'
    if (subresource === 'status') return phase === wanted ? []
      : [invalidValue('status.Phase', phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${wanted === 'Active' ? 'empty' : 'not empty'}`)]
    return (o.spec.finalizers ?? []).flatMap((name, i) =>
      validateFinalizer(name, subresource === 'finalize' ? `spec.finalizers[${i}]` : 'spec.finalizers'))
  },
})
export type Namespace = ObjectOf<typeof namespace>
