// emptyDir: an empty folder that lives as long as the pod, on disk or in memory.
import { chmod, mkdir } from 'node:fs/promises'
import type { EmptyDirVolumeSource, Pod } from '#kinds'
import { quantityValue } from '#machinery'
import type { Mounter } from './mounter.ts'
import { giveToGroup } from './ownership.ts'

export async function setUpEmptyDir(path: string, { medium, sizeLimit }: EmptyDirVolumeSource, pod: Pod, { mounter, memoryOfNode }: { readonly mounter: Mounter; readonly memoryOfNode: number }): Promise<void> {
  let fresh = await mkdir(path, { recursive: true, mode: 0o750 }) !== undefined
  if (medium === 'Memory') fresh = await mounter.tmpfs(path, { sizeBytes: tmpfsSize(sizeLimit, pod, memoryOfNode), mode: 0o777 }) || fresh
  else if (medium?.startsWith('HugePages')) throw new Error(`emptyDir with medium ${medium}: this node has no huge pages; use medium "" or Memory`)
  else if (medium) throw new Error(`unknown storage medium ${JSON.stringify(medium)}`)
  if (!fresh) return // it is the containers' from now on
  await chmod(path, 0o777)
  await giveToGroup(path, pod.spec.securityContext?.fsGroup)
}

/** The smallest of what the volume, the pod's memory limits and the node allow, in bytes. */
export function tmpfsSize(sizeLimit: string | undefined, { spec }: Pod, memoryOfNode: number): number {
  const limits = spec.containers.map((c) => c.resources?.limits?.['memory'])
  const ofPod = limits.every((limit) => limit !== undefined) ? limits.reduce((sum, limit) => sum + quantityValue(limit!), 0) : memoryOfNode
  const asked = sizeLimit === undefined ? 0 : quantityValue(sizeLimit)
  return Math.min(ofPod, asked > 0 ? asked : ofPod)
}
