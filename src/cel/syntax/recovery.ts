// The reference's parser on text that is wrong: it reports, drops or makes up a token, skips to where it can go on, and reports again. Step by step, because its messages follow from the steps.
import type { Finding } from '../issues.ts'
import type { Token, TokenKind, Unreadable } from '../lexer.ts'
import { followers, rules, writeKinds, type Part, type Sequence, type State } from './grammar.ts'
import { Callers, predict, Undecided, type Caller } from './prediction.ts'

/** Rules nest this deep; errors are recovered from this often; this many are told; so many tokens are skipped to go on. */
const deepest = 250, mostRecoveries = 30, mostReports = 100, mostSkipped = 512

/** The rule that is being read, who asked for it, and how strongly it must bind. */
interface Context { readonly rule: string; readonly invokedAt: State | undefined; readonly outer: Context | undefined; readonly caller: Caller | undefined; readonly strength: number }
class Mismatch extends Error { readonly at: Token; readonly expected: ReadonlySet<TokenKind>; constructor(at: Token, expected: ReadonlySet<TokenKind>) { super(); this.at = at; this.expected = expected } }
class NoAlternative extends Error { readonly start: Token; readonly at: Token; constructor(start: Token, at: Token) { super(); this.start = start; this.at = at } }
/** Nothing more is read. */
class GivenUp extends Error {}

/** What the reference's lexer and parser say of a text. */
export function readWithRecovery(source: string, tokens: readonly Token[], unreadable: readonly Unreadable[]): Finding[] {
  const reader = new Reader(source, tokens, unreadable)
  let read = unreadable
  try { reader.rule('start', 0, undefined) } catch (error) {
    if (!(error instanceof GivenUp)) throw error
    // Text behind the place where it gave up was never looked at.
    read = unreadable.filter(({ at }) => at < reader.place)
  }
  return [...read.map(({ at, text }): Finding => ({ at, message: `Syntax error: token recognition error at: '${text}'` })), ...reader.findings]
}

class Reader {
  readonly findings: Finding[] = []
  private readonly source: string
  private readonly tokens: readonly Token[]
  private readonly unreadable: readonly Unreadable[]
  private position = 0
  private context: Context | undefined
  private state: State = rules.get('start')!.body.first
  private recovering = false
  private recoveries = 0
  private lastErrorAt = -1
  private readonly lastErrorStates = new Set<State>()
  private readonly callers = new Callers()
  private readonly depths = new Map<string, number>()
  constructor(source: string, tokens: readonly Token[], unreadable: readonly Unreadable[]) { this.source = source; this.tokens = tokens; this.unreadable = unreadable }

