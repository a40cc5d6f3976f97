import { defineKind, requiredValue, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { atLeastZero, immutableField } from '../checks.ts'

export const controllerRevision = defineKind({
  group: 'apps', version: 'v1', kind: 'ControllerRevision', plural: 'controllerrevisions',
  scope: 'Namespaced',
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
  columns: [
    cells.name,
    { name: 'Controller', value: (o) => {
      const owner = o.metadata.ownerReferences?.find((r) => r.controller)
      const group = owner?.apiVersion.includes('/') ? '.' + owner.apiVersion.split('/')[0] : ''
      return owner ? `${(owner.kind + group).toLowerCase()}/${owner.name}` : '<none>'
    } },
    { name: 'Revision', value: (o) => o.revision },
    cells.age,
  ],
  fields: {
    data: s.always(s.any('io.k8s.apimachinery.pkg.runtime.RawExtension')),
    revision: s.required(s.int64()),
  },
  onUpdate: ['kept', 'meta', 'rules'],
  validate: (o, old) => {
    const { data } = o as { data?: unknown }, isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
    if (old) return [...atLeastZero(o.revision, 'revision'), ...immutableField(data, (old as { data?: unknown }).data, 'data')]
    return [
      ...atLeastZero(o.revision, 'revision'),
      ...(data === undefined || data === null ? [requiredValue('data', 'data is mandatory')] : isObject ? [] : [requiredValue('data', 'data must be a valid JSON object')]),
    ]
  },
})
export type ControllerRevision = ObjectOf<typeof controllerRevision>
