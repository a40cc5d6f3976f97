import { pauseElf, type Architecture } from './pause-elf.ts'
import { type ImageSource, thisArchitecture } from './oci-image.ts'

/** The image of every pod's sandbox. Its tag changes with its content. */
export const pauseImageName = 'localhost/proa/pause:1'

/** The pause image of this machine's architecture; throws where there is none. */
export function pauseImage(): ImageSource {
  const architecture = thisArchitecture()
  if (architecture !== 'amd64' && architecture !== 'arm64') {
    throw new Error(`real containers need an amd64 or arm64 machine, this one is ${architecture}; use the simulated runtime`)
  }
  return {
    names: [pauseImageName], architecture,
    files: [{ path: 'pause', content: pauseElf(architecture satisfies Architecture), mode: 0o755 }],
    config: { entrypoint: ['/pause'], env: ['PATH=/'] },
  }
}
