// The grammar of expressions as a graph of states, the way the reference's parser generator sees it. Only messages about wrong text come from here.
import type { TokenKind } from '../lexer.ts'

/** Places in a rule. Those where something is decided have several ways on. */
export interface State {
  readonly id: number
  readonly rule: string
  /** Where tokens are read: which ones, and what is next. */
  tokens?: readonly TokenKind[]
  next?: State
  /** Where another rule is read: `next` follows it. */
  calls?: string
  /** Ways on without reading. */
  ways: State[]
  /** A way that only holds while the rule was asked to bind no stronger than this. */
  strength?: number
  /** The end of its rule. */
  ends?: true
}

export type Part =
  | { readonly kind: 'tokens'; readonly tokens: readonly TokenKind[]; readonly state: State }
  | { readonly kind: 'call'; readonly rule: string; readonly strength: number; readonly state: State }
  | { readonly kind: 'choice'; readonly options: readonly Sequence[]; readonly state: State }
  | { readonly kind: 'optional'; readonly body: Sequence; readonly state: State }
  | { readonly kind: 'repeat'; readonly body: Sequence; readonly state: State; readonly back: State; readonly atLeastOnce: boolean; /** Operators: entered whenever one stands there that binds strongly enough. */ readonly operators: boolean }
export interface Sequence { readonly first: State; readonly strength?: number; readonly parts: readonly Part[] }
export interface Rule { readonly name: string; readonly body: Sequence; readonly end: State }

type Plan = (rule: string, to: State) => { first: State; part: Part }
let count = 0
const state = (rule: string): State => ({ id: count++, rule, ways: [] })

const t = (...tokens: TokenKind[]): Plan => (rule, to) => { const here = state(rule); here.tokens = tokens; here.next = to; return { first: here, part: { kind: 'tokens', tokens, state: here } } }
const call = (name: string, strength = 0): Plan => (rule, to) => { const here = state(rule); here.calls = name; here.next = to; return { first: here, part: { kind: 'call', rule: name, strength, state: here } } }
const choice = (...options: readonly (readonly Plan[] | Strong)[]): Plan => (rule, to) => {
  const here = state(rule), built = options.map((option) => sequence(rule, option, to))
  here.ways = built.map(({ first }) => first)
  return { first: here, part: { kind: 'choice', options: built, state: here } }
}
const optional = (...body: Plan[]): Plan => (rule, to) => {
  const here = state(rule), built = sequence(rule, body, to)
  here.ways = [built.first, to]
  return { first: here, part: { kind: 'optional', body: built, state: here } }
}
const repeat = (atLeastOnce: boolean, operators: boolean, body: readonly Plan[]): Plan => (rule, to) => {
  const back = state(rule), built = sequence(rule, body, back)
  back.ways = [built.first, to]
  const here = state(rule)
  here.ways = atLeastOnce ? [built.first] : [built.first, to]
  return { first: here, part: { kind: 'repeat', body: built, state: here, back, atLeastOnce, operators } }
}
const star = (...body: Plan[]): Plan => repeat(false, false, body)
const plus = (...body: Plan[]): Plan => repeat(true, false, body)
const operators = (...options: readonly Strong[]): Plan => repeat(false, true, [choice(...options)])

/** An alternative that needs the rule to bind no stronger than it does. */
interface Strong { readonly strength: number; readonly body: readonly Plan[] }
const strong = (strength: number, ...body: Plan[]): Strong => ({ strength, body })

function sequence(rule: string, given: readonly Plan[] | Strong, to: State): Sequence {
  const strength = 'strength' in given ? given.strength : undefined, plans = 'strength' in given ? given.body : given
  const parts: Part[] = []
  let next = to
  for (const plan of [...plans].reverse()) {
    const { first, part } = plan(rule, next)
    parts.unshift(part)
    next = first
  }
  if (strength === undefined) return { first: next, parts }
  const gate = state(rule)
  gate.ways = [next]
  gate.strength = strength
  return { first: gate, strength, parts }
}
function rule(name: string, ...body: Plan[]): Rule {
  const end = state(name)
  end.ends = true
  return { name, body: sequence(name, body, end), end }
}

