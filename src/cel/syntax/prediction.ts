// Which alternative the text goes on with: all are followed at once until one is left. First without knowing who asked for the rule, then, if that does not decide, knowing it.
import type { TokenKind } from '../lexer.ts'
import { followers, rules, type State } from './grammar.ts'

/** Who asked for the present rule, and so on outwards. `undefined`: unknown. */
export interface Caller { readonly back: State; readonly outer: Caller | undefined; readonly id: number }
interface Thread { readonly at: State; readonly alt: number; readonly caller: Caller | undefined; /** Went on behind the end of the rule where the decision is. */ readonly left: boolean }

/** Work that one decision may take. */
const mostThreads = 200_000

export class Undecided extends Error {
  /** How many tokens were looked at when nothing fitted any more. */
  readonly looked: number
  constructor(looked: number) { super(); this.looked = looked }
}

export interface Question {
  readonly options: readonly State[]
  readonly kind: (ahead: number) => TokenKind
  readonly caller: Caller | undefined
  readonly callers: Callers
  /** Whether an operator binds strongly enough for the rule that asks. */
  readonly holds: (strength: number) => boolean
}
/** The number of the alternative, from 0. Throws Undecided. */
export const predict = (question: Question): number => follow(question, undefined, false) ?? follow(question, question.caller, true)!

/** The callers of one text: the same caller is the same value, so that threads can be compared. */
export class Callers {
  private readonly known = new Map<string, Caller>()
  of(back: State, outer: Caller | undefined): Caller {
    const key = `${back.id} ${outer?.id ?? 0}`
    let caller = this.known.get(key)
    if (!caller) this.known.set(key, caller = { back, outer, id: this.known.size + 1 })
    return caller
  }
}

function follow({ options, kind, callers, holds }: Question, caller: Caller | undefined, isKnown: boolean): number | undefined {
  const close = (start: readonly Thread[], first?: Question['holds']) => closure(start, { decider: caller, isKnown, callers, ...(first && { holds: first }) })
  let threads = close(options.map((at, alt) => ({ at, alt, caller, left: false })), holds), work = 0
  for (let ahead = 0; ; ahead++) {
    const token = kind(ahead)
    const read = threads.filter(({ at }) => at.tokens?.includes(token)).map((thread) => ({ ...thread, at: thread.at.next! }))
    if (read.length === 0) {
      const done = threads.filter(({ left }) => left)
      if (done.length > 0) return Math.min(...done.map(({ alt }) => alt))
      throw new Undecided(ahead)
    }
    if (read.every(({ alt }) => alt === read[0]!.alt)) return read[0]!.alt
    threads = close(read)
    work += threads.length
    const least = conflict(threads, isKnown)
    if (least !== undefined || token === 'end' || work > mostThreads) return isKnown ? least ?? Math.min(...threads.map(({ alt }) => alt)) : undefined
  }
}

/** The alternative to take when all that is left cannot be told apart. */
function conflict(threads: readonly Thread[], isKnown: boolean): number | undefined {
  const places = new Map<string, Set<number>>()
  for (const { at, alt, caller } of threads) {
    const key = `${at.id} ${caller?.id ?? 0}`
    const alts = places.get(key)
    if (alts) alts.add(alt)
    else places.set(key, new Set([alt]))
  }
  const least = [...places.values()].map((alts) => Math.min(...alts))
  if (isKnown) return least.every((alt) => alt === least[0]) ? least[0] : undefined
  return [...places.values()].every((alts) => alts.size > 1) ? least[0] : undefined
}

/** Everything that can be reached without reading. */
interface Reach { readonly decider: Caller | undefined; readonly isKnown: boolean; readonly callers: Callers; readonly holds?: Question['holds'] }
function closure(start: readonly Thread[], { decider, isKnown, callers, holds }: Reach): Thread[] {
  const found: Thread[] = [], seen = new Set<string>(), open = [...start].reverse()
  for (let thread = open.pop(); thread; thread = open.pop()) {
    const { at, alt, caller, left } = thread, key = `${at.id} ${alt} ${caller?.id ?? 0} ${left}`
    if (seen.has(key)) continue
    seen.add(key)
    if (at.tokens) { found.push(thread); continue }
    if (at.calls) { open.push({ at: rules.get(at.calls)!.body.first, alt, caller: callers.of(at.next!, caller), left }); continue }
    if (at.ends) {
      const behind = left || caller === decider
      if (caller) open.push({ at: caller.back, alt, caller: caller.outer, left: behind })
      else if (!isKnown) for (const next of [...followers.get(at.rule) ?? []].reverse()) open.push({ at: next, alt, caller: undefined, left: behind })
      continue
    }
    // Only in the rule that decides is it known how strongly it must bind.
    if (at.strength !== undefined && holds && caller === decider && !left && !holds(at.strength)) continue
    for (const way of [...at.ways].reverse()) open.push({ at: way, alt, caller, left })
  }
  return found
}
