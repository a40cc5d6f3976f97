// What names, keys and small values may look like. Every rule returns the reference's messages, none when the value is fine.

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain1123 = `${label1123}(\\.${label1123})*`
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

/** A rule as the reference words it: what is wanted, examples, the expression. */
const rule = (wanted: string, expression: string, ...examples: string[]) => ({
  fits: new RegExp(`^${expression}$`),
  message: `${wanted} (${examples.length ? `e.g. ${examples.map((e) => `'${e}'`).join(',  or ')}, ` : ''}regex used for validation is '${expression}')`,
})
export const tooManyCharacters = (length: number): string => `must be no more than ${length} characters`
export const tooManyBytes = (length: number): string => `must be no more than ${length} bytes`
export const notInRange = (min: number, max: number): string => `must be between ${min} and ${max}, inclusive`

const dnsLabel = rule("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", label1123, 'my-name', '123-abc')
const dnsSubdomain = rule("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", subdomain1123, 'example.com')
const dns1035 = rule("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", label1035, 'my-name', 'abc-123')
const wildcard = rule("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", `\\*\\.${subdomain1123}`, '*.example.com')
const namePart = rule("name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualifiedPart, 'MyName', 'my.name', '123-abc')
const labelKey = rule("a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", qualifiedPart, 'MyName', 'my.name', '123-abc')
const labelValue = rule("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", `(${qualifiedPart})?`, 'MyValue', 'my_value', '12345')
const configKey = rule("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name')
const cIdentifier = rule("a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'", '[A-Za-z_][A-Za-z0-9_]*', 'my_name', 'MY_NAME', 'MyName')
const headerName = rule("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')
const percent = rule("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')

/** Messages of a rule with a length limit in characters. */
const limited = ({ fits, message }: ReturnType<typeof rule>, limit: number) => (value: string): string[] =>
  value.length <= limit && fits.test(value) ? [] : [...(value.length > limit ? [tooManyCharacters(limit)] : []), ...(fits.test(value) ? [] : [message])]

const withDots = limited({ ...dnsLabel, message: 'must not contain dots' }, 63), withoutDots = limited(dnsLabel, 63)
export const isDNS1123Label = (value: string): string[] =>
  (value.length <= 63 && dnsLabel.fits.test(value) ? [] : dnsSubdomain.fits.test(value) ? withDots(value) : withoutDots(value))
export const isDNS1123Subdomain = limited(dnsSubdomain, 253)
export const isDNS1035Label = limited(dns1035, 63)
export const isWildcardDNS1123Subdomain = limited(wildcard, 253)
export const isCIdentifier = limited(cIdentifier, Infinity)
export const isHTTPHeaderName = limited(headerName, Infinity)
export const isPercent = limited(percent, Infinity)

/** A value of a label. */
export function isLabelValue(value: string): string[] {
  if (value.length <= 63 && labelValue.fits.test(value)) return []
  return [...(value.length > 63 ? [tooManyBytes(63)] : []), ...(labelValue.fits.test(value) ? [] : [labelValue.message])]
}

/** Keys of labels and annotations, names of resources and finalizers: `name` or `prefix.example/name`. */
export function isQualifiedName(value: string): string[] {
  const slash = value.indexOf('/')
  const name = slash < 0 ? value : value.slice(slash + 1)
  const errors: string[] = []
  if (name.includes('/')) return [`${labelKey.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  if (slash === 0) errors.push('prefix part must be non-empty')
  else if (slash > 0) {
    if (slash > 253) errors.push(`prefix part ${tooManyBytes(253)}`)
    if (!dnsSubdomain.fits.test(value.slice(0, slash))) errors.push(`prefix part ${dnsSubdomain.message}`)
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push(`name part ${tooManyBytes(63)}`)
  if (!namePart.fits.test(name)) errors.push(namePart.message)
  return errors
}

/** Keys of config maps and secrets. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = []
  if (value.length > 253) errors.push(tooManyCharacters(253))
  if (!configKey.fits.test(value)) errors.push(configKey.message)
  return [...errors, ...leavesDirectory(value)]
}
/** Names of environment variables: any printable ASCII but '='. */
export const isEnvVarName = (value: string): string[] =>
  /^[ -<>-~]+$/.test(value) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
const leavesDirectory = (value: string): string[] =>
  value === '.' ? ["must not be '.'"] : value === '..' ? ["must not be '..'"] : value.startsWith('..') ? ["must not start with '..'"] : []

/** Names of ports in pods, services and endpoints (RFC 6335). */
export function isPortName(value: string): string[] {
  const errors: string[] = []
  if (value.length > 15) errors.push(tooManyCharacters(15))
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}
export const isPortNumber = (value: number): string[] => (value >= 1 && value <= 65535 ? [] : [notInRange(1, 65535)])
export const isInRange = (value: number, min: number, max: number): string[] => (value >= min && value <= max ? [] : [notInRange(min, max)])

/** A path that starts with a domain: `acme.example/foo`. */
export function isDomainPrefixedPath(value: string): string[] {
  if (value === '') return ['must not be empty']
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")']
  const domain = isDNS1123Subdomain(value.slice(0, slash))
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(value.slice(slash + 1)) ? domain
    : [...domain, "must consist of alphanumeric characters, '-', '_' or '.' (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"]
}
/** Three labels or more: names of webhooks and CSI drivers. */
export const hasThreeSegments = (value: string): string[] => (value.split('.').length < 3 ? ['should be a domain with at least three segments separated by dots'] : [])

/** How a kind's name is checked; `prefix` when it is a generateName; `object`: the whole of it, where names follow from more than themselves. */
export type NameRule = (name: string, prefix: boolean, object?: object) => string[]
const unprefixed = (name: string, prefix: boolean): string => (prefix && name.length > 1 && name.endsWith('-') ? name.slice(0, -2) + 'a' : name)
export const nameIsDNSSubdomain: NameRule = (name, prefix) => isDNS1123Subdomain(unprefixed(name, prefix))
export const nameIsDNSLabel: NameRule = (name, prefix) => isDNS1123Label(unprefixed(name, prefix))
export const nameIsDNS1035Label: NameRule = (name, prefix) => isDNS1035Label(unprefixed(name, prefix))
/** Anything that can stand in a URL path: names of roles. */
export const nameIsPathSegment: NameRule = (name, prefix) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`)
}
