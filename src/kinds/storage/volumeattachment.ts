import { defineKind, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { persistentVolumeSpec } from '../core/persistentvolume.ts'
import { keepMetadata } from '../status-metadata.ts'
import { validateVolumeAttachment } from './validate-storage.ts'

export const volumeAttachmentSource = s.object('io.k8s.api.storage.v1.VolumeAttachmentSource', {
  inlineVolumeSpec: persistentVolumeSpec,
  persistentVolumeName: s.string({ keepEmpty: true }),
})
export type VolumeAttachmentSource = Infer<typeof volumeAttachmentSource>

export const volumeAttachmentSpec = s.object('io.k8s.api.storage.v1.VolumeAttachmentSpec', {
  attacher: s.required(s.string()),
  nodeName: s.required(s.string()),
  source: s.required(s.value(volumeAttachmentSource)),
})
export type VolumeAttachmentSpec = Infer<typeof volumeAttachmentSpec>

export const volumeError = s.object('io.k8s.api.storage.v1.VolumeError', {
  errorCode: s.int({ keepEmpty: true }),
  message: s.string(),
  time: s.time({ always: true }),
})
export type VolumeError = Infer<typeof volumeError>

export const volumeAttachmentStatus = s.object('io.k8s.api.storage.v1.VolumeAttachmentStatus', {
  attachError: volumeError,
  attached: s.required(s.bool()),
  attachmentMetadata: s.map(s.string()),
  detachError: volumeError,
})
export type VolumeAttachmentStatus = Infer<typeof volumeAttachmentStatus>

export const volumeAttachment = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment', plural: 'volumeattachments',
  scope: 'Cluster',
  definition: 'io.k8s.api.storage.v1.VolumeAttachment',
  returnsDeleted: true, onUpdate: ['meta', 'rules'], onUpdateOf: { status: ['meta', 'rules'] },
  versionRequiredOnUpdate: true,
  columns: [
    cells.name,
    { name: 'Attacher', format: 'name', value: (o) => o.spec.attacher },
    { name: 'PV', value: (o) => o.spec.source.persistentVolumeName ?? '' },
    { name: 'Node', value: (o) => o.spec.nodeName },
    { name: 'Attached', type: 'boolean', value: (o) => o.status.attached },
    cells.age,
  ],
  subresources: { status: true },
  statusResets: [['metadata']],
  fields: {
    spec: s.required(s.value(volumeAttachmentSpec)),
    status: s.value(volumeAttachmentStatus),
  },
  prepareUpdate: (o, old, subresource) => { if (subresource === 'status') keepMetadata(o, old) },
  validate: validateVolumeAttachment,
})
export type VolumeAttachment = ObjectOf<typeof volumeAttachment>
