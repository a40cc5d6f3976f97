// YAML as the reference's library writes it (yaml.v2): what is quoted and how, where long lines are folded, in which order keys come. Its clients
// compare such texts.

const bestWidth = 80
const indentStep = 2

/** A JSON value as a YAML document. */
export function writeYaml(value: unknown): string {
  const out = new Writer()
  out.node(value, -indentStep, false)
  out.newLine()
  return out.text
}

class Writer {
  text = ''
  #column = 0

  put(text: string): void {
    this.text += text
    const at = text.lastIndexOf('\n')
    this.#column = at < 0 ? this.#column + text.length : text.length - at - 1
  }
  newLine(): void { if (this.#column > 0 || this.text === '') this.put('\n') }
  indent(to: number): void { this.put('\n' + ' '.repeat(Math.max(to, 0))) }
  get isFull(): boolean { return this.#column > bestWidth }

  /** `indent` is where the collection that holds the value stands; `inMapping`: the value of a key, whose lists are not indented further. */
  node(value: unknown, indent: number, inMapping: boolean): void {
    if (Array.isArray(value)) this.list(value, inMapping ? indent : indent + indentStep, inMapping)
    else if (typeof value === 'object' && value !== null) this.map(value as Record<string, unknown>, indent + indentStep, inMapping)
    else {
      if (inMapping) this.put(' ')
      this.scalar(value, indent + indentStep)
    }
  }

  list(items: readonly unknown[], at: number, inMapping: boolean): void {
    if (items.length === 0) { this.put(inMapping ? ' []' : '[]'); return }
    items.forEach((item, i) => {
      if (i > 0 || inMapping) this.indent(at)
      this.put('- ')
      this.node(item === undefined ? null : item, at, false)
    })
  }
  map(object: Record<string, unknown>, at: number, inMapping: boolean): void {
    const keys = Object.keys(object).filter((key) => object[key] !== undefined).sort(naturally)
    if (keys.length === 0) { this.put(inMapping ? ' {}' : '{}'); return }
    keys.forEach((key, i) => {
      if (i > 0 || inMapping) this.indent(at)
      this.scalar(key, at, true)
      this.put(':')
      this.node(object[key], at, true)
    })
  }

  scalar(value: unknown, indent: number, isKey = false): void {
    if (typeof value !== 'string') { this.put(value === null || value === undefined ? 'null' : typeof value === 'number' ? numberText(value) : String(value)); return }
    const style = styleOf(value, isKey)
    switch (style) {
      case 'plain': this.#folded(value, indent, !isKey, '', (c) => c); break
      case 'single': this.put("'"); this.#folded(value, indent, !isKey, "'", (c) => (c === "'" ? "''" : c)); this.put("'"); break
      case 'double': this.#double(value, indent, !isKey); break
      default: this.#literal(value, indent)
    }
  }

  /** Plain and single-quoted text: beyond the width, the next single space becomes a line break. */
  #folded(value: string, indent: number, mayFold: boolean, quote: string, written: (char: string) => string): void {
    let spaces = false, breaks = false
    for (let i = 0; i < value.length; i++) {
      const char = value[i]!
      if (char === ' ') {
        const inside = quote === '' || (i > 0 && i < value.length - 1)
        if (mayFold && !spaces && this.isFull && inside && value[i + 1] !== ' ') this.indent(indent)
        else this.put(char)
        spaces = true
      } else if (char === '\n') {
        if (!breaks) this.put('\n')
        this.put('\n')
        breaks = true
      } else {
        if (breaks) this.put(' '.repeat(Math.max(indent, 0)))
        this.put(written(char))
        spaces = breaks = false
      }
    }
  }

  #double(value: string, indent: number, mayFold: boolean): void {
    this.put('"')
    let spaces = false
    const chars = [...value]
    chars.forEach((char, i) => {
      if (char === ' ') {
        if (mayFold && !spaces && this.isFull && i > 0 && i < chars.length - 1) {
          this.indent(indent)
          if (chars[i + 1] === ' ') this.put('\\')
        } else this.put(char)
        spaces = true
        return
      }
      this.put(isPrintable(char) && char !== '"' && char !== '\\' && char !== '\n' ? char : escaped(char))
      spaces = false
    })
    this.put('"')
  }

  #literal(value: string, indent: number): void {
    const hint = value.startsWith(' ') || value.startsWith('\n') ? String(indentStep) : ''
    const ending = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : ''
    this.put(`|${hint}${ending}`)
    const lines = (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n')
    for (const line of lines) this.put(line === '' ? '\n' : `\n${' '.repeat(Math.max(indent, 0))}${line}`)
  }
}

type Style = 'plain' | 'single' | 'double' | 'literal'

/** What the library would make of a text, by what is in it and what it would be read as without quotes. */
function styleOf(value: string, isKey: boolean): Style {
  const { blockPlain, single, block } = analysed(value)
  if (value.includes('\n')) return block && !isKey ? 'literal' : 'double'
  if (isReadAsOther(value)) return 'double'
  if (blockPlain && !(isKey && value === '')) return 'plain'
  return single ? 'single' : 'double'
}

interface Analysis { readonly blockPlain: boolean; readonly single: boolean; readonly block: boolean }
function analysed(value: string): Analysis {
  if (value === '') return { blockPlain: true, single: true, block: false }
  let indicators = value.startsWith('---') || value.startsWith('...')
  let special = false, lineBreaks = false, breakSpace = false, spaceBreak = false, afterSpace = false, afterBreak = false, afterWhite = true
  const chars = [...value]
  chars.forEach((char, i) => {
    const next = chars[i + 1], beforeWhite = next === undefined || /[ \t\n\r]/.test(next)
    if (i === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(char)) indicators = true
      else if ('?:-'.includes(char) && beforeWhite) indicators = true
    } else if ((char === ':' && beforeWhite) || (char === '#' && afterWhite)) indicators = true
    if (char !== '\n' && !isPrintable(char)) special = true
    if (char === ' ') {
      if (afterBreak) breakSpace = true
      afterSpace = true
      afterBreak = false
    } else if (char === '\n') {
      lineBreaks = true
      if (afterSpace) spaceBreak = true
      afterSpace = false
      afterBreak = true
    } else afterSpace = afterBreak = false
    afterWhite = /[ \t\n\r]/.test(char)
  })
  const edges = /^[ \n]|[ \n]$/.test(value), none = spaceBreak || special
  return { blockPlain: !edges && !breakSpace && !none && !lineBreaks && !indicators, single: !breakSpace && !none, block: !value.endsWith(' ') && !none }
}

