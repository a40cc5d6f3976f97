import { defineKind, s, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { validateAttributesClassChange, validateVolumeAttributesClass } from './validate-storage.ts'

const defaultClass = 'volumeattributesclass.alpha.kubernetes.io/is-default-class'

export const volumeAttributesClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass', plural: 'volumeattributesclasses',
  shortNames: ['vac'], scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  returnsDeleted: true, onUpdate: ['kept', 'change', 'meta', 'rules'],
  columns: [{ ...cells.name, value: (o) => o.metadata.name + (o.metadata.annotations?.[defaultClass] === 'true' ? ' (default)' : '') }, { name: 'DriverName', value: (o) => o.driverName }, cells.age],
  fields: {
    driverName: s.required(s.string()),
    parameters: s.map(s.string()),
  },
  validate: validateVolumeAttributesClass,
  validateChange: validateAttributesClassChange,
})
export type VolumeAttributesClass = ObjectOf<typeof volumeAttributesClass>
