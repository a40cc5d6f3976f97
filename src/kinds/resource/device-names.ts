// Names of what devices have and need, and the small parts that claims and slices share.
import {
  duplicateValue, invalidValue, isCIdentifier, isDNS1123Subdomain, isLabelValue, isQualifiedName, notSupported, requiredValue, takesMore, tooLong, type FieldError,
} from '#machinery'
import { failing } from '../checks.ts'
import { validateDriverName } from '../core/pod/validate-volume.ts'
import { longestIdentifier } from './device-selector.ts'
import { validateList } from './limited.ts'
import type { DeviceToleration, OpaqueDeviceConfiguration } from './resourceclaim.ts'

/** A name of a device's attribute or capacity; without a domain it is in the driver's. */
export function validateQualified(name: string, at: string): FieldError[] {
  const parts = name.split('/'), [first = '', second = ''] = parts
  if (parts.length === 1) return validateIdentifier(first, at)
  if (parts.length > 2) return []
  return [...(first ? validateDriverName(first, at) : [invalidValue(at, '', 'the domain must not be empty')]),
    ...(second ? validateIdentifier(second, at) : [invalidValue(at, '', 'the name must not be empty')])]
}
const validateIdentifier = (id: string, at: string): FieldError[] => [...(id.length > longestIdentifier ? [tooLong(at, longestIdentifier)] : []), ...failing(isCIdentifier, id, at)]
/** The same with the domain that gives it meaning. */
export const validateFullName = (name: string, at: string): FieldError[] => [...validateQualified(name, at),
  ...(name.includes('/') ? [] : [invalidValue(at, name, 'a fully qualified name must be a domain and a name separated by a slash')])]

const longestPool = 253
export const validatePoolName = (name: string, at: string): FieldError[] => (!name ? [requiredValue(at)]
  : [...(name.length > longestPool ? [tooLong(at, longestPool)] : []), ...name.split('/').flatMap((part) => failing(isDNS1123Subdomain, part, at))])

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, normalized = 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
/** Other ways to write a UUID that are understood, but not taken. */
const otherForms = /^(urn:uuid:[0-9a-f-]{36}|\{[0-9a-f-]{36}\}|[0-9a-f]{32})$/i
export function validateUUID(uid: string, at: string): FieldError[] {
  if (uuid.test(uid)) return []
  if (uuid.test(uid.toLowerCase()) || otherForms.test(uid)) return [invalidValue(at, uid, normalized)]
  return [invalidValue(at, uid, `error validating uid: ${uid.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`}`)]
}

export const effects = ['NoExecute', 'NoSchedule', 'None']
export const validateToleration = ({ key = '', operator = '', value = '', effect = '' }: DeviceToleration, at: string): FieldError[] => [
  ...(key ? failing(isQualifiedName, key, `${at}.key`) : []),
  ...(operator === 'Exists' ? (value ? [invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`')] : []) : operator === 'Equal' ? failing(isLabelValue, value, `${at}.value`)
    : operator ? [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])] : [requiredValue(`${at}.operator`)]),
  ...(effect && !effects.includes(effect) ? [notSupported(`${at}.effect`, effect, effects)] : []),
]

interface Conditions { readonly bindingConditions?: readonly string[]; readonly bindingFailureConditions?: readonly string[] }
const mostConditions = 4
/** What must become true of a device before a pod is bound to its node, and what says that it never will: both or none. */
export function validateBinding({ bindingConditions: good = [], bindingFailureConditions: bad = [] }: Conditions, at: string): FieldError[] {
  const goodAt = `${at}.bindingConditions`, badAt = `${at}.bindingFailureConditions`, label = (name: string, here: string) => failing(isQualifiedName, name, here)
  const again = (list: readonly string[], i: number) => list.indexOf(list[i]!) < i
  return [
    ...validateList(good, mostConditions, goodAt, label), ...validateList(bad, mostConditions, badAt, label),
    ...good.flatMap((name, i) => (again(good, i) ? [duplicateValue(`${goodAt}[${i}]`, name)] : [])),
    ...bad.flatMap((name, i) => [...(again(bad, i) ? [duplicateValue(`${badAt}[${i}]`, name)] : []),
      ...(good.includes(name) ? [invalidValue(`${badAt}[${i}]`, name, 'bindingFailureConditions must not overlap with bindingConditions')] : [])]),
    ...(!good.length && bad.length ? [invalidValue(goodAt, null, 'bindingConditions are required to use bindingFailureConditions')] : []),
    ...(!bad.length && good.length ? [invalidValue(badAt, null, 'bindingFailureConditions are required to use bindingConditions')] : []),
  ]
}

/** JSON that only its driver understands: an object, of limited size. */
export function validateRaw(raw: unknown, at: string, most: number): FieldError[] {
  if (raw === undefined || raw === null) return [requiredValue(at)]
  if (takesMore(JSON.stringify(raw), most)) return [tooLong(at, most)]
  return typeof raw === 'object' && !Array.isArray(raw) ? [] : [invalidValue(at, '<value omitted>', 'must be a valid JSON object')]
}

export const mostConfigurations = 32
const longestParameters = 10 * 1024
export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, at: string): FieldError[] {
  if (!opaque) return [requiredValue(`${at}.opaque`)]
  return [...validateDriverName(opaque.driver, `${at}.opaque.driver`), ...validateRaw(opaque.parameters, `${at}.opaque.parameters`, longestParameters)]
}
