// A JSON value printed as Go prints the struct it was decoded into (%#v of the spew library): types in front of values, all fields, maps sorted.
import { fieldsOf } from './go-types.ts'

/** `type` is a Go type of the table, e.g. "v1.PodTemplateSpec". Throws when it is not there. */
export const printGo = (type: string, value: unknown): string => `(${type})${body(type, value)}`

function typed(type: string, value: unknown): string { return `(${type})${body(type, value)}` }

/** The value without its type in front. */
function body(type: string, value: unknown): string {
  if (type.startsWith('*')) return value === undefined || value === null ? '<nil>' : body(type.slice(1), value)
  if (type.startsWith('[]')) return Array.isArray(value) && value.length > 0 ? `[${value.map((item) => body(type.slice(2), item)).join(' ')}]` : '<nil>'
  if (type === 'v1.ResourceList') return map(value, (item) => body('resource.Quantity', item))
  if (type.startsWith('map[string]')) return map(value, String)
  if (type === 'v1.Time') return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
  if (type === 'resource.Quantity') return quantity(value)
  if (type === 'intstr.IntOrString') return typeof value === 'string'
    ? `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${value}}` : `{Type:(intstr.Type)0 IntVal:(int32)${Number(value ?? 0)} StrVal:(string)}`
  const fields = fieldsOf(type)
  if (!fields) return scalar(type, value)
  const object = (value ?? {}) as Record<string, unknown>
  return `{${fields.map(({ name, type: of, json }) => `${name}:${typed(of, json === '' ? object : object[json])}`).join(' ')}}`
}

function scalar(type: string, value: unknown): string {
  if (type === 'bool') return String(value ?? false)
  if (type === 'int32' || type === 'int64') return String(value ?? 0)
  if (type.startsWith('v1.') || type === 'string' || type === 'types.UID') return String(value ?? '') // named strings
  throw new Error(`the table of Go types has no ${type}`)
}

function map(value: unknown, item: (value: unknown) => string): string {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>)
  return entries.length === 0 ? '<nil>' : `map[${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${key}:${item(one)}`).join(' ')}]`
}

const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

/** A quantity's inside: a scaled integer, its family of suffixes, and its text where the parser has seen that it is canonical. */
function quantity(value: unknown): string {
  const text = String(value ?? '0'), [, sign = '', whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/.exec(text) ?? []
  const digits = whole.replace(/^0+(?=\d)/, '') + fraction, power = binary[suffix], exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1]
  const format = power !== undefined ? 'BinarySI' : exponent !== undefined ? 'DecimalExponent' : 'DecimalSI'
  const scale = power !== undefined ? 0 : (exponent !== undefined ? Number(exponent) : decimal[suffix] ?? 0) - fraction.length
  const amount = BigInt(digits || '0') << BigInt(power ?? 0)
  const canonical = power !== undefined ? (BigInt(digits || '0') & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0') && digits !== ''
  return `{i:(resource.int64Amount){value:(int64)${sign === '-' ? '-' : ''}${amount} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${canonical ? text : ''} Format:(resource.Format)${format}}`
}
