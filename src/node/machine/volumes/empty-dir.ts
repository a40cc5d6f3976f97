// emptyDir: an empty folder that lives as long as the pod, on disk or in memory.
import { execFile } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { EmptyDirVolumeSource, Pod } from '#kinds'
import { quantityValue } from '#machinery'
import { mountPoints } from '../../runtime/node-namespaces.ts'
import { giveToGroup } from './ownership.ts'

const run = promisify(execFile)
const mountMs = 10_000

export async function setUpEmptyDir(path: string, { medium, sizeLimit }: EmptyDirVolumeSource, pod: Pod, memoryOfNode: number): Promise<void> {
  const fresh = await mkdir(path, { recursive: true }) !== undefined
  if (medium === 'Memory') {
    if (!(await mountPoints(path)).includes(path)) {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${tmpfsSize(sizeLimit, pod, memoryOfNode)},nosuid,nodev`, 'tmpfs', path], { timeout: mountMs })
      await chmod(path, 0o777)
      return await giveToGroup(path, pod.spec.securityContext?.fsGroup)
    }
  } else if (medium?.startsWith('HugePages')) throw new Error(`emptyDir with medium ${medium}: this node has no huge pages; use medium "" or Memory`)
  else if (medium) throw new Error(`unknown storage medium ${JSON.stringify(medium)}`)
  if (!fresh) return
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