const list = (item: readonly Plan[]): Plan[] => [...item, star(t(','), ...item)]
const entry = [call('optExpr'), t(':'), call('expr')], field = [call('optField'), t(':'), call('expr')]

export const rules: ReadonlyMap<string, Rule> = new Map([
  rule('start', call('expr'), t('end')),
  rule('expr', call('conditionalOr'), optional(t('?'), call('conditionalOr'), t(':'), call('expr'))),
  rule('conditionalOr', call('conditionalAnd'), star(t('||'), call('conditionalAnd'))),
  rule('conditionalAnd', call('relation'), star(t('&&'), call('relation'))),
  rule('relation', call('calc'), operators(strong(1, t('<', '<=', '>=', '>', '==', '!=', 'in'), call('relation', 2)))),
  rule('calc', call('unary'), operators(strong(2, t('*', '/', '%'), call('calc', 3)), strong(1, t('+', '-'), call('calc', 2)))),
  rule('unary', choice([call('member')], [plus(t('!')), call('member')], [plus(t('-')), call('member')])),
  rule('member', call('primary'), operators(
    strong(3, t('.'), optional(t('?')), call('escapeIdent')),
    strong(2, t('.'), t('ident'), t('('), optional(call('exprList')), t(')')),
    strong(1, t('['), optional(t('?')), call('expr'), t(']')),
  )),
  rule('primary', choice(
    [optional(t('.')), t('ident')],
    [optional(t('.')), t('ident'), t('('), optional(call('exprList')), t(')')],
    [t('('), call('expr'), t(')')],
    [t('['), optional(call('listInit')), optional(t(',')), t(']')],
    [t('{'), optional(call('mapInitializerList')), optional(t(',')), t('}')],
    [optional(t('.')), t('ident'), star(t('.'), t('ident')), t('{'), optional(call('fieldInitializerList')), optional(t(',')), t('}')],
    [call('literal')],
  )),
  rule('exprList', ...list([call('expr')])),
  rule('listInit', ...list([call('optExpr')])),
  rule('fieldInitializerList', ...list(field)),
  rule('optField', optional(t('?')), call('escapeIdent')),
  rule('mapInitializerList', ...list(entry)),
  rule('escapeIdent', choice([t('ident')], [t('escaped')])),
  rule('optExpr', optional(t('?')), call('expr')),
  rule('literal', choice([optional(t('-')), t('int')], [t('uint')], [optional(t('-')), t('double')], [t('string')], [t('bytes')], [t('true')], [t('false')], [t('null')])),
].map((made) => [made.name, made]))

/** Where each rule is asked for: what may follow it. */
export const followers: ReadonlyMap<string, readonly State[]> = (() => {
  const found = new Map<string, State[]>(), seen = new Set<State>()
  const visit = (at: State): void => {
    if (seen.has(at)) return
    seen.add(at)
    if (at.calls) found.set(at.calls, [...(found.get(at.calls) ?? []), at.next!])
    for (const way of at.next ? [...at.ways, at.next] : at.ways) visit(way)
  }
  for (const { body } of rules.values()) visit(body.first)
  return found
})()

const order: readonly TokenKind[] = ['==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':', '+', '*', '/', '%', 'true', 'false', 'null',
  'double', 'int', 'uint', 'string', 'bytes', 'ident', 'escaped']
const names: Partial<Record<TokenKind, string>> = { double: 'NUM_FLOAT', int: 'NUM_INT', uint: 'NUM_UINT', string: 'STRING', bytes: 'BYTES', ident: 'IDENTIFIER', escaped: 'ESC_IDENTIFIER', end: '<EOF>' }
/** Kinds of tokens as messages list them. */
export function writeKinds(kinds: ReadonlySet<TokenKind>): string {
  const all = [...(kinds.has('end') ? ['end' as const] : []), ...order.filter((kind) => kinds.has(kind))].map((kind) => names[kind] ?? `'${kind}'`)
  return all.length === 1 ? all[0]! : `{${all.join(', ')}}`
}