  get place(): number { return this.token(1).at }
  private token(ahead = 0): Token { return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)]! }
  private kind(ahead = 0): TokenKind { return this.token(ahead).kind }
  private consume(): void { if (this.position < this.tokens.length - 1) this.position++ }

  rule(name: string, strength: number, invokedAt: State | undefined): void {
    const outer = this.context
    this.context = { rule: name, invokedAt, outer, caller: invokedAt && this.callers.of(invokedAt.next!, outer?.caller), strength }
    const depth = this.depths.get(name) ?? 0
    this.enter(name)
    try {
      this.sequence(rules.get(name)!.body)
    } catch (error) {
      if (!(error instanceof Mismatch) && !(error instanceof NoAlternative)) throw error
      this.reportError(error)
      this.recover()
    }
    this.depths.set(name, depth)
    this.context = outer
  }
  private enter(name: string): void {
    const depth = (this.depths.get(name) ?? 0) + 1
    this.depths.set(name, depth)
    if (depth <= deepest) return
    this.findings.push({ at: -1, message: `expression recursion limit exceeded: ${deepest}` })
    throw new GivenUp()
  }

  private sequence({ parts }: Sequence): void { for (const part of parts) this.part(part) }
  private part(part: Part): void {
    this.state = part.state
    switch (part.kind) {
      case 'tokens': return this.match(part.tokens)
      case 'call': return this.rule(part.rule, part.strength, part.state)
      case 'choice': {
        this.sync(false)
        return this.sequence(part.options[this.choose(part.options.map(({ first }) => first), part.state)]!)
      }
      case 'optional': {
        this.sync(false)
        if (canStart(part.body.first, this.kind())) this.sequence(part.body)
        return
      }
      case 'repeat': return this.repeat(part)
    }
  }
  private repeat(part: Extract<Part, { kind: 'repeat' }>): void {
    this.sync(false)
    for (let first = part.atLeastOnce; first || this.goesOn(part); first = false) {
      this.sequence(part.body)
      this.state = part.back
      this.sync(true)
    }
  }
  private goesOn({ body, back, operators }: Extract<Part, { kind: 'repeat' }>): boolean {
    if (operators) return canStart(body.first, this.kind(), this.context!.strength)
    // Where the same token may stand behind the repetition, more than one is looked at.
    const [enter, leave] = [body.first, back.ways[1]!]
    if (!canStart(enter, this.kind())) return false
    return !mayFollow(leave).has(this.kind()) || this.choose([enter, leave], back) === 0
  }
  private choose(options: readonly State[], state: State): number {
    const { caller, strength } = this.context!
    try {
      return predict({ options, kind: (ahead) => this.kind(ahead), caller, callers: this.callers, holds: (needed) => needed >= strength })
    } catch (error) {
      if (!(error instanceof Undecided)) throw error
      this.state = state
      throw new NoAlternative(this.token(), this.token(error.looked))
    }
  }

  private match(kinds: readonly TokenKind[]): void {
    if (kinds.includes(this.kind())) { this.recovering = false; this.consume(); return }
    this.countRecovery()
    if (this.dropToken()) { this.consume(); return }
    // What follows is right, so only the token is missing.
    if (expectedAt(this.state.next!, this.context).has(this.kind())) { this.report(this.token(), () => `missing ${this.expecting()} at ${this.quote(this.token())}`); return }
    throw this.mismatch()
  }
  /** When the next token fits, the present one is too much. */
  private dropToken(): boolean {
    if (!expectedAt(this.state, this.context).has(this.kind(1))) return false
    this.reportUnwanted()
    this.consume()
    this.recovering = false
    return true
  }
  private sync(isLoopBack: boolean): void {
    if (this.recovering) return
    const next = nextTokens(this.state)
    if (next.ends || next.kinds.has(this.kind())) return
    if (!isLoopBack) {
      if (!this.dropToken()) throw this.mismatch()
      return
    }
    this.reportUnwanted()
    this.skipTo(new Set([...expectedAt(this.state, this.context), ...this.recoverySet()]))
  }
  private recover(): void {
    this.countRecovery()
    if (this.lastErrorAt === this.position && this.lastErrorStates.has(this.state)) this.consume()
    this.lastErrorAt = this.position
    this.lastErrorStates.add(this.state)
    this.skipTo(this.recoverySet())
  }
  private recoverySet(): Set<TokenKind> {
    const all = new Set<TokenKind>()
    for (let context = this.context; context?.invokedAt; context = context.outer) for (const kind of nextTokens(context.invokedAt.next!).kinds) all.add(kind)
    return all
  }
  private skipTo(kinds: ReadonlySet<TokenKind>): void {
    for (let skipped = 0; this.kind() !== 'end' && !kinds.has(this.kind()); skipped++) {
      if (skipped >= mostSkipped) { this.findings.push({ at: -1, message: `error recovery token lookahead limit exceeded: ${mostSkipped}` }); throw new GivenUp() }
      this.consume()
    }
  }
  private countRecovery(): void {
    if (this.recoveries++ < mostRecoveries) return
    this.tell(this.token(), `error recovery attempt limit exceeded: ${mostRecoveries}`)
    throw new GivenUp()
  }

  private mismatch(): Mismatch { return new Mismatch(this.token(), expectedAt(this.state, this.context)) }
  private expecting(): string { return writeKinds(expectedAt(this.state, this.context)) }
  private reportUnwanted(): void { this.report(this.token(), () => `extraneous input ${this.quote(this.token())} expecting ${this.expecting()}`) }
  private reportError(error: Mismatch | NoAlternative): void {
    this.report(error.at, () => {
      if (error instanceof Mismatch) return `mismatched input ${this.quote(error.at)} expecting ${writeKinds(error.expected)}`
      const message = `no viable alternative at input ${this.quoteText(error.start.kind === 'end' ? '<EOF>' : this.textBetween(error.start, error.at))}`
      return message.replace(/^no viable alternative at input '.(true|false|in|null)'/s, "mismatched input '$1' expecting IDENTIFIER")
    })
  }
  /** While it recovers, the parser says nothing more. */
  private report(at: Token, message: () => string): void {
    if (this.recovering) return
    this.recovering = true
    this.tell(at, message())
  }
  private tell(at: Token, message: string): void {
    if (this.findings.length >= mostReports) { this.findings.push({ at: at.at, message: `Syntax error: More than ${mostReports} syntax errors` }); throw new GivenUp() }
    this.findings.push({ at: at.at, message: `Syntax error: ${message}` })
  }
  private quote(token: Token): string { return this.quoteText(token.kind === 'end' ? '<EOF>' : this.source.slice(token.at, token.end)) }
  private quoteText(text: string): string { return `'${text.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'` }
  private textBetween(from: Token, to: Token): string {
    let text = '', at = from.at
    for (const gap of this.unreadable) if (gap.at >= at && gap.at < to.end) { text += this.source.slice(at, gap.at); at = gap.at + gap.text.length }
    return text + this.source.slice(at, to.end)
  }
}

