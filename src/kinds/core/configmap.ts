import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateConfigMap, validateConfigMapChange } from './validate-data.ts'

export const configMap = defineKind({
  group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps',
  shortNames: ['cm'], scope: 'Namespaced',
  definition: 'io.k8s.api.core.v1.ConfigMap',
  onUpdate: ['kept', 'change', 'meta', 'rules'],
  columns: [cells.name, { name: 'Data', value: (o) => Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length }, cells.age],
  fields: {
    binaryData: s.map(s.bytes()),
    data: s.map(s.string()),
    immutable: s.bool({ keepEmpty: true }),
  },
  validate: validateConfigMap,
  validateChange: validateConfigMapChange,
})
export type ConfigMap = ObjectOf<typeof configMap>
