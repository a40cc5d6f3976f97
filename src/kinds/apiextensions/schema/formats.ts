// The formats of strings that schemas of custom resources may ask for (kube-openapi's strfmt). Others mean nothing.
import { isDNS1123Label, isDNS1123Subdomain } from '#machinery'
import { parseCIDR, parseIP } from '../../ip.ts'

type Format = (text: string) => boolean
const fits = (expression: RegExp): Format => (text) => expression.test(text)
const hex = '[0-9A-F]'
const uuid = (version: string, variant = hex): Format => fits(new RegExp(`^${hex}{8}-?${hex}{4}-?${version}${hex}{3}-?${variant}${hex}{3}-?${hex}{12}$`, 'i'))
const byte255 = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'

/** A date of the calendar. */
function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!match) return false
  const [, year, month, day] = match.map(Number) as [number, number, number, number]
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}
function isDateTime(text: string): boolean {
  const parts = text.toLowerCase().split('t')
  if (parts.length < 2 || !isDate(parts[0]!)) return false
  const time = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/.exec(parts[1]!)
  return time !== null && time[1]! <= '23' && time[2]! <= '59' && time[3]! <= '59'
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const units = [['ns', 'nano'], ['us', 'µs', 'micro'], ['ms', 'milli'], ['s', 'sec'], ['m', 'min'], ['h', 'hr', 'hour'], ['d', 'day'], ['w', 'week']]
/** Go's durations, and numbers with units in words. */
const isDuration: Format = (text) => goDuration.test(text) || [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, word]) => {
  const unit = word!.toLowerCase()
  return units.some((names) => names.includes(unit) || unit.startsWith(names.at(-1)!))
})

/** An absolute URI, or a path. */
function isURI(text: string): boolean {
  if (/[\u0000-\u0020\u007f]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text.split('?')[0]!)) return false
  if (text.startsWith('/') || text === '*') return true
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:(.*)$/.exec(text)
  if (!scheme) return false
  const authority = /^\/\/([^/?#]*)/.exec(scheme[1]!)?.[1]
  return authority === undefined || /^(?:[^@[\]]*@)?(?:[^:[\]<>"\\^`{|}]*|\[[0-9A-Fa-f:.%]+\])(?::\d*)?$/.test(authority)
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\uffff-]+"
const address = `(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\]|\\\\.)*")@(?:${atom}(?:\\.${atom})*|\\[[^\\]]*\\])`
const email = new RegExp(`^\\s*(?:${address}|(?:(?:${atom}|"(?:[^"\\\\]|\\\\.)*"|\\.)\\s*)*<${address}>)\\s*$`)

const label = '[a-zA-Z0-9\\p{S}\\p{L}]'
const hostname = new RegExp(`^(?:${label}(?:-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?|(?:${label}(?:[a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${label})?\\.)+[a-zA-Z\\p{L}]{2,63})$`, 'u')
const longestHostname = 255, longestLabel = 63

function isISBN10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^(?:\d{9}X|\d{10})$/.test(digits)) return false
  return [...digits].reduce((sum, c, i) => sum + (i + 1) * (c === 'X' ? 10 : Number(c)), 0) % 11 === 0
}
function isISBN13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  return /^\d{13}$/.test(digits) && [...digits].reduce((sum, c, i) => sum + Number(c) * (i % 2 ? 3 : 1), 0) % 10 === 0
}
function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!/^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/.test(digits)) return false
  return [...digits].reverse().reduce((sum, c, i) => { const n = Number(c) * (i % 2 ? 2 : 1); return sum + (n > 9 ? n - 9 : n) }, 0) % 10 === 0
}

const formats: Readonly<Record<string, Format>> = {
  'bsonobjectid': fits(/^[0-9a-fA-F]{24}$/), uri: isURI, email: fits(email),
  hostname: (text) => text.length <= longestHostname && hostname.test(text) && text.split('.').every((part) => part.length <= longestLabel),
  ipv4: (text) => text.includes('.') && parseIP(text) !== undefined, ipv6: (text) => text.includes(':') && parseIP(text) !== undefined, cidr: (text) => parseCIDR(text) !== undefined,
  mac: fits(/^(?:[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}(?:(?:\1[0-9a-f]{2}){12})?)?|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?:\.[0-9a-f]{4}(?:(?:\.[0-9a-f]{4}){6})?)?)$/i),
  uuid: uuid(hex), uuid3: uuid('3'), uuid4: uuid('4', '[89AB]'), uuid5: uuid('5', '[89AB]'),
  isbn: (text) => isISBN10(text) || isISBN13(text), isbn10: isISBN10, isbn13: isISBN13, creditcard: isCreditCard, ssn: fits(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: fits(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/), rgbcolor: fits(new RegExp(`^rgb\\(\\s*${byte255}\\s*,\\s*${byte255}\\s*,\\s*${byte255}\\s*\\)$`)),
  byte: fits(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/), password: () => true,
  date: isDate, datetime: isDateTime, duration: isDuration,
  k8sshortname: (text) => isDNS1123Label(text).length === 0, k8slongname: (text) => isDNS1123Subdomain(text).length === 0,
}

/** How a format is checked; undefined for those that mean nothing. Dashes in its name do not count. */
export function formatOf(name: string | undefined): Format | undefined {
  const plain = name?.replaceAll('-', '')
  return plain !== undefined && Object.hasOwn(formats, plain) ? formats[plain] : undefined
}
