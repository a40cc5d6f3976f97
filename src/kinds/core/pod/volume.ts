// Volumes of pods: what the cluster's own objects give, and a claim to storage.
import { labelSelector, objectMeta, s, type Infer } from '#machinery'
import { persistentVolumeClaimSpec } from '../persistentvolumeclaim.ts'
import { objectFieldSelector, resourceFieldSelector } from '../references.ts'
import {
  awsElasticBlockStoreVolumeSource, azureDiskVolumeSource, azureFileVolumeSource, cephFSVolumeSource, cinderVolumeSource, csiVolumeSource,
  emptyDirVolumeSource, fcVolumeSource, flexVolumeSource, flockerVolumeSource, gcePersistentDiskVolumeSource, gitRepoVolumeSource,
  glusterfsVolumeSource, hostPathVolumeSource, imageVolumeSource, iscsiVolumeSource, nfsVolumeSource, photonPersistentDiskVolumeSource,
  portworxVolumeSource, quobyteVolumeSource, rbdVolumeSource, scaleIOVolumeSource, storageOSVolumeSource, vsphereVirtualDiskVolumeSource,
} from './storage.ts'

export const keyToPath = s.object('io.k8s.api.core.v1.KeyToPath', {
  key: s.required(s.string()),
  mode: s.int({ keepEmpty: true }),
  path: s.required(s.string()),
})
export type KeyToPath = Infer<typeof keyToPath>

export const configMapVolumeSource = s.object('io.k8s.api.core.v1.ConfigMapVolumeSource', {
  defaultMode: s.int({ keepEmpty: true }),
  items: s.list(keyToPath, { listType: 'atomic' }),
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
})
export type ConfigMapVolumeSource = Infer<typeof configMapVolumeSource>

export const downwardAPIVolumeFile = s.object('io.k8s.api.core.v1.DownwardAPIVolumeFile', {
  fieldRef: objectFieldSelector,
  mode: s.int({ keepEmpty: true }),
  path: s.required(s.string()),
  resourceFieldRef: resourceFieldSelector,
})
export type DownwardAPIVolumeFile = Infer<typeof downwardAPIVolumeFile>

export const downwardAPIVolumeSource = s.object('io.k8s.api.core.v1.DownwardAPIVolumeSource', {
  defaultMode: s.int({ keepEmpty: true }),
  items: s.list(downwardAPIVolumeFile, { listType: 'atomic' }),
})
export type DownwardAPIVolumeSource = Infer<typeof downwardAPIVolumeSource>

export const persistentVolumeClaimTemplate = s.object('io.k8s.api.core.v1.PersistentVolumeClaimTemplate', {
  metadata: s.value(objectMeta),
  spec: s.required(s.value(persistentVolumeClaimSpec)),
})
export type PersistentVolumeClaimTemplate = Infer<typeof persistentVolumeClaimTemplate>

export const ephemeralVolumeSource = s.object('io.k8s.api.core.v1.EphemeralVolumeSource', {
  volumeClaimTemplate: persistentVolumeClaimTemplate,
})
export type EphemeralVolumeSource = Infer<typeof ephemeralVolumeSource>

export const persistentVolumeClaimVolumeSource = s.object('io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource', {
  claimName: s.required(s.string()),
  readOnly: s.bool(),
})
export type PersistentVolumeClaimVolumeSource = Infer<typeof persistentVolumeClaimVolumeSource>

export const clusterTrustBundleProjection = s.object('io.k8s.api.core.v1.ClusterTrustBundleProjection', {
  labelSelector: labelSelector,
  name: s.string({ keepEmpty: true }),
  optional: s.bool({ keepEmpty: true }),
  path: s.required(s.string()),
  signerName: s.string({ keepEmpty: true }),
})
export type ClusterTrustBundleProjection = Infer<typeof clusterTrustBundleProjection>

export const configMapProjection = s.object('io.k8s.api.core.v1.ConfigMapProjection', {
  items: s.list(keyToPath, { listType: 'atomic' }),
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
})
export type ConfigMapProjection = Infer<typeof configMapProjection>

