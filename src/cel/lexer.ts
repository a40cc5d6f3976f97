// From text to tokens. What does not fit is told by syntax-errors.ts, in the words of the reference's parser.

export type TokenKind = 'ident' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'true' | 'false' | 'null' | 'in' | 'escaped' | 'end' | Symbol
type Symbol = '==' | '!=' | '<=' | '>=' | '&&' | '||' | '<' | '>' | '[' | ']' | '{' | '}' | '(' | ')' | '.' | ',' | '-' | '!' | '?' | ':' | '+' | '*' | '/' | '%'
export interface Token { readonly kind: TokenKind; readonly at: number; readonly end: number }
/** A stretch of text that is no token. */
export interface Unreadable { readonly at: number; readonly text: string }

const blank = /[\t\n\f\r ]+|\/\/[^\n]*/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /(?:\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)|\.\d+(?:[eE][+-]?\d+)?)|(?:0x[0-9a-fA-F]+|\d+)([uU]?)/y
/** A name in back quotes: read, but not spoken by Kubernetes. */
const escaped = /`[A-Za-z0-9_.\-/ ]+`/y
const symbol = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y
const escape = String.raw`\\(?:[abfnrtv"'\\?` + '`' + String.raw`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`
const text = new RegExp([
  // Raw strings keep their backslashes.
  `[rR]"""[^]*?"""`, `[rR]'''[^]*?'''`, `[rR]"[^"\\n\\r]*"`, `[rR]'[^'\\n\\r]*'`,
  `"""(?:${escape}|[^\\\\])*?"""`, `'''(?:${escape}|[^\\\\])*?'''`, `"(?:${escape}|[^\\\\"\\n\\r])*"`, `'(?:${escape}|[^\\\\'\\n\\r])*'`,
].join('|'), 'y')
const keywords: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in'])

/** The tokens of a text, the last one `end`; and what could not be read between them. */
export function tokenize(source: string): { readonly tokens: readonly Token[]; readonly unreadable: readonly Unreadable[] } {
  const tokens: Token[] = [], unreadable: Unreadable[] = []
  let at = 0
  const match = (pattern: RegExp, from = at): string | undefined => { pattern.lastIndex = from; return pattern.exec(source)?.[0] }
  const push = (kind: TokenKind, length: number) => { tokens.push({ kind, at, end: at + length }); at += length }
  while (at < source.length) {
    const space = match(blank)
    if (space !== undefined) { at += space.length; continue }
    const quoted = quotedLength(source, at, match)
    if (quoted) { push(quoted.bytes ? 'bytes' : 'string', quoted.length); continue }
    const name = match(word)
    if (name !== undefined) { push(keywords.has(name) ? name as TokenKind : 'ident', name.length); continue }
    number.lastIndex = at
    const digits = number.exec(source)
    if (digits) { push(digits[1] === undefined ? 'double' : digits[1] ? 'uint' : 'int', digits[0].length); continue }
    const inQuotes = match(escaped)
    if (inQuotes !== undefined) { push('escaped', inQuotes.length); continue }
    const sign = match(symbol)
    if (sign !== undefined) { push(sign as TokenKind, sign.length); continue }
    const bad = unreadableAt(source, at)
    unreadable.push({ at, text: bad })
    at += bad.length
  }
  tokens.push({ kind: 'end', at: source.length, end: source.length })
  return { tokens, unreadable }
}

function quotedLength(source: string, at: number, match: (pattern: RegExp, from?: number) => string | undefined): { length: number; bytes: boolean } | undefined {
  const prefix = /[bB]?[rR]?(?=["'])/y
  prefix.lastIndex = at
  const found = prefix.exec(source)
  if (!found) return undefined
  const bytes = /^[bB]/.test(found[0]), read = match(text, at + (bytes ? 1 : 0))
  return read === undefined ? undefined : { length: read.length + (bytes ? 1 : 0), bytes }
}

const hex = /[0-9a-fA-F]/, octal = /[0-7]/
/** What the reference's lexer gives up on: an open string up to the letter where it cannot go on, or one letter. */
function unreadableAt(source: string, at: number): string {
  const first = source[at]!
  let end = at + 1
  if (first === '"' || first === "'") end = stringEnd(source, end, first)
  else if (first === '`') while (/[A-Za-z0-9_.\-/ ]/.test(source[end] ?? '')) end++
  else if (first !== '&' && first !== '|' && first !== '=') return String.fromCodePoint(source.codePointAt(at)!)
  // The letter that did not fit is part of it.
  return source.slice(at, end < source.length ? end + String.fromCodePoint(source.codePointAt(end)!).length : end)
}
/** Where the body of an open string stops making sense. */
function stringEnd(source: string, from: number, quote: string): number {
  let at = from
  while (at < source.length) {
    const c = source[at]!
    if (c === '\n' || c === '\r' || c === quote) return at
    at++
    if (c !== '\\') continue
    const kind = source[at] ?? ''
    const digits = kind === 'x' || kind === 'X' ? 2 : kind === 'u' ? 4 : kind === 'U' ? 8 : /[0-3]/.test(kind) ? 2 : 0
    if (digits === 0 && !/[abfnrtv"'\\?`]/.test(kind)) return at
    at++
    for (let i = 0; i < digits; i++, at++) if (!(/[0-3]/.test(kind) ? octal : hex).test(source[at] ?? '')) return at
  }
  return at
}
