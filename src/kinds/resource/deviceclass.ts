import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { deviceSelector, opaqueDeviceConfiguration } from './resourceclaim.ts'
import { validateDeviceClass } from './validate-claim.ts'

export const deviceClassConfiguration = s.object('io.k8s.api.resource.v1.DeviceClassConfiguration', {
  opaque: opaqueDeviceConfiguration,
})
export type DeviceClassConfiguration = Infer<typeof deviceClassConfiguration>

export const deviceClassSpec = s.object('io.k8s.api.resource.v1.DeviceClassSpec', {
  config: s.list(deviceClassConfiguration, { listType: 'atomic' }),
  extendedResourceName: s.string({ keepEmpty: true }),
  selectors: s.list(deviceSelector, { listType: 'atomic' }),
})
export type DeviceClassSpec = Infer<typeof deviceClassSpec>

export const deviceClass = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass', plural: 'deviceclasses',
  scope: 'Cluster',
  definition: 'io.k8s.api.resource.v1.DeviceClass',
  returnsDeleted: true,
  generation: true, onUpdate: ['meta', 'kept', 'rules'],
  columns: [cells.name, cells.age],
  fields: {
    spec: s.required(s.value(deviceClassSpec)),
  },
  validate: validateDeviceClass,
})
export type DeviceClass = ObjectOf<typeof deviceClass>
