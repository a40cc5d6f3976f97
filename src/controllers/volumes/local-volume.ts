// The volume that a claim on local directories gets: a pure function.
import { bindingAnnotations, localDirectories, type Node, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '#kinds'
import type { New } from '#machinery'

/** Why no directory can be what the claim asks for; undefined: it can. */
export function impossible({ spec }: PersistentVolumeClaim): string | undefined {
  const other = spec?.accessModes?.find((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod')
  if (other !== undefined) return `a directory of one node has the access modes ReadWriteOnce and ReadWriteOncePod, not ${other}`
  if (spec?.volumeMode === 'Block') return 'a directory has no volumeMode Block'
  if (spec?.selector) return 'claim.spec.selector is not supported: a new volume has no labels to choose by'
  return spec?.dataSource ?? spec?.dataSourceRef ? 'claim.spec.dataSource is not supported' : undefined
}

export const volumeName = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`

/** `path`: where the directory will be on the node; `isReal`: the node's agent removes it. */
export function localVolume(claim: PersistentVolumeClaim, of: StorageClass, node: Node, { path, isReal }: { readonly path: string; readonly isReal: boolean }): New<PersistentVolume> {
  const { name, namespace = '', uid, resourceVersion } = claim.metadata, { name: nodeName, labels } = node.metadata
  return {
    metadata: { name: volumeName(claim), labels: { [localDirectories.node]: nodeName }, annotations: { [bindingAnnotations.provisionedBy]: localDirectories.provisioner }, ...(isReal && { finalizers: [localDirectories.finalizer] }) },
    spec: {
      accessModes: claim.spec?.accessModes ?? [], capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '0' }, persistentVolumeReclaimPolicy: of.reclaimPolicy ?? 'Delete',
      storageClassName: of.metadata.name, volumeMode: 'Filesystem', local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [labels?.['kubernetes.io/hostname'] ?? nodeName] }] }] } },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, ...(resourceVersion !== undefined && { resourceVersion }) },
    },
  }
}
