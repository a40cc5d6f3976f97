// Where a volume's bytes are: the systems that serve them, and the node itself.
import { s, type Infer } from '#machinery'
import { localObjectReference } from '../references.ts'

export const awsElasticBlockStoreVolumeSource = s.object('io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource', {
  fsType: s.string(),
  partition: s.int(),
  readOnly: s.bool(),
  volumeID: s.required(s.string()),
})
export type AWSElasticBlockStoreVolumeSource = Infer<typeof awsElasticBlockStoreVolumeSource>

export const azureDiskVolumeSource = s.object('io.k8s.api.core.v1.AzureDiskVolumeSource', {
  cachingMode: s.string({ default: 'ReadWrite', keepEmpty: true }),
  diskName: s.required(s.string()),
  diskURI: s.required(s.string()),
  fsType: s.string({ default: 'ext4', keepEmpty: true }),
  kind: s.string({ default: 'Shared', keepEmpty: true }),
  readOnly: s.bool({ default: false, keepEmpty: true }),
})
export type AzureDiskVolumeSource = Infer<typeof azureDiskVolumeSource>

export const azureFileVolumeSource = s.object('io.k8s.api.core.v1.AzureFileVolumeSource', {
  readOnly: s.bool(),
  secretName: s.required(s.string()),
  shareName: s.required(s.string()),
})
export type AzureFileVolumeSource = Infer<typeof azureFileVolumeSource>

export const cephFSVolumeSource = s.object('io.k8s.api.core.v1.CephFSVolumeSource', {
  monitors: s.required(s.list(s.string(), { listType: 'atomic' })),
  path: s.string(),
  readOnly: s.bool(),
  secretFile: s.string(),
  secretRef: localObjectReference,
  user: s.string(),
})
export type CephFSVolumeSource = Infer<typeof cephFSVolumeSource>

export const cinderVolumeSource = s.object('io.k8s.api.core.v1.CinderVolumeSource', {
  fsType: s.string(),
  readOnly: s.bool(),
  secretRef: localObjectReference,
  volumeID: s.required(s.string()),
})
export type CinderVolumeSource = Infer<typeof cinderVolumeSource>

export const csiVolumeSource = s.object('io.k8s.api.core.v1.CSIVolumeSource', {
  driver: s.required(s.string()),
  fsType: s.string({ keepEmpty: true }),
  nodePublishSecretRef: localObjectReference,
  readOnly: s.bool({ keepEmpty: true }),
  volumeAttributes: s.map(s.string()),
})
export type CSIVolumeSource = Infer<typeof csiVolumeSource>

export const emptyDirVolumeSource = s.object('io.k8s.api.core.v1.EmptyDirVolumeSource', {
  medium: s.string(),
  sizeLimit: s.quantity(),
})
export type EmptyDirVolumeSource = Infer<typeof emptyDirVolumeSource>

export const fcVolumeSource = s.object('io.k8s.api.core.v1.FCVolumeSource', {
  fsType: s.string(),
  lun: s.int({ keepEmpty: true }),
  readOnly: s.bool(),
  targetWWNs: s.list(s.string(), { listType: 'atomic' }),
  wwids: s.list(s.string(), { listType: 'atomic' }),
})
export type FCVolumeSource = Infer<typeof fcVolumeSource>

export const flexVolumeSource = s.object('io.k8s.api.core.v1.FlexVolumeSource', {
  driver: s.required(s.string()),
  fsType: s.string(),
  options: s.map(s.string()),
  readOnly: s.bool(),
  secretRef: localObjectReference,
})
export type FlexVolumeSource = Infer<typeof flexVolumeSource>

export const flockerVolumeSource = s.object('io.k8s.api.core.v1.FlockerVolumeSource', {
  datasetName: s.string(),
  datasetUUID: s.string(),
})
export type FlockerVolumeSource = Infer<typeof flockerVolumeSource>

export const gcePersistentDiskVolumeSource = s.object('io.k8s.api.core.v1.GCEPersistentDiskVolumeSource', {
  fsType: s.string(),
  partition: s.int(),
  pdName: s.required(s.string()),
  readOnly: s.bool(),
})
export type GCEPersistentDiskVolumeSource = Infer<typeof gcePersistentDiskVolumeSource>

export const gitRepoVolumeSource = s.object('io.k8s.api.core.v1.GitRepoVolumeSource', {
  directory: s.string(),
  repository: s.required(s.string()),
  revision: s.string(),
})
export type GitRepoVolumeSource = Infer<typeof gitRepoVolumeSource>

