// What the reference's parser says about text that is no expression.
import type { Finding } from './issues.ts'
import type { Token, Unreadable } from './lexer.ts'
import { readWithRecovery } from './syntax/recovery.ts'

/** The syntax errors of a text that the parser could not read. */
export function syntaxErrors(source: string, tokens: readonly Token[], unreadable: readonly Unreadable[]): Finding[] {
  const findings = readWithRecovery(source, tokens, unreadable)
  return findings.length > 0 ? findings : [{ at: tokens.at(-1)!.at, message: 'Syntax error: the expression cannot be read' }]
}
