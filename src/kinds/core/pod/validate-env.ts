// Environment variables and where their values come from.
import { invalidValue, isConfigMapKey, isDNS1123Subdomain, isEnvVarName, requiredValue, type FieldError } from '#machinery'
import { failing } from '../../checks.ts'
import type { EnvFromSource, EnvVar, EnvVarSource } from './container.ts'
import { validateFieldRef, validateResourceFieldRef } from './downward.ts'

const envPaths = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP',
  'status.podIPs']

export const validateEnv = (env: readonly EnvVar[] | undefined, at: string): FieldError[] => (env ?? []).flatMap((variable, i) => [
  ...(variable.name ? failing(isEnvVarName, variable.name, `${at}[${i}].name`) : [requiredValue(`${at}[${i}].name`)]),
  ...(variable.valueFrom ? validateValueFrom(variable.valueFrom, variable.value ?? '', `${at}[${i}].valueFrom`) : []),
])

const keyRef = ({ name = '', key }: { name?: string; key: string }, at: string): FieldError[] =>
  [...failing(isDNS1123Subdomain, name, `${at}.name`), ...(key ? failing(isConfigMapKey, key, `${at}.key`) : [requiredValue(`${at}.key`)])]

function validateValueFrom({ fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef }: EnvVarSource, value: string, at: string): FieldError[] {
  const errors = [
    ...(fieldRef ? validateFieldRef(fieldRef, envPaths, `${at}.fieldRef`) : []),
    ...(resourceFieldRef ? validateResourceFieldRef(resourceFieldRef, `${at}.resourceFieldRef`, false) : []),
    ...(configMapKeyRef ? keyRef(configMapKeyRef, `${at}.configMapKeyRef`) : []),
    ...(secretKeyRef ? keyRef(secretKeyRef, `${at}.secretKeyRef`) : []),
    ...(fileKeyRef ? (['key', 'path', 'volumeName'] as const).filter((f) => !fileKeyRef[f]).map((f) => requiredValue(`${at}.fileKeyRef.${f}`)) : []),
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
