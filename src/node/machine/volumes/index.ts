export { createVolumes, type Volumes, type VolumesOptions } from './volumes.ts'
export { linuxMounter, withoutMounts, type Mounter } from './mounter.ts'
