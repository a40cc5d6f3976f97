import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'

export const secret = defineKind({
  group: '', version: 'v1', kind: 'Secret', plural: 'secrets',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Secret',
  columns: [cells.name, { name: 'Type', value: (o) => o.type ?? '' }, { name: 'Data', value: (o) => Object.keys(o.data ?? {}).length }, cells.age],
  selectable: { type: (o) => o.type ?? '' },
  fields: {
    data: s.map(s.bytes()),
    immutable: s.bool({ keepEmpty: true }),
    stringData: s.map(s.string()),
    type: s.string(),
  },
})
export type Secret = ObjectOf<typeof secret>
