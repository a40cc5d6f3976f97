// YAML as the reference reads it: YAML 1.1 booleans (an unquoted y is true), times stay strings.
import { isLarge } from '#machinery'
import { boolYaml11Tag, defineScalarTag, load, mapTag, mergeTag, NOT_RESOLVED, nullYaml11Tag, Schema, seqTag, strTag, YAMLException } from 'js-yaml'
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

/** The JSON value of one YAML document. */
export function readYaml(text: string): ReadYaml {
  try {
    return { value: load(text, { schema, maxDepth, maxAliases }) ?? null, duplicates: [] }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    if (error.reason !== 'duplicated mapping key') return { value: undefined, error: `yaml: ${lineOf(error)}${reworded(error.reason)}`, duplicates: [] }
    try {
      return { value: load(text, { schema, maxDepth, maxAliases, json: true }), duplicates: repeatedKeys(text, { schema, maxDepth }) }
    } catch (second) {
      return { value: undefined, error: `yaml: ${second instanceof YAMLException ? lineOf(second) + reworded(second.reason) : String(second)}`, duplicates: [] }
    }
  }
}

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

const lineOf = (error: YAMLException): string => (error.mark ? `line ${error.mark.line + 1}: ` : '')
const words: Readonly<Record<string, string>> = {
  'bad indentation of a mapping entry': 'mapping values are not allowed in this context',
  'tab characters must not be used in indentation': 'found a tab character that violates indentation',
}
const reworded = (reason: string): string => words[reason] ?? reason
