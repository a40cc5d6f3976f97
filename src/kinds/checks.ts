// Rules that many kinds share: each says what is wrong with one field, in the reference's words.
import { invalidValue, isDNS1123Label, isDNS1123Subdomain, notSupported, requiredValue, type FieldError } from '#machinery'

const all = (check: (value: string) => string[]) => (value: string, field: string): FieldError[] => check(value).map((why) => invalidValue(field, value, why))
export const validateDNSSubdomain = all(isDNS1123Subdomain)
export const validateDNSLabel = all(isDNS1123Label)

export const atLeastZero = (value: number | undefined, field: string): FieldError[] =>
  (value === undefined || value >= 0 ? [] : [invalidValue(field, value, 'must be greater than or equal to 0')])
export const immutable = 'field is immutable'

/** A word that must be one of a few; the supported ones are listed sorted. */
export const oneOf = (value: string, supported: readonly string[], field: string): FieldError[] =>
  (supported.includes(value) ? [] : [notSupported(field, value, [...supported].sort())])
export const needed = (value: unknown, field: string, why = ''): FieldError[] => (value ? [] : [requiredValue(field, why)])
