// From tokens to a tree, by the grammar of cel-spec as cel-go has it. Text that does not fit is left to syntax-errors.ts, which finds the reference's words.
import type { Entry, Expr, FieldInit } from './expression.ts'
import type { Finding } from './issues.ts'
import { tokenize, type Token, type TokenKind } from './lexer.ts'
import { LiteralError, readBytes, readDouble, readInt, readString, readUint } from './literals.ts'
import { expandMacro } from './macros.ts'
import { syntaxErrors } from './syntax-errors.ts'

/** Text longer than this (in code points) is not read. */
const longestText = 100_000
/** Rules of the grammar may nest this deep, and so may operators and what is read from values. */
const deepest = 250
/** Where an error belongs to no place. */
export const nowhere = -1

const reserved: ReadonlySet<string> = new Set(('as break const continue else false for function if import in let loop package namespace null return true var void while').split(' '))

export type Parsed = { readonly expr: Expr } | { readonly findings: readonly Finding[] }

/** Reads an expression and replaces its macros; `binds`: cel.bind is one. */
export function parse(source: string, binds = false): Parsed {
  const size = source.length > longestText ? [...source].length : source.length
  if (size > longestText) return { findings: [{ at: nowhere, message: `expression code point size exceeds limit: size: ${size}, limit ${longestText}` }] }
  const { tokens, unreadable } = tokenize(source)
  const parser = new Parser(source, tokens, binds)
  try {
    const expr = parser.start()
    if (unreadable.length === 0 && parser.isTooTall) return { findings: [{ at: nowhere, message: 'max recursion depth exceeded' }] }
    if (unreadable.length === 0) return parser.findings.length > 0 ? { findings: parser.findings } : { expr }
  } catch (error) {
    if (error instanceof TooDeep) return { findings: [{ at: nowhere, message: `expression recursion limit exceeded: ${deepest}` }] }
    if (!(error instanceof Unparsable)) throw error
  }
  return { findings: syntaxErrors(source, tokens, unreadable) }
}

class Unparsable extends Error {}
class TooDeep extends Error {}

type Rule = 'expr' | 'relation' | 'calc' | 'unary' | 'member'
/** Operators that bind to the left, with how strongly they bind. */
const relations: ReadonlyMap<TokenKind, number> = new Map((['<', '<=', '>=', '>', '==', '!=', 'in'] as const).map((kind) => [kind, 1]))
const sums: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([['*', 2], ['/', 2], ['%', 2], ['+', 1], ['-', 1]])
const binary = (kind: TokenKind): string => (kind === 'in' ? '@in' : `_${kind}_`)

