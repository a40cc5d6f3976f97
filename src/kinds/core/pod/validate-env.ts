// Environment variables and where their values come from.
import { invalidValue, isConfigMapKey, isDNS1123Subdomain, isEnvVarName, requiredValue, valueNotFound, type FieldError } from '#machinery'
import { failing, validateDNSLabel } from '../../checks.ts'
import type { Container, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from './container.ts'
import { validateFieldRef, validateResourceFieldRef } from './downward.ts'
import { validateNoBacksteps } from './paths.ts'
import type { Volume } from './volume.ts'

const envPaths = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP',
  'status.podIPs']

export const validateEnv = (env: readonly EnvVar[] | undefined, at: string): FieldError[] => (env ?? []).flatMap((variable, i) => [
  ...(variable.name ? failing(isEnvVarName, variable.name, `${at}[${i}].name`) : [requiredValue(`${at}[${i}].name`)]),
  ...(variable.valueFrom ? validateValueFrom(variable.valueFrom, variable.value ?? '', `${at}[${i}].valueFrom`) : []),
])

const keyRef = ({ name = '', key }: { name?: string; key: string }, at: string): FieldError[] =>
  [...failing(isDNS1123Subdomain, name, `${at}.name`), ...(key ? failing(isConfigMapKey, key, `${at}.key`) : [requiredValue(`${at}.key`)])]

const validateFileKey = ({ key, volumeName, path }: FileKeySelector, at: string): FieldError[] => [
  ...(key ? failing(isEnvVarName, key, `${at}.key`) : [requiredValue(`${at}.key`)]),
  ...(volumeName ? validateDNSLabel(volumeName, `${at}.volumeName`) : [requiredValue(`${at}.volumeName`)]),
  ...(path ? validateNoBacksteps(path, `${at}.path`) : [requiredValue(`${at}.path`)]),
]
/** Files with values are in volumes of the pod that start empty; looked at when everything else about the pod has been. */
export function validateFileKeyVolumes(c: Pick<Container, 'env'>, volumes: readonly Volume[], at: string): FieldError[] {
  return (c.env ?? []).flatMap(({ valueFrom }, i) => {
    const name = valueFrom?.fileKeyRef?.volumeName, here = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`
    if (!name) return []
    const volume = volumes.find((v) => v.name === name)
    return !volume ? [valueNotFound(here, name)] : volume.emptyDir ? [] : [invalidValue(here, name, 'referenced volume must be of type emptyDir')]
  })
}

function validateValueFrom({ fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef }: EnvVarSource, value: string, at: string): FieldError[] {
  const errors = [
    ...(fieldRef ? validateFieldRef(fieldRef, envPaths, `${at}.fieldRef`) : []),
    ...(resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, `${at}.resourceFieldRef`, false) : []),
    ...(configMapKeyRef ? keyRef(configMapKeyRef, `${at}.configMapKeyRef`) : []),
    ...(secretKeyRef ? keyRef(secretKeyRef, `${at}.secretKeyRef`) : []),
    ...(fileKeyRef ? validateFileKey(fileKeyRef, `${at}.fileKeyRef`) : []),
  ]
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length
  if (count === 0) errors.push(invalidValue(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'))
  else if (value) errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  return errors
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [i, { prefix, configMapRef, secretRef }] of (sources ?? []).entries()) {
    if (prefix) errors.push(...failing(isEnvVarName, prefix, `${at}[${i}].prefix`))
    for (const [name, ref] of [['configMapRef', configMapRef], ['secretRef', secretRef]] as const)
      if (ref) errors.push(...(ref.name ? failing(isDNS1123Subdomain, ref.name, `${at}[${i}].${name}.name`) : [requiredValue(`${at}[${i}].${name}.name`)]))
    if (!configMapRef && !secretRef) errors.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (configMapRef && secretRef) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  }
  return errors
}
