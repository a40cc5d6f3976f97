/** Drivers that took over from plugins that were once part of Kubernetes. */
const successors: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com', 'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io', 'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com', 'kubernetes.io/cinder': 'cinder.csi.openstack.org', 'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com', 'kubernetes.io/portworx-volume': 'pxd.portworx.com',
}
export const migratedTo = (plugin: string): string | undefined => (Object.hasOwn(successors, plugin) ? successors[plugin] : undefined)
