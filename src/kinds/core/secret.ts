import { defineKind, s, type ObjectOf } from '#machinery'

export const secret = defineKind({
  group: '', version: 'v1', kind: 'Secret', plural: 'secrets',
  scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.Secret',
  fields: {
    data: s.map(s.bytes()),
    immutable: s.bool({ keepEmpty: true }),
    stringData: s.map(s.string()),
    type: s.string(),
  },
})
export type Secret = ObjectOf<typeof secret>
