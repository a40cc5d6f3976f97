import { forbiddenValue, invalidValue, requiredValue, valueNotFound, type FieldError } from '#machinery'
import { oneOf } from '../../checks.ts'
import type { Container, EphemeralContainer, VolumeMount } from './container.ts'
import { validateLocalPath } from './paths.ts'
import type { Volume } from './volume.ts'

/** Mounts of a container: of volumes that exist, each at a path of its own. Some messages name the list instead of the mount, as in the reference. */
export function validateMounts(c: Container | EphemeralContainer, volumes: ReadonlyMap<string, Volume>, at: string): FieldError[] {
  const errors: FieldError[] = [], paths = new Set<string>()
  const { volumeDevices = [], securityContext } = c
  for (const [i, mount] of (c.volumeMounts ?? []).entries()) {
    const here = `${at}[${i}]`, { name, mountPath, subPath, subPathExpr, mountPropagation } = mount
    if (!name) errors.push(requiredValue(`${here}.name`))
    if (!volumes.has(name)) errors.push(valueNotFound(`${here}.name`, name))
    if (!mountPath) errors.push(requiredValue(`${here}.mountPath`))
    if (paths.has(mountPath)) errors.push(invalidValue(`${here}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    if (volumeDevices.some((d) => d.name === name)) errors.push(invalidValue(`${here}.name`, name, 'must not already exist in volumeDevices'))
    if (volumeDevices.some((d) => d.devicePath === mountPath)) errors.push(invalidValue(`${here}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    if (subPath) errors.push(...validateLocalPath(subPath, `${at}.subPath`))
    if (subPathExpr) {
      if (subPath) errors.push(invalidValue(`${here}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...validateLocalPath(subPathExpr, `${at}.subPathExpr`))
    }
    if (mountPropagation !== undefined) {
      errors.push(...oneOf(mountPropagation, ['Bidirectional', 'HostToContainer', 'None'], `${at}.mountPropagation`))
      if (mountPropagation === 'Bidirectional' && !securityContext?.privileged)
        errors.push(forbiddenValue(`${at}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'))
    }
    errors.push(...recursiveReadOnly(mount, `${at}.recursiveReadOnly`))
  }
  return errors
}

function recursiveReadOnly({ recursiveReadOnly: mode, readOnly, mountPropagation }: VolumeMount, at: string): FieldError[] {
  if (mode === undefined || mode === 'Disabled') return []
  if (mode !== 'Enabled' && mode !== 'IfPossible') return oneOf(mode, ['Disabled', 'Enabled', 'IfPossible'], at)
  return [
    ...(readOnly ? [] : [forbiddenValue(at, 'may only be specified when readOnly is true')]),
    ...(mountPropagation !== undefined && mountPropagation !== 'None' ? [forbiddenValue(at, 'may only be specified when mountPropagation is None or not specified')] : []),
  ]
}
