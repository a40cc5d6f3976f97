import { defineKind, formatTime, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { nodeSelector } from './pod/affinity.ts'
import {
  awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, fcVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, hostPathVolumeSource,
  nfsVolumeSource, photonPersistentDiskVolumeSource, portworxVolumeSource, quobyteVolumeSource, vsphereVirtualDiskVolumeSource,
} from './pod/storage.ts'
import { objectReference, secretReference } from './references.ts'
import { roundResources } from './resources.ts'
import { persistentVolumeWarnings, validatePersistentVolume, validateVolumeChange } from './validate-persistentvolume.ts'

export const azureFilePersistentVolumeSource = s.object('io.k8s.api.core.v1.AzureFilePersistentVolumeSource', {
  readOnly: s.bool(),
  secretName: s.required(s.string()),
  secretNamespace: s.string({ keepEmpty: true }),
  shareName: s.required(s.string()),
})
export type AzureFilePersistentVolumeSource = Infer<typeof azureFilePersistentVolumeSource>

export const csiPersistentVolumeSource = s.object('io.k8s.api.core.v1.CSIPersistentVolumeSource', {
  controllerExpandSecretRef: secretReference,
  controllerPublishSecretRef: secretReference,
  driver: s.required(s.string()),
  fsType: s.string(),
  nodeExpandSecretRef: secretReference,
  nodePublishSecretRef: secretReference,
  nodeStageSecretRef: secretReference,
  readOnly: s.bool(),
  volumeAttributes: s.map(s.string()),
  volumeHandle: s.required(s.string()),
})
export type CSIPersistentVolumeSource = Infer<typeof csiPersistentVolumeSource>

export const cephFSPersistentVolumeSource = s.object('io.k8s.api.core.v1.CephFSPersistentVolumeSource', {
  monitors: s.required(s.list(s.string(), { listType: 'atomic' })),
  path: s.string(),
  readOnly: s.bool(),
  secretFile: s.string(),
  secretRef: secretReference,
  user: s.string(),
})
export type CephFSPersistentVolumeSource = Infer<typeof cephFSPersistentVolumeSource>

export const cinderPersistentVolumeSource = s.object('io.k8s.api.core.v1.CinderPersistentVolumeSource', {
  fsType: s.string(),
  readOnly: s.bool(),
  secretRef: secretReference,
  volumeID: s.required(s.string()),
})
export type CinderPersistentVolumeSource = Infer<typeof cinderPersistentVolumeSource>

export const flexPersistentVolumeSource = s.object('io.k8s.api.core.v1.FlexPersistentVolumeSource', {
  driver: s.required(s.string()),
  fsType: s.string(),
  options: s.map(s.string()),
  readOnly: s.bool(),
  secretRef: secretReference,
})
export type FlexPersistentVolumeSource = Infer<typeof flexPersistentVolumeSource>

export const glusterfsPersistentVolumeSource = s.object('io.k8s.api.core.v1.GlusterfsPersistentVolumeSource', {
  endpoints: s.required(s.string()),
  endpointsNamespace: s.string(),
  path: s.required(s.string()),
  readOnly: s.bool(),
})
export type GlusterfsPersistentVolumeSource = Infer<typeof glusterfsPersistentVolumeSource>

export const iscsiPersistentVolumeSource = s.object('io.k8s.api.core.v1.ISCSIPersistentVolumeSource', {
  chapAuthDiscovery: s.bool(),
  chapAuthSession: s.bool(),
  fsType: s.string(),
  initiatorName: s.string({ keepEmpty: true }),
  iqn: s.required(s.string()),
  iscsiInterface: s.string({ default: 'default' }),
  lun: s.required(s.int()),
  portals: s.list(s.string(), { listType: 'atomic' }),
  readOnly: s.bool(),
  secretRef: secretReference,
  targetPortal: s.required(s.string()),
})
export type ISCSIPersistentVolumeSource = Infer<typeof iscsiPersistentVolumeSource>

export const localVolumeSource = s.object('io.k8s.api.core.v1.LocalVolumeSource', {
  fsType: s.string({ keepEmpty: true }),
  path: s.required(s.string()),
})
export type LocalVolumeSource = Infer<typeof localVolumeSource>

export const volumeNodeAffinity = s.object('io.k8s.api.core.v1.VolumeNodeAffinity', {
  required: nodeSelector,
})
export type VolumeNodeAffinity = Infer<typeof volumeNodeAffinity>

export const rbdPersistentVolumeSource = s.object('io.k8s.api.core.v1.RBDPersistentVolumeSource', {
  fsType: s.string(),
  image: s.required(s.string()),
  keyring: s.string({ default: '/etc/ceph/keyring' }),
  monitors: s.required(s.list(s.string(), { listType: 'atomic' })),
  pool: s.string({ default: 'rbd' }),
  readOnly: s.bool(),
  secretRef: secretReference,
  user: s.string({ default: 'admin' }),
})
export type RBDPersistentVolumeSource = Infer<typeof rbdPersistentVolumeSource>

export const scaleIOPersistentVolumeSource = s.object('io.k8s.api.core.v1.ScaleIOPersistentVolumeSource', {
  fsType: s.string({ default: 'xfs' }),
  gateway: s.required(s.string()),
  protectionDomain: s.string(),
  readOnly: s.bool(),
  secretRef: s.required(secretReference),
  sslEnabled: s.bool(),
  storageMode: s.string({ default: 'ThinProvisioned' }),
  storagePool: s.string(),
  system: s.required(s.string()),
  volumeName: s.string(),
})
export type ScaleIOPersistentVolumeSource = Infer<typeof scaleIOPersistentVolumeSource>

export const storageOSPersistentVolumeSource = s.object('io.k8s.api.core.v1.StorageOSPersistentVolumeSource', {
  fsType: s.string(),
  readOnly: s.bool(),
  secretRef: objectReference,
  volumeName: s.string(),
  volumeNamespace: s.string(),
})
export type StorageOSPersistentVolumeSource = Infer<typeof storageOSPersistentVolumeSource>

export const persistentVolumeSpec = s.object('io.k8s.api.core.v1.PersistentVolumeSpec', {
  accessModes: s.list(s.string(), { listType: 'atomic' }),
  awsElasticBlockStore: awsElasticBlockStoreVolumeSource,
  azureDisk: azureDiskVolumeSource,
  azureFile: azureFilePersistentVolumeSource,
  capacity: s.map(s.quantity()),
  cephfs: cephFSPersistentVolumeSource,
  cinder: cinderPersistentVolumeSource,
  claimRef: s.granular(objectReference),
  csi: csiPersistentVolumeSource,
  fc: fcVolumeSource,
  flexVolume: flexPersistentVolumeSource,
  flocker: flockerVolumeSource,
  gcePersistentDisk: gcePersistentDiskVolumeSource,
  glusterfs: glusterfsPersistentVolumeSource,
  hostPath: hostPathVolumeSource,
  iscsi: iscsiPersistentVolumeSource,
  local: localVolumeSource,
  mountOptions: s.list(s.string(), { listType: 'atomic' }),
  nfs: nfsVolumeSource,
  nodeAffinity: volumeNodeAffinity,
  persistentVolumeReclaimPolicy: s.string(),
  photonPersistentDisk: photonPersistentDiskVolumeSource,
  portworxVolume: portworxVolumeSource,
  quobyte: quobyteVolumeSource,
  rbd: rbdPersistentVolumeSource,
  scaleIO: scaleIOPersistentVolumeSource,
  storageClassName: s.string(),
  storageos: storageOSPersistentVolumeSource,
  volumeAttributesClassName: s.string({ keepEmpty: true }),
  volumeMode: s.string({ keepEmpty: true }),
  vsphereVolume: vsphereVirtualDiskVolumeSource,
})
export type PersistentVolumeSpec = Infer<typeof persistentVolumeSpec>

export const persistentVolumeStatus = s.object('io.k8s.api.core.v1.PersistentVolumeStatus', {
  lastPhaseTransitionTime: s.time(),
  message: s.string(),
  phase: s.string(),
  reason: s.string(),
})
export type PersistentVolumeStatus = Infer<typeof persistentVolumeStatus>

export const persistentVolume = defineKind({
  group: '', version: 'v1', kind: 'PersistentVolume', plural: 'persistentvolumes',
  shortNames: ['pv'], scope: 'Cluster',
  definition: 'io.k8s.api.core.v1.PersistentVolume',
  returnsDeleted: true,
  onUpdate: ['meta', 'rules', 'meta', 'change'],
  columns: [
    cells.name,
    { name: 'Capacity', value: (o) => o.spec.capacity?.storage ?? '0' },
    { name: 'Access Modes', value: (o) => cells.accessModes(o.spec.accessModes) },
    { name: 'Reclaim Policy', value: (o) => o.spec.persistentVolumeReclaimPolicy ?? '' },
    { name: 'Status', value: (o) => (o.metadata.deletionTimestamp ? 'Terminating' : o.status.phase ?? '') },
    { name: 'Claim', value: (o) => (o.spec.claimRef ? `${o.spec.claimRef.namespace ?? ''}/${o.spec.claimRef.name ?? ''}` : '') },
    { name: 'StorageClass', value: (o) => o.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? o.spec.storageClassName ?? '' },
    { name: 'VolumeAttributesClass', value: (o) => o.spec.volumeAttributesClassName ?? '<unset>' },
    { name: 'Reason', value: (o) => o.status.reason ?? '' },
    cells.age,
    { name: 'VolumeMode', priority: 1, value: (o) => o.spec.volumeMode ?? '<unset>' },
  ],
  subresources: { status: true },
  fields: {
    spec: s.value(persistentVolumeSpec),
    status: s.value(persistentVolumeStatus),
  },
  defaults: ({ spec, status }) => {
    status.phase ||= 'Pending'
    spec.persistentVolumeReclaimPolicy ||= 'Retain'
    spec.volumeMode ??= 'Filesystem'
    if (spec.hostPath) spec.hostPath.type ??= ''
    roundResources(spec.capacity)
  },
  prepareCreate: (o) => { o.status = { lastPhaseTransitionTime: o.metadata.creationTimestamp, phase: 'Pending' } },
  // When the phase last changed, unless the writer knows better.
  prepareUpdate: ({ status }, old, subresource, now) => {
    const { lastPhaseTransitionTime: before } = old.status, given = status.lastPhaseTransitionTime
    if (subresource !== 'status') return
    if (status.phase !== old.status.phase && (given === undefined || given === before)) status.lastPhaseTransitionTime = formatTime(now)
    else if (status.phase === old.status.phase && given === undefined && before !== undefined) status.lastPhaseTransitionTime = before
  },
  validate: validatePersistentVolume,
  validateChange: validateVolumeChange,
  warnings: persistentVolumeWarnings,
})
export type PersistentVolume = ObjectOf<typeof persistentVolume>
