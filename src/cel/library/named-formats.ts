// format.dns1123Label().validate(text): named rules for texts. The result lists what is wrong, or is absent.
import { isLabelValue, isQualifiedName, nameIsDNS1035Label, nameIsDNSLabel, nameIsDNSSubdomain } from '#machinery'
import { CelError } from '../compile.ts'
import { decodeBase64 } from '../base64.ts'
import type { Library } from '../functions.ts'
import { readDate } from '../time-values.ts'
import { parseRequestUrl, UrlError } from './url-parts.ts'
import { ListValue, none, OptionalValue, type OpaqueValue } from '../values.ts'

class FormatValue implements OpaqueValue {
  readonly celType = 'kubernetes.NamedFormat'
  readonly name: string
  readonly check: (text: string) => readonly string[]
  /** How long the pattern behind it is, for the price. */
  readonly patternSize: number
  constructor(name: string, check: (text: string) => readonly string[], patternSize: number) { this.name = name; this.check = check; this.patternSize = patternSize }
  equals(other: OpaqueValue): boolean { return other instanceof FormatValue && this.name === other.name }
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const otherwise = (message: string, fits: (text: string) => boolean) => (text: string): string[] => (fits(text) ? [] : [message])
const reads = (read: (text: string) => unknown) => (text: string): boolean => { try { read(text); return true } catch (error) { if (error instanceof CelError) return false; throw error } }
function uri(text: string): string[] { try { parseRequestUrl(text); return [] } catch (error) { if (error instanceof UrlError) return [error.message]; throw error } }
const isDate = reads((text) => readDate(/^\d{4}-\d\d-\d\d$/.test(text) ? text : ''))
const isTime = reads((text) => readDate(/t/i.test(text) ? text : ''))

/** The lengths of patterns are those of the reference's, because prices follow from them. */
const formats: ReadonlyMap<string, FormatValue> = new Map(([
  ['dns1123Label', 'DNS1123Label', (text) => nameIsDNSLabel(text, false), 30],
  ['dns1123Subdomain', 'DNS1123Subdomain', (text) => nameIsDNSSubdomain(text, false), 60],
  ['dns1035Label', 'DNS1035Label', (text) => nameIsDNS1035Label(text, false), 30],
  ['qualifiedName', 'QualifiedName', isQualifiedName, 60],
  ['dns1123LabelPrefix', 'DNS1123LabelPrefix', (text) => nameIsDNSLabel(text, true), 30],
  ['dns1123SubdomainPrefix', 'DNS1123SubdomainPrefix', (text) => nameIsDNSSubdomain(text, true), 60],
  ['dns1035LabelPrefix', 'DNS1035LabelPrefix', (text) => nameIsDNS1035Label(text, true), 30],
  ['labelValue', 'LabelValue', isLabelValue, 40],
  ['uri', 'URI', uri, 1_122],
  ['uuid', 'uuid', otherwise('does not match the UUID format', (text) => uuid.test(text)), 90],
  ['byte', 'byte', otherwise('invalid base64', reads(decodeBase64)), 80],
  ['date', 'date', otherwise('invalid date', isDate), 99],
  ['datetime', 'datetime', otherwise('invalid datetime', isTime), 99],
] as const satisfies readonly (readonly [string, string, (text: string) => readonly string[], number])[]).map(([key, name, check, size]) => [key, new FormatValue(name, check, size)]))

export const namedFormats: Library = {
  'kubernetes.NamedFormat.validate(string): optional(list(string)) = format-validate': (format: FormatValue, text: string) => {
    const wrong = format.check(text)
    return wrong.length === 0 ? none : new OptionalValue(new ListValue(wrong))
  },
  'format.named(string): optional(kubernetes.NamedFormat) = format-named': (name: string) => new OptionalValue(formats.get(name)),
  ...Object.fromEntries([...formats].map(([name, format]) => [`format.${name}(): kubernetes.NamedFormat = format.${name}`, () => format])),
}
