// Which nodes reach which storage.
import type { CSIDriver, CSIStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass } from '#kinds'
import { quantityValue, selectorFrom } from '#machinery'
import { matchesTerm } from '../node-affinity.ts'

type Labels = Readonly<Record<string, string>>

/** A volume's own word about where it can be used: by the labels of nodes alone. */
export function reaches(labels: Labels, { spec: { nodeAffinity } }: PersistentVolume): boolean {
  const terms = nodeAffinity?.required?.nodeSelectorTerms
  return !terms || terms.some((term) => matchesTerm({ name: '', labels }, term))
}

/** Whether a class makes volumes for nodes with these labels; a term without expressions is for none. */
export const isAllowed = (labels: Labels, { allowedTopologies = [] }: StorageClass): boolean => allowedTopologies.length === 0
  || allowedTopologies.some(({ matchLabelExpressions = [] }) => matchLabelExpressions.length > 0 && matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])))

/** Whether there is room for the claim: only drivers that count it are asked. */
export function hasRoom(labels: Labels, claim: PersistentVolumeClaim, { metadata: { name } }: StorageClass, driver: CSIDriver | undefined, capacities: readonly CSIStorageCapacity[]): boolean {
  const asked = claim.spec?.resources?.requests?.['storage']
  if (asked === undefined || !driver?.spec.storageCapacity) return true
  const size = quantityValue(asked)
  return capacities.some(({ storageClassName, capacity, maximumVolumeSize, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity
    return storageClassName === name && limit !== undefined && quantityValue(limit) >= size && nodeTopology !== undefined && selectorFrom(nodeTopology).matches(labels)
  })
}
