// Where on the machine the files of pods lie.
import { join } from 'node:path'
import type { Pod } from '#kinds'

export interface MachineFolders { readonly pods: string; readonly logs: string }

/** Folders and files of one pod. */
export class PodFolders {
  /** Everything but what must never touch a disk. */
  readonly root: string
  /** On a file system in memory: secrets and tokens. */
  readonly memory: string
  readonly hosts: string
  readonly containers: string
  readonly subPaths: string
  /** Volumes of this pod that are mounts of their own. */
  readonly volumes: string

  constructor({ pods }: MachineFolders, uid: string) {
    this.root = join(pods, safe(uid))
    this.memory = join(memoryFolder(pods), uid)
    this.hosts = join(this.root, 'etc-hosts')
    this.containers = join(this.root, 'containers')
    this.subPaths = join(this.root, 'volume-subpaths')
    this.volumes = join(this.root, 'volumes')
  }
  volume(name: string): string { return join(this.volumes, safe(name)) }
  memoryVolume(name: string): string { return join(this.memory, safe(name)) }
  terminationLog(container: string, attempt: number): string { return join(this.containers, safe(container), String(attempt)) }
}

export const memoryFolder = (pods: string): string => join(pods, '.memory')
/** `<logs>/<namespace>_<name>_<uid>`, as tools that collect logs expect. */
export const podLogFolder = ({ logs }: MachineFolders, { metadata }: Pod): string => join(logs, `${safe(metadata.namespace ?? '')}_${safe(metadata.name)}_${safe(metadata.uid)}`)
export const podUidOfLogFolder = (name: string): string | undefined => /^[^_]+_[^_]+_([^_]+)$/.exec(name)?.[1]

/** Names come from the API, which refuses others; a path is never built from one that could lead elsewhere. */
export function safe(name: string): string {
  if (!/^[A-Za-z0-9][-A-Za-z0-9.]*$/.test(name)) throw new Error(`${JSON.stringify(name)} cannot be a file's name`)
  return name
}
