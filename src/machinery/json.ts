// Reading JSON text: as fast as JSON.parse where nothing is wrong, with the error texts of Go's encoding/json where something
// is, with whole numbers exact, and with the paths of keys that are given twice (JSON.parse keeps the last and says nothing).
import { isLarge, parseLarge } from './large-numbers.ts'

/** Text that is not JSON. The message is Go's. */
export class JsonError extends Error { override readonly name = 'JsonError' }

/** Nesting deeper than this is refused: walks by recursion must fit the stack. (The reference's limit is 10,000; nothing meant for it comes near either.) */
export const maxJsonDepth = 1_000

/** The value of a JSON text. Throws JsonError. */
export function parseJson(text: string): unknown {
  const value = parse(text), found = { large: false }
  countOwn(value, 1, found)
  return found.large ? parseLarge(text) : value
}
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    scan(text)
    throw new JsonError('unexpected end of JSON input') // not reached: what JSON.parse refuses, the scan refuses
  }
}

/** Where a key of an object is (`metadata.name`, `spec.containers[0].name`), and whether that object had it before. */
export interface Key { readonly path: string; readonly repeated: boolean }

/** What a text says beside its value. */
export interface Told {
  readonly value: unknown
  /** Where keys occur twice, all keys in the order of the text. */
  readonly keys: readonly Key[]
  /** Numbers that are not written as whole ones, by their path: 1.0 is no int32. */
  readonly fractions: ReadonlyMap<string, string>
}
/** Throws JsonError. */
export function parseJsonStrict(text: string): Told {
  const value = parse(text), found = { large: false }, seen = look(text), repeated = countOwn(value, 1, found) !== seen.keys, fractions = new Map<string, string>()
  const keys = repeated || seen.fraction ? scan(text, fractions) : []
  return { value: found.large ? parseLarge(text) : value, keys: repeated ? keys : [], fractions }
}

/** How many object keys a valid JSON text has (strings that a colon follows), and whether a number in it has a point or an exponent. */
function look(text: string): { keys: number; fraction: boolean } {
  let count = 0, fraction = false
  for (let i = 0, end = text.length; i < end; i++) {
    let c = text.charCodeAt(i)
    if (c !== 34) {
      if (c === 46 || ((c === 101 || c === 69) && text.charCodeAt(i - 1) <= 57)) fraction = true
      continue
    }
    c = 0
    while ((c = text.charCodeAt(++i)) !== 34) if (c === 92) i++
    while ((c = text.charCodeAt(i + 1)) === 32 || c === 10 || c === 13 || c === 9) i++
    if (c === 58) count++
  }
  return { keys: count, fraction }
}
/** How many keys the objects in a value have, and whether there are large numbers. Throws JsonError when they nest too deep. */
function countOwn(value: unknown, depth: number, found: { large: boolean }): number {
  if (typeof value !== 'object' || value === null) { found.large ||= isLarge(value); return 0 }
  if (depth > maxJsonDepth) throw new JsonError('exceeded max depth')
  let count = 0
  if (Array.isArray(value)) { for (const item of value) if (typeof item === 'object' || typeof item === 'number') count += countOwn(item, depth + 1, found) } else {
    for (const key in value) {
      count++
      const inner = (value as Record<string, unknown>)[key]
      if (typeof inner === 'object' || typeof inner === 'number') count += countOwn(inner, depth + 1, found)
    }
  }
  return count
}

/** Walks the text by the grammar. Returns all keys, and puts numbers that are not whole into `fractions`; throws JsonError at the first character that does not fit. */
function scan(text: string, fractions?: Map<string, string>): Key[] {
  const keys: Key[] = []
  const path: string[] = []
  let at = 0

  const fail = (why: string): never => {
    if (at >= text.length) throw new JsonError('unexpected end of JSON input')
    throw new JsonError(`invalid character ${shownCharacter(text, at)} ${why}`)
  }
  const space = () => { while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++ }
  const value = (depth: number): void => {
    if (depth > maxJsonDepth) throw new JsonError('exceeded max depth')
    const c = text[at]
    if (c === '{') return object(depth)
    if (c === '[') return array(depth)
    if (c === '"') return string()
    if (c === '-' || (c !== undefined && c >= '0' && c <= '9')) return number()
    if (c === 't') return literal('true')
    if (c === 'f') return literal('false')
    if (c === 'n') return literal('null')
    return fail('looking for beginning of value')
  }
  const object = (depth: number): void => {
    const seen = new Set<string>()
    at++; space()
    if (text[at] === '}') { at++; return }
    for (;;) {
      if (text[at] !== '"') fail('looking for beginning of object key string')
      const start = at
      string()
      const key = JSON.parse(text.slice(start, at)) as string
      path.push((path.length ? '.' : '') + key)
      keys.push({ path: path.join(''), repeated: seen.has(key) })
      seen.add(key)
      space()
      if (text[at] !== ':') fail('after object key')
      at++; space(); value(depth + 1); space(); path.pop()
      if (text[at] === '}') { at++; return }
      if (text[at] !== ',') fail('after object key:value pair')
      at++; space()
    }
  }
  const array = (depth: number): void => {
    at++; space()
    if (text[at] === ']') { at++; return }
    for (let i = 0; ; i++) {
      path.push(`[${i}]`)
      value(depth + 1); space(); path.pop()
      if (text[at] === ']') { at++; return }
      if (text[at] !== ',') fail('after array element')
      at++; space()
    }
  }
  const string = (): void => {
    for (at++; text[at] !== '"'; at++) {
      const code = text.charCodeAt(at)
      if (!(code >= 32)) fail('in string literal')
      if (code !== 92) continue
      at++
      if (text[at] === 'u') {
        for (let i = 0; i < 4; i++) { at++; if (!/^[0-9a-fA-F]$/.test(text[at] ?? '')) fail('in \\u hexadecimal character escape') }
      } else if (at >= text.length || !'"\\/bfnrt'.includes(text[at]!)) fail('in string escape code')
    }
    at++
  }
  const isDigit = () => { const c = text.charCodeAt(at); return c >= 48 && c <= 57 }
  const digits = (why: string) => { if (!isDigit()) fail(why); while (isDigit()) at++ }
  const number = (): void => {
    const start = at
    if (text[at] === '-') at++
    if (text[at] === '0') at++
    else digits('in numeric literal')
    const whole = at
    if (text[at] === '.') { at++; digits('after decimal point in numeric literal') }
    if (text[at] === 'e' || text[at] === 'E') {
      at++
      if (text[at] === '+' || text[at] === '-') at++
      digits('in exponent of numeric literal')
    }
    if (at > whole) fractions?.set(path.join(''), text.slice(start, at))
  }
  const literal = (word: string): void => {
    for (const c of word) { if (text[at] !== c) fail(`in literal ${word} (expecting '${c}')`); at++ }
  }

  space()
  value(1)
  space()
  if (at < text.length) fail('after top-level value')
  return keys
}

/** The character as Go shows it: the first byte of its UTF-8, quoted. */
function shownCharacter(text: string, at: number): string {
  const code = text.codePointAt(at)!
  const byte = code < 128 ? code : new TextEncoder().encode(String.fromCodePoint(code))[0]!
  const simple: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 39: "\\'", 92: '\\\\' }
  if (simple[byte] !== undefined) return `'${simple[byte]}'`
  if (byte < 32 || byte === 127) return `'\\x${byte.toString(16).padStart(2, '0')}'`
  if (byte > 127 && byte < 161 || byte === 173) return `'\\u00${byte.toString(16)}'`
  return `'${String.fromCharCode(byte)}'`
}