/** Without tabs: this library quotes them. */
function isPrintable(char: string): boolean {
  const code = char.codePointAt(0)!
  return code === 0x0a || (code >= 0x20 && code <= 0x7e) || code === 0x85 || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff) || code >= 0x10000
}
const shortEscapes: Readonly<Record<string, string>> = { '\0': '\\0', '\x07': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r', '\x1b': '\\e', '"': '\\"', '\\': '\\\\', '\u0085': '\\N', '\u00a0': '\\_', '\u2028': '\\L', '\u2029': '\\P' }
function escaped(char: string): string {
  const code = char.codePointAt(0)!, hex = code.toString(16).toUpperCase()
  return shortEscapes[char] ?? (code <= 0xff ? `\\x${hex.padStart(2, '0')}` : code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`)
}

const words = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE', 'n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE', '', '~', 'null', 'Null', 'NULL',
  '.nan', '.NaN', '.NAN', '.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF', '<<'])
const integer = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)$/, float = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const moment = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?$/
/** Whether the text without quotes would be a number, a boolean, null or a moment to a reader. */
const isReadAsOther = (value: string): boolean => words.has(value) || (/^[-+.\d]/.test(value) && (integer.test(value) || float.test(value) || sexagesimal.test(value) || moment.test(value)))

/** Floats as Go prints them with %g. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  const [mantissa, exponent] = String(value).split('e')
  return exponent === undefined ? mantissa! : `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`
}

const isLetter = (char: string): boolean => /\p{L}/u.test(char), isDigit = (char: string): boolean => /\p{Nd}/u.test(char)
/** The library's order of keys: letters after what is none, runs of digits by their value. */
function naturally(a: string, b: string): number {
  const x = [...a], y = [...b]
  let digits = false
  for (let i = 0; i < x.length && i < y.length; i++) {
    const p = x[i]!, q = y[i]!
    if (p === q) { digits = isDigit(p); continue }
    const letterFirst = isLetter(p), letterSecond = isLetter(q)
    if (letterFirst && letterSecond) return p < q ? -1 : 1
    if (letterFirst || letterSecond) return (digits ? letterFirst : letterSecond) ? -1 : 1
    const first = numberFrom(x, i), second = numberFrom(y, i)
    // Behind digits other than 0, a leading 0 counts as one more digit.
    if ((p === '0' || q === '0') && x.slice(0, i).findLast((c) => !isDigit(c) || c !== '0')?.match(/\p{Nd}/u)) { first.value += 10 ** first.length; second.value += 10 ** second.length }
    if (first.value !== second.value) return first.value - second.value
    if (first.length !== second.length) return first.length - second.length
    return p < q ? -1 : 1
  }
  return x.length - y.length
}
function numberFrom(chars: readonly string[], from: number): { value: number; length: number } {
  let value = 0, at = from
  for (; at < chars.length && isDigit(chars[at]!); at++) value = value * 10 + Number(chars[at])
  return { value, length: at - from }
}
