// Volumes that are directories of a node: what the provisioner and the node's agent call each other's work.
import type { PersistentVolume } from './persistentvolume.ts'
import { bindingAnnotations } from './claim-binding.ts'

export const localDirectories = {
  provisioner: 'proa.dev/local',
  /** Of volumes: the directory is still there. The node's agent takes it off. */
  finalizer: 'proa.dev/local-directory',
  /** Label of volumes: the node that has the directory. */
  node: 'proa.dev/node',
} as const
export const isLocalDirectory = ({ metadata }: PersistentVolume): boolean => metadata.annotations?.[bindingAnnotations.provisionedBy] === localDirectories.provisioner
