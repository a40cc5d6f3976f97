// Rules that many kinds share: each says what is wrong with one field, in the reference's words.
import {
  duplicateValue, invalidValue, isDNS1035Label, isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName, nameIsPathSegment, notSupported, requiredValue, same,
  takesMore, tooLong, type Condition, type FieldError, type LabelSelector,
} from '#machinery'

const all = (check: (value: string) => string[]) => (value: string, field: string): FieldError[] => check(value).map((why) => invalidValue(field, value, why))
export const validateDNSSubdomain = all(isDNS1123Subdomain)
export const validateDNSLabel = all(isDNS1123Label)
export const validateDNS1035Label = all(isDNS1035Label)
export const failing = (check: (value: string) => string[], value: string, field: string): FieldError[] => all(check)(value, field)

export const atLeastZero = (value: number | undefined, field: string): FieldError[] =>
  (value === undefined || value >= 0 ? [] : [invalidValue(field, value, 'must be greater than or equal to 0')])

/** Says so when a field that may never change has changed. */
export const immutableField = (value: unknown, old: unknown, field: string): FieldError[] =>
  (same(value, old) ? [] : [invalidValue(field, value, 'field is immutable')])

/** A word that must be one of a few; the supported ones are listed sorted. */
export const oneOf = (value: string, supported: readonly string[], field: string): FieldError[] =>
  (supported.includes(value) ? [] : [notSupported(field, value, [...supported].sort())])
export const needed = (value: unknown, field: string, why = ''): FieldError[] => (value ? [] : [requiredValue(field, why)])
/** A map as messages show it: by key. */
export const sortedMap = <T>(map: Readonly<Record<string, T>> | undefined): Record<string, T> | undefined => map
  && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

/** A selector that has been stored with values no label can have may go on having such. */
export const hasOddValue = (selector: LabelSelector | null | undefined): boolean =>
  selector?.matchExpressions?.some(({ values = [] }) => values.some((value) => isLabelValue(value).length > 0)) ?? false

/** A name that can be one segment of a URL path. */
export const validatePathSegment = all((value) => nameIsPathSegment(value, false))
/** A domain and a path behind it, such as acme.io/foo; what is wrong is shown with the part that is. */
export function validateDomainPrefixedPath(value: string, field: string): FieldError[] {
  if (!value) return [requiredValue(field)]
  const slash = value.indexOf('/'), domain = value.slice(0, slash), path = value.slice(slash + 1)
  if (slash <= 0 || !path) return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const errors = validateDNSSubdomain(domain, field)
  if (/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return errors
  return [...errors, invalidValue(field, path, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')")]
}

const reason = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/
const reasonWanted = "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' " +
  "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"
const longestReason = 1024, longestMessage = 32 * 1024
/** Conditions in the form that newer kinds share. */
export function validateConditions(conditions: readonly Condition[] | undefined, at: string): FieldError[] {
  const list = conditions ?? []
  return list.flatMap(({ type, status, observedGeneration = 0, lastTransitionTime, reason: why = '', message = '' }, i) => [
    ...(list.findIndex((c) => c.type === type) < i ? [duplicateValue(`${at}[${i}].type`, type)] : []),
    ...failing(isQualifiedName, type, `${at}[${i}].type`),
    ...oneOf(status, ['False', 'True', 'Unknown'], `${at}[${i}].status`),
    ...(observedGeneration < 0 ? [invalidValue(`${at}[${i}].observedGeneration`, observedGeneration, 'must be greater than or equal to zero')] : []),
    ...(lastTransitionTime ? [] : [requiredValue(`${at}[${i}].lastTransitionTime`, 'must be set')]),
    ...(!why ? [requiredValue(`${at}[${i}].reason`, 'must be set')] : [
      ...(reason.test(why) ? [] : [invalidValue(`${at}[${i}].reason`, why, reasonWanted)]),
      ...(why.length > longestReason ? [tooLong(`${at}[${i}].reason`, longestReason)] : []),
    ]),
    ...(takesMore(message, longestMessage) ? [tooLong(`${at}[${i}].message`, longestMessage)] : []),
  ])
}

/** Counts of replicas in a status: none negative, no part greater than the whole; `ready` is how messages call the ready ones. */
export function validateCounts(status: Readonly<Record<string, unknown>>, fields: readonly string[], ready = 'readyReplicas'): FieldError[] {
  const count = (field: string) => (status[field] as number | undefined) ?? 0, parts = ['updatedReplicas', 'fullyLabeledReplicas', 'readyReplicas', 'currentReplicas', 'availableReplicas']
  const within = (field: string, whole: string, called: string) => (count(field) > count(whole) ? [invalidValue(`status.${field}`, count(field), `cannot be greater than ${called}`)] : [])
  return [
    ...fields.flatMap((field) => atLeastZero(status[field] as number | undefined, `status.${field}`)),
    ...fields.filter((field) => parts.includes(field)).flatMap((field) => within(field, 'replicas', 'status.replicas')), ...within('availableReplicas', 'readyReplicas', ready),
  ]
}
/** Collisions are counted up. */
export const validateCollisions = ({ collisionCount: now }: { collisionCount?: number }, { collisionCount: before }: { collisionCount?: number }): FieldError[] =>
  (before !== undefined && (now === undefined || now < before) ? [invalidValue('status.collisionCount', now ?? 0, 'cannot be decremented')] : [])
