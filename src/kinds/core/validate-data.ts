// What is wrong with config maps and secrets, and with changes of them.
import { forbiddenValue, invalidValue, isConfigMapKey, JsonError, parseJson, requiredValue, same, takeMore, tooLong, type AnyObject, type FieldError } from '#machinery'
import { failing, immutableField } from '../checks.ts'

type Data = Record<string, string>
const sizeLimit = 1024 * 1024
/** Bytes behind base64. */
const bytesSize = (base64: string): number => (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
const bytesBehind = (data: Data = {}): number => Object.values(data).reduce((sum, value) => sum + bytesSize(value), 0)

type ConfigMapLike = AnyObject & { data?: Data; binaryData?: Data; immutable?: boolean }
export const validateConfigMapChange = (o: ConfigMapLike, old: ConfigMapLike): FieldError[] => validateFrozen(o, old, ['data', 'binaryData'])
export function validateConfigMap(o: ConfigMapLike): FieldError[] {
  const errors: FieldError[] = []
  for (const key in o.data) {
    errors.push(...failing(isConfigMapKey, key, `data[${key}]`))
    if (o.binaryData && Object.hasOwn(o.binaryData, key)) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  }
  for (const key in o.binaryData) errors.push(...failing(isConfigMapKey, key, `binaryData[${key}]`))
  if (takeMore(Object.values(o.data ?? {}), sizeLimit - bytesBehind(o.binaryData))) errors.push(tooLong('[]', sizeLimit))
  return errors
}

type SecretLike = AnyObject & { data?: Data; type?: string; immutable?: boolean }
export const validateSecretChange = (o: SecretLike, old: SecretLike): FieldError[] => [...immutableField(o.type, old.type, 'type'), ...validateFrozen(o, old, ['data'])]
export function validateSecret(o: SecretLike): FieldError[] {
  const errors: FieldError[] = []
  for (const key in o.data) errors.push(...failing(isConfigMapKey, key, `data[${key}]`))
  if (bytesBehind(o.data) > sizeLimit) errors.push(tooLong('data', sizeLimit))
  return [...errors, ...validateType(o)]
}

/** What each type of secret must hold. */
function validateType({ type, data = {}, metadata }: SecretLike): FieldError[] {
  const missing = (...keys: string[]) => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => requiredValue(`data[${key}]`))
  switch (type) {
    case 'kubernetes.io/service-account-token': return metadata.annotations?.['kubernetes.io/service-account.name'] ? []
      : [requiredValue('metadata.annotations[kubernetes.io/service-account.name]')]
    case 'kubernetes.io/dockercfg': return [...missing('.dockercfg'), ...jsonObject(data, '.dockercfg')]
    case 'kubernetes.io/dockerconfigjson': return [...missing('.dockerconfigjson'), ...jsonObject(data, '.dockerconfigjson')]
    case 'kubernetes.io/basic-auth': return missing('username', 'password').length === 2 ? missing('username', 'password') : []
    case 'kubernetes.io/ssh-auth': return data['ssh-privatekey'] ? [] : [requiredValue('data[ssh-privatekey]')]
    case 'kubernetes.io/tls': return missing('tls.crt', 'tls.key')
    default: return []
  }
}
function jsonObject(data: Data, key: string): FieldError[] {
  const given = data[key]
  if (given === undefined) return []
  const refuse = (why: string) => [invalidValue(`data[${key}]`, '<secret contents redacted>', why)]
  try {
    const value = parseJson(new TextDecoder().decode(Uint8Array.from(atob(given), (c) => c.charCodeAt(0))))
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return []
    return refuse(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type map[string]interface {}`)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return refuse(error.message)
  }
}

const frozen = 'field is immutable when `immutable` is set'
/** What was declared immutable stays, the declaration too. */
function validateFrozen<T extends { immutable?: boolean }>(o: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  if (!old.immutable) return []
  return [...(o.immutable ? [] : [forbiddenValue('immutable', frozen)]), ...fields.filter((f) => !same(o[f], old[f])).map((f) => forbiddenValue(f, frozen))]
}
