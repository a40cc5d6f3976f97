// Volumes of plugins that were once part of Kubernetes: drivers took over, and count them as their own (KEP-625).
import type { PersistentVolume } from './persistentvolume.ts'
import type { Volume } from './pod/volume.ts'

/** The drivers by the names of the plugins that they took over from. */
const successors: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com', 'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io', 'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com', 'kubernetes.io/cinder': 'cinder.csi.openstack.org', 'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com', 'kubernetes.io/portworx-volume': 'pxd.portworx.com',
}
export const migratedTo = (plugin: string): string | undefined => (Object.hasOwn(successors, plugin) ? successors[plugin] : undefined)
/** Plugins whose volumes count on a node that says that its driver took over. */
export const countedPlugins: readonly string[] = ['kubernetes.io/aws-ebs', 'kubernetes.io/gce-pd', 'kubernetes.io/azure-disk', 'kubernetes.io/cinder', 'kubernetes.io/portworx-volume']
/** On a CSINode: the plugins that drivers took over from there, separated by commas. */
export const migratedPluginsAnnotation = 'storage.alpha.kubernetes.io/migrated-plugins'

export interface MigratedVolume { readonly plugin: string; readonly driver: string; /** What the driver knows the volume by. */ readonly handle: string }
type Source = Pick<PersistentVolume['spec'] & Volume, 'awsElasticBlockStore' | 'gcePersistentDisk' | 'azureDisk' | 'portworxVolume'> & { readonly cinder?: { readonly volumeID: string } | undefined }

/** The volume as its driver has it; undefined when no driver took over. `labels` are those of a PersistentVolume. */
export function migratedVolume(source: Source, labels: Readonly<Record<string, string>> = {}): MigratedVolume | undefined {
  const of = (plugin: string, handle: string): MigratedVolume => ({ plugin, driver: successors[plugin]!, handle })
  const { awsElasticBlockStore, gcePersistentDisk, azureDisk, cinder, portworxVolume } = source
  if (awsElasticBlockStore) return of('kubernetes.io/aws-ebs', awsElasticBlockStore.volumeID.replace(/^aws:\/\/[^/]*\//, '').replace(/^\/+|\/+$/g, ''))
  if (gcePersistentDisk) return of('kubernetes.io/gce-pd', `projects/UNSPECIFIED/${placeOf(labels)}/disks/${gcePersistentDisk.pdName}`)
  if (azureDisk) return of('kubernetes.io/azure-disk', azureDisk.diskURI)
  if (cinder) return of('kubernetes.io/cinder', cinder.volumeID)
  return portworxVolume && of('kubernetes.io/portworx-volume', portworxVolume.volumeID)
}

/** A disk is in a zone, or in several of a region. */
function placeOf(labels: Readonly<Record<string, string>>): string {
  const zones = (labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '').split('__').filter(Boolean)
  if (zones.length > 1) return `regions/${zones[0]!.split('-').slice(0, -1).join('-')}`
  return `zones/${zones[0] ?? 'UNSPECIFIED'}`
}
