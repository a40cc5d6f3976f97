export { createVolumes, type Volumes, type VolumesOptions } from './volumes.ts'
export { watchLocalDirectories, type LocalDirectoriesOptions } from './local-directories.ts'
export { linuxMounter, withoutMounts, type Mounter } from './mounter.ts'
