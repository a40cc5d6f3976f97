// YAML as the reference reads it: YAML 1.1 booleans (an unquoted y is true), times stay strings.
import { isLarge } from '#machinery'
import { boolYaml11Tag, defineScalarTag, loadAll, mapTag, mergeTag, NOT_RESOLVED, nullYaml11Tag, Schema, seqTag, strTag, YAMLException } from 'js-yaml'
import { repeatedKeys } from './yaml-duplicates.ts'

const digits = [...'+-0123456789']
const prefixes: Readonly<Record<number, string>> = { 16: '0x', 8: '0o', 2: '0b' }
/** Within 64 bits exactly, beyond them the nearest number. */
function exactly(digits: string, base: number): number | bigint {
  const near = Number.parseInt(digits, base)
  return isLarge(near) && near <= 2 ** 64 ? BigInt((prefixes[base] ?? '') + digits) : near
}
const intTag = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true, implicitFirstChars: digits, identify: (data) => typeof data === 'bigint' || Number.isInteger(data),
  resolve(source) {
    const match = /^([-+]?)(?:0x([0-9a-fA-F_]+)|0b([01_]+)|0o?([0-7_]+)|([1-9][0-9_]*|0))$/.exec(source)
    if (!match) return NOT_RESOLVED
    const [, sign, hex, binary, octal, decimal] = match
    const read = (text: string, base: number) => exactly(text.replaceAll('_', ''), base)
    const value = hex !== undefined ? read(hex, 16) : binary !== undefined ? read(binary, 2) : octal !== undefined ? read(octal, 8) : read(decimal!, 10)
    return sign === '-' ? -value : value
  },
})
const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true, implicitFirstChars: [...digits, '.'], identify: (data) => typeof data === 'number' && !Number.isInteger(data),
  resolve: (source) => (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(source) ? Number(source) : NOT_RESOLVED),
})
const schema = new Schema([strTag, seqTag, mapTag, nullYaml11Tag, boolYaml11Tag, intTag, floatTag, mergeTag])

export interface ReadYaml {
  readonly value: unknown
  /** Why it cannot be read, in the reference's words. */
  readonly error?: string
  /** Keys given twice, each in the reference's words; the last one counts. */
  readonly duplicates: readonly string[]
}

/** Deeper or with more aliases than this is an attack. */
const maxDepth = 500
const maxAliases = 100

/** The JSON value of the first YAML document; null where there is none. */
export function readYaml(text: string): ReadYaml {
  try {
    return { value: firstOf(text), duplicates: [] }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    if (error.reason !== 'duplicated mapping key') return { value: undefined, error: worded(error, text), duplicates: [] }
    try {
      return { value: firstOf(text, true), duplicates: repeatedKeys(text, { schema, maxDepth }) }
    } catch (second) {
      return { value: undefined, error: second instanceof YAMLException ? worded(second, text) : `yaml: ${String(second)}`, duplicates: [] }
    }
  }
}
const firstOf = (text: string, json = false): unknown => loadAll(text, { schema, maxDepth, maxAliases, json })[0] ?? null

/** Keys that a JSON text gives twice, as a reader of YAML names them. */
export function duplicatesInJson(text: string): readonly string[] {
  try {
    return readYaml(text.replaceAll('\t', ' ')).duplicates // between JSON's tokens tabs mean nothing, and in its strings there are none
  } catch (error) {
    if (error instanceof YAMLException) return []
    throw error
  }
}

/** The error that names them. */
export const unmarshalErrors = (duplicates: readonly string[]): string => `yaml: unmarshal errors:\n${duplicates.map((text) => `  ${text}`).join('\n')}`

/** What the reference's reader says of the same place. */
function worded({ reason, mark }: YAMLException, text: string): string {
  const alias = /^unidentified alias "(.*)"$/.exec(reason)
  if (alias) return `yaml: unknown anchor '${alias[1]}' referenced`
  const rest = mark ? text.slice(mark.position) : ''
  const said = reason === 'bad indentation of a mapping entry' && /^[@`%]/.test(rest) ? 'found character that cannot start any token'
    : reason === 'bad indentation of a mapping entry' && /^-\s/.test(rest) ? 'block sequence entries are not allowed in this context' : words[reason] ?? reason
  return `yaml: ${mark && mark.line > 0 ? `line ${mark.line + 1}: ` : ''}${said}` // the first line is not named
}
const words: Readonly<Record<string, string>> = {
  'bad indentation of a mapping entry': 'mapping values are not allowed in this context',
  'tab characters must not be used in indentation': 'found a tab character that violates indentation',
  'unexpected end of the stream within a double quoted scalar': 'found unexpected end of stream',
  'unexpected end of the stream within a single quoted scalar': 'found unexpected end of stream',
  'unknown escape sequence': 'found unknown escape character',
  'can not read a block mapping entry; a multiline key may not be an implicit key': "could not find expected ':'",
  'the stream contains non-printable characters': 'control characters are not allowed',
}