export const downwardAPIProjection = s.object('io.k8s.api.core.v1.DownwardAPIProjection', {
  items: s.list(downwardAPIVolumeFile, { listType: 'atomic' }),
})
export type DownwardAPIProjection = Infer<typeof downwardAPIProjection>

export const podCertificateProjection = s.object('io.k8s.api.core.v1.PodCertificateProjection', {
  certificateChainPath: s.string(),
  credentialBundlePath: s.string(),
  keyPath: s.string(),
  keyType: s.mandatory(s.string()),
  maxExpirationSeconds: s.int({ keepEmpty: true }),
  signerName: s.mandatory(s.string()),
  userAnnotations: s.map(s.string()),
})
export type PodCertificateProjection = Infer<typeof podCertificateProjection>

export const secretProjection = s.object('io.k8s.api.core.v1.SecretProjection', {
  items: s.list(keyToPath, { listType: 'atomic' }),
  name: s.string({ shownDefault: '' }),
  optional: s.bool({ keepEmpty: true }),
})
export type SecretProjection = Infer<typeof secretProjection>

export const serviceAccountTokenProjection = s.object('io.k8s.api.core.v1.ServiceAccountTokenProjection', {
  audience: s.string(),
  expirationSeconds: s.int64({ keepEmpty: true }),
  path: s.required(s.string()),
})
export type ServiceAccountTokenProjection = Infer<typeof serviceAccountTokenProjection>

export const volumeProjection = s.object('io.k8s.api.core.v1.VolumeProjection', {
  clusterTrustBundle: clusterTrustBundleProjection,
  configMap: configMapProjection,
  downwardAPI: downwardAPIProjection,
  podCertificate: podCertificateProjection,
  secret: secretProjection,
  serviceAccountToken: serviceAccountTokenProjection,
})
export type VolumeProjection = Infer<typeof volumeProjection>

export const projectedVolumeSource = s.object('io.k8s.api.core.v1.ProjectedVolumeSource', {
  defaultMode: s.int({ keepEmpty: true }),
  sources: s.list(volumeProjection, { listType: 'atomic' }),
})
export type ProjectedVolumeSource = Infer<typeof projectedVolumeSource>

export const secretVolumeSource = s.object('io.k8s.api.core.v1.SecretVolumeSource', {
  defaultMode: s.int({ keepEmpty: true }),
  items: s.list(keyToPath, { listType: 'atomic' }),
  optional: s.bool({ keepEmpty: true }),
  secretName: s.string(),
})
export type SecretVolumeSource = Infer<typeof secretVolumeSource>

export const volume = s.object('io.k8s.api.core.v1.Volume', {
  awsElasticBlockStore: awsElasticBlockStoreVolumeSource,
  azureDisk: azureDiskVolumeSource,
  azureFile: azureFileVolumeSource,
  cephfs: cephFSVolumeSource,
  cinder: cinderVolumeSource,
  configMap: configMapVolumeSource,
  csi: csiVolumeSource,
  downwardAPI: downwardAPIVolumeSource,
  emptyDir: emptyDirVolumeSource,
  ephemeral: ephemeralVolumeSource,
  fc: fcVolumeSource,
  flexVolume: flexVolumeSource,
  flocker: flockerVolumeSource,
  gcePersistentDisk: gcePersistentDiskVolumeSource,
  gitRepo: gitRepoVolumeSource,
  glusterfs: glusterfsVolumeSource,
  hostPath: hostPathVolumeSource,
  image: imageVolumeSource,
  iscsi: iscsiVolumeSource,
  name: s.required(s.string()),
  nfs: nfsVolumeSource,
  persistentVolumeClaim: persistentVolumeClaimVolumeSource,
  photonPersistentDisk: photonPersistentDiskVolumeSource,
  portworxVolume: portworxVolumeSource,
  projected: projectedVolumeSource,
  quobyte: quobyteVolumeSource,
  rbd: rbdVolumeSource,
  scaleIO: scaleIOVolumeSource,
  secret: secretVolumeSource,
  storageos: storageOSVolumeSource,
  vsphereVolume: vsphereVirtualDiskVolumeSource,
})
export type Volume = Infer<typeof volume>