interface Next { readonly kinds: ReadonlySet<TokenKind>; /** The rule may end here. */ readonly ends: boolean }
const nextKnown = new Map<State, Next>()
/** The tokens that may come next inside the rule. */
function nextTokens(state: State): Next {
  let next = nextKnown.get(state)
  if (!next) nextKnown.set(state, next = look(state))
  return next
}
function look(start: State): Next {
  const kinds = new Set<TokenKind>(), seen = new Set<State>()
  let ends = false
  const visit = (at: State, isTop: boolean): boolean => {
    if (at.ends) { if (isTop) ends = true; return true }
    if (seen.has(at)) return false
    seen.add(at)
    if (at.tokens) { for (const kind of at.tokens) kinds.add(kind); return false }
    // No rule of this grammar may be empty.
    if (at.calls) { visit(rules.get(at.calls)!.body.first, false); return false }
    for (const way of at.ways) visit(way, isTop)
    return false
  }
  visit(start, true)
  return { kinds, ends }
}
/** The tokens that may come next, also behind the present rule. */
function expectedAt(state: State, context: Context | undefined): Set<TokenKind> {
  let next = nextTokens(state)
  const all = new Set(next.kinds)
  for (let at = context; next.ends && at?.invokedAt; at = at.outer) {
    next = nextTokens(at.invokedAt.next!)
    for (const kind of next.kinds) all.add(kind)
  }
  if (next.ends) all.add('end')
  return all
}
/** Whether a token may stand first, for operators only if they bind strongly enough. */
function canStart(state: State, kind: TokenKind, strength = 0): boolean {
  if (state.tokens) return state.tokens.includes(kind)
  if (state.calls) return nextTokens(rules.get(state.calls)!.body.first).kinds.has(kind)
  if (state.strength !== undefined && state.strength < strength) return false
  return state.ways.some((way) => canStart(way, kind, strength))
}
/** What may stand at a state or, when its rule may end there, behind the rule wherever it is asked for. */
function mayFollow(state: State, seen = new Set<State>()): Set<TokenKind> {
  if (seen.has(state)) return new Set()
  seen.add(state)
  const next = nextTokens(state), all = new Set(next.kinds)
  if (next.ends) for (const behind of followers.get(state.rule) ?? []) for (const kind of mayFollow(behind, seen)) all.add(kind)
  return all
}
