// What the reference's parser says about text that is no expression.
import type { Finding } from './issues.ts'
import type { Token, Unreadable } from './lexer.ts'

/** The syntax errors of a text that the parser could not read. */
export function syntaxErrors(source: string, tokens: readonly Token[], unreadable: readonly Unreadable[]): Finding[] {
  void source
  const findings = unreadable.map(({ at, text }): Finding => ({ at, message: `Syntax error: token recognition error at: '${text}'` }))
  return findings.length > 0 ? findings : [{ at: tokens.at(-1)!.at, message: 'Syntax error: mismatched input' }]
}
