// What a cluster with nodes has besides the reference's objects, so that claims get volumes: a default class, and the right of nodes' agents to give directories up.
import type { Client } from '#client'
import { clusterRole, clusterRoleBinding, localDirectories, storageClass } from '#kinds'
import { is, type AnyObject, type Kind, type New } from '#machinery'

/** Who agents are when they look after directories: not the node, which may read nothing but its own pods' volumes. */
export const directoryKeeper = 'proa:local-directories'
const isDefault = 'storageclass.kubernetes.io/is-default-class'

/** Makes what is not there; what is there is left alone. */
export async function announceLocalStorage(client: Client): Promise<void> {
  const ensure = async <T extends AnyObject>(kind: Kind<T>, object: New<T>) => { await client.create(kind, object).catch((error: unknown) => { if (!is(error, 'AlreadyExists')) throw error }) }
  await ensure(clusterRole, { metadata: { name: directoryKeeper }, rules: [{ apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'watch', 'patch'] }] })
  await ensure(clusterRoleBinding, { metadata: { name: directoryKeeper }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: directoryKeeper }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: directoryKeeper }] })
  const { items } = await client.list(storageClass)
  if (items.some(({ metadata }) => metadata.name === 'standard')) return
  const hasDefault = items.some(({ metadata }) => metadata.annotations?.[isDefault] === 'true')
  await ensure(storageClass, { metadata: { name: 'standard', ...(!hasDefault && { annotations: { [isDefault]: 'true' } }) }, provisioner: localDirectories.provisioner, reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer', allowVolumeExpansion: true })
}