class Parser {
  readonly findings: Finding[] = []
  isTooTall = false
  /** How many operators and accesses lie one in another in the part that is being read. */
  private height = 0
  private readonly source: string
  private readonly tokens: readonly Token[]
  private next = 0
  private readonly depth: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, unary: 0, member: 0 }
  private readonly binds: boolean
  constructor(source: string, tokens: readonly Token[], binds: boolean) { this.source = source; this.tokens = tokens; this.binds = binds }

  start(): Expr {
    const expr = this.expr()
    this.expect('end')
    return expr
  }

  private peek(): TokenKind { return this.tokens[this.next]!.kind }
  private ahead(by: number): TokenKind { return this.tokens[Math.min(this.next + by, this.tokens.length - 1)]!.kind }
  private take(): Token { return this.tokens[this.next++]! }
  private expect(kind: TokenKind): Token { if (this.peek() !== kind) throw new Unparsable(); return this.take() }
  private accept(kind: TokenKind): boolean { if (this.peek() !== kind) return false; this.next++; return true }
  private text(token: Token): string { return this.source.slice(token.at, token.end) }
  private complain(at: number, message: string): Expr { this.findings.push({ at, message }); return { kind: 'literal', at, value: null } }
  private enter(rule: Rule): void { if (++this.depth[rule] > deepest) throw new TooDeep() }
  private grow(): void { if (++this.height > deepest) this.isTooTall = true }
  /** Reads a part with a height of its own; of several the tallest counts. */
  private measured<T>(read: () => T): T {
    const beside = this.height
    this.height = 0
    const result = read()
    this.height = Math.max(beside, this.height)
    return result
  }

  private expr(): Expr { return this.measured(() => this.ternary()) }
  private ternary(): Expr {
    this.enter('expr')
    const condition = this.either()
    let result = condition
    if (this.peek() === '?') {
      const at = this.take().at, then = this.either()
      this.expect(':')
      result = { kind: 'call', at, name: '_?_:_', args: [condition, then, this.expr()] }
    }
    this.depth.expr--
    return result
  }
  private either(): Expr { return this.logical('||', () => this.logical('&&', () => this.relation())) }
  /** A chain of && or || becomes a balanced tree, so that a long one is not deep. */
  private logical(kind: '&&' | '||', read: () => Expr): Expr {
    const terms = [read()], places: number[] = []
    while (this.peek() === kind) { places.push(this.take().at); terms.push(read()) }
    const balance = (low: number, high: number): Expr => {
      const middle = Math.floor((low + high + 1) / 2)
      const left = middle === low ? terms[middle]! : balance(low, middle - 1)
      const right = middle === high ? terms[middle + 1]! : balance(middle + 1, high)
      return { kind: 'call', at: places[middle]!, name: `_${kind}_`, args: [left, right] }
    }
    return places.length === 0 ? terms[0]! : balance(0, places.length - 1)
  }
  private relation(): Expr { return this.leftAssociative('relation', relations, 1, () => this.leftAssociative('calc', sums, 1, () => this.unary())) }
  private leftAssociative(rule: Rule, operators: ReadonlyMap<TokenKind, number>, weakest: number, read: () => Expr): Expr {
    return this.measured(() => this.chain(rule, operators, weakest, read))
  }
  private chain(rule: Rule, operators: ReadonlyMap<TokenKind, number>, weakest: number, read: () => Expr): Expr {
    this.enter(rule)
    let left = read()
    for (let strength = operators.get(this.peek()); strength !== undefined && strength >= weakest; strength = operators.get(this.peek())) {
      const operator = this.take()
      left = { kind: 'call', at: operator.at, name: binary(operator.kind), args: [left, this.leftAssociative(rule, operators, strength + 1, read)] }
      this.grow()
    }
    this.depth[rule]--
    return left
  }
  private unary(): Expr {
    this.enter('unary')
    const sign = this.peek(), at = this.tokens[this.next]!.at
    let count = 0
    const isNegativeNumber = sign === '-' && (this.ahead(1) === 'int' || this.ahead(1) === 'double')
    if ((sign === '!' || sign === '-') && !isNegativeNumber) while (this.accept(sign)) count++
    const operand = this.member()
    this.depth.unary--
    return count % 2 === 0 ? operand : { kind: 'call', at, name: sign === '!' ? '!_' : '-_', args: [operand] }
  }

  private member(): Expr { return this.measured(() => this.accesses()) }
  private accesses(): Expr {
    this.enter('member')
    let operand = this.primary()
    for (;;) {
      if (this.peek() === '.') {
        const dot = this.take(), optional = this.accept('?'), name = this.fieldName()
        if (optional) operand = { kind: 'call', at: dot.at, name: '_?._', args: [operand, { kind: 'literal', at: dot.at, value: name }] }
        else if (this.peek() === '(' && !name.startsWith('`')) operand = this.call(this.take().at, name, operand)
        else operand = { kind: 'select', at: dot.at, operand, field: name, test: false }
      } else if (this.peek() === '[') {
        const at = this.take().at, optional = this.accept('?'), index = this.expr()
        this.expect(']')
        operand = { kind: 'call', at, name: optional ? '_[?_]' : '_[_]', args: [operand, index] }
      } else break
      this.grow()
    }
    this.depth.member--
    return operand
  }
  private fieldName(): string {
    const token = this.take()
    if (token.kind === 'escaped') this.complain(token.at, "unsupported syntax: '`'")
    else if (token.kind !== 'ident') throw new Unparsable()
    return this.text(token)
  }
  private call(at: number, name: string, target?: Expr): Expr {
    const args = this.peek() === ')' ? [] : this.listOf(() => this.expr())
    this.expect(')')
    const expanded = expandMacro({ kind: 'call', at, name, args, ...(target && { target }) }, this.binds)
    return 'message' in expanded ? this.complain(expanded.at, expanded.message) : expanded
  }
  private listOf<T>(read: () => T): T[] {
    const all = [read()]
    while (this.accept(',')) all.push(read())
    return all
  }
  /** Elements in brackets; a comma may follow the last. */
  private listUntil<T>(close: TokenKind, read: () => T): T[] {
    const all: T[] = []
    while (this.peek() !== close && this.peek() !== ',') {
      all.push(read())
      if (this.peek() !== ',' || this.ahead(1) === close) break
      this.take()
    }
    this.accept(',')
    this.expect(close)
    return all
  }

  private primary(): Expr {
    const token = this.tokens[this.next]!
    switch (token.kind) {
      case '(': {
        this.take()
        const inner = this.expr()
        this.expect(')')
        return inner
      }
      case '[': {
        this.take()
        const optional = new Set<number>()
        let count = 0
        const items = this.listUntil(']', () => { if (this.accept('?')) optional.add(count); count++; return this.expr() })
        return { kind: 'list', at: token.at, items, optional }
      }
      case '{': {
        this.take()
        return { kind: 'map', at: token.at, entries: this.listUntil('}', (): Entry => {
          const optional = this.accept('?'), key = this.expr(), at = this.expect(':').at
          return { at, key, value: this.expr(), optional }
        }) }
      }
      case '.': case 'ident': return this.named()
      default: return this.literal()
    }
  }
  private named(): Expr {
    const start = this.tokens[this.next]!.at, dot = this.accept('.') ? '.' : ''
    const name = this.text(this.expect('ident'))
    let ahead = 0
    while (this.ahead(ahead) === '.' && this.ahead(ahead + 1) === 'ident') ahead += 2
    if (this.ahead(ahead) === '{') {
      let path = name
      for (; ahead > 0; ahead -= 2) { this.take(); path += `.${this.text(this.take())}` }
      const at = this.take().at
      const fields = this.listUntil('}', (): FieldInit => {
        const optional = this.accept('?'), field = this.fieldName(), colon = this.expect(':').at
        return { at: colon, name: field, value: this.expr(), optional }
      })
      return { kind: 'struct', at, name: dot + path, fields }
    }
    if (reserved.has(name)) {
      const wrong = this.complain(start, `reserved identifier: ${name}`)
      if (this.accept('(')) this.call(start, name)
      return wrong
    }
    return this.peek() === '(' ? this.call(this.take().at, dot + name) : { kind: 'ident', at: start, name: dot + name }
  }
  private literal(): Expr {
    const at = this.tokens[this.next]!.at, sign = this.peek() === '-' ? this.text(this.take()) : ''
    const kind = this.peek(), text = sign + this.text(this.take())
    if (sign && kind !== 'int' && kind !== 'double') throw new Unparsable()
    try {
      switch (kind) {
        case 'int': return { kind: 'literal', at, value: readInt(text) }
        case 'uint': return { kind: 'literal', at, value: readUint(text) }
        case 'double': return { kind: 'literal', at, value: readDouble(text) }
        case 'string': return { kind: 'literal', at, value: readString(text) }
        case 'bytes': return { kind: 'literal', at, value: readBytes(text) }
        case 'true': case 'false': return { kind: 'literal', at, value: kind === 'true' }
        case 'null': return { kind: 'literal', at, value: null }
        default: throw new Unparsable()
      }
    } catch (error) {
      if (error instanceof LiteralError) return this.complain(at, error.message)
      throw error
    }
  }
}