export const glusterfsVolumeSource = s.object('io.k8s.api.core.v1.GlusterfsVolumeSource', {
  endpoints: s.required(s.string()),
  path: s.required(s.string()),
  readOnly: s.bool(),
})
export type GlusterfsVolumeSource = Infer<typeof glusterfsVolumeSource>

export const hostPathVolumeSource = s.object('io.k8s.api.core.v1.HostPathVolumeSource', {
  path: s.required(s.string()),
  type: s.string({ keepEmpty: true }),
})
export type HostPathVolumeSource = Infer<typeof hostPathVolumeSource>

export const imageVolumeSource = s.object('io.k8s.api.core.v1.ImageVolumeSource', {
  pullPolicy: s.string(),
  reference: s.string(),
})
export type ImageVolumeSource = Infer<typeof imageVolumeSource>

export const iscsiVolumeSource = s.object('io.k8s.api.core.v1.ISCSIVolumeSource', {
  chapAuthDiscovery: s.bool(),
  chapAuthSession: s.bool(),
  fsType: s.string(),
  initiatorName: s.string({ keepEmpty: true }),
  iqn: s.required(s.string()),
  iscsiInterface: s.string({ default: 'default' }),
  lun: s.required(s.int()),
  portals: s.list(s.string(), { listType: 'atomic' }),
  readOnly: s.bool(),
  secretRef: localObjectReference,
  targetPortal: s.required(s.string()),
})
export type ISCSIVolumeSource = Infer<typeof iscsiVolumeSource>

export const nfsVolumeSource = s.object('io.k8s.api.core.v1.NFSVolumeSource', {
  path: s.required(s.string()),
  readOnly: s.bool(),
  server: s.required(s.string()),
})
export type NFSVolumeSource = Infer<typeof nfsVolumeSource>

export const photonPersistentDiskVolumeSource = s.object('io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource', {
  fsType: s.string(),
  pdID: s.required(s.string()),
})
export type PhotonPersistentDiskVolumeSource = Infer<typeof photonPersistentDiskVolumeSource>

export const portworxVolumeSource = s.object('io.k8s.api.core.v1.PortworxVolumeSource', {
  fsType: s.string(),
  readOnly: s.bool(),
  volumeID: s.required(s.string()),
})
export type PortworxVolumeSource = Infer<typeof portworxVolumeSource>

export const quobyteVolumeSource = s.object('io.k8s.api.core.v1.QuobyteVolumeSource', {
  group: s.string(),
  readOnly: s.bool(),
  registry: s.required(s.string()),
  tenant: s.string(),
  user: s.string(),
  volume: s.required(s.string()),
})
export type QuobyteVolumeSource = Infer<typeof quobyteVolumeSource>

export const rbdVolumeSource = s.object('io.k8s.api.core.v1.RBDVolumeSource', {
  fsType: s.string(),
  image: s.required(s.string()),
  keyring: s.string({ default: '/etc/ceph/keyring' }),
  monitors: s.required(s.list(s.string(), { listType: 'atomic' })),
  pool: s.string({ default: 'rbd' }),
  readOnly: s.bool(),
  secretRef: localObjectReference,
  user: s.string({ default: 'admin' }),
})
export type RBDVolumeSource = Infer<typeof rbdVolumeSource>

export const scaleIOVolumeSource = s.object('io.k8s.api.core.v1.ScaleIOVolumeSource', {
  fsType: s.string({ default: 'xfs' }),
  gateway: s.required(s.string()),
  protectionDomain: s.string(),
  readOnly: s.bool(),
  secretRef: s.required(localObjectReference),
  sslEnabled: s.bool(),
  storageMode: s.string({ default: 'ThinProvisioned' }),
  storagePool: s.string(),
  system: s.required(s.string()),
  volumeName: s.string(),
})
export type ScaleIOVolumeSource = Infer<typeof scaleIOVolumeSource>

export const storageOSVolumeSource = s.object('io.k8s.api.core.v1.StorageOSVolumeSource', {
  fsType: s.string(),
  readOnly: s.bool(),
  secretRef: localObjectReference,
  volumeName: s.string(),
  volumeNamespace: s.string(),
})
export type StorageOSVolumeSource = Infer<typeof storageOSVolumeSource>

export const vsphereVirtualDiskVolumeSource = s.object('io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource', {
  fsType: s.string(),
  storagePolicyID: s.string(),
  storagePolicyName: s.string(),
  volumePath: s.required(s.string()),
})
export type VsphereVirtualDiskVolumeSource = Infer<typeof vsphereVirtualDiskVolumeSource>
