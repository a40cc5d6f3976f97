// What is wrong with an expression, as cel-go prints it: the place, the message, the line and a caret below.
import type { CelIssue } from './compile.ts'

/** A finding at a place of the source (UTF-16 units from its start). */
export interface Finding { readonly at: number; readonly message: string }

/** More findings than this are only counted. */
const mostShown = 100
/** Lines longer than this (in bytes) are not shown. */
const longestSnippet = 16_384

/** Line and column of a place; both count from 1, columns in code points. */
export function locate(source: string, at: number): { line: number; column: number } {
  if (at < 0) return { line: -1, column: 0 }
  const before = source.slice(0, at), start = before.lastIndexOf('\n') + 1
  let line = 1
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++
  return { line, column: codePoints(before.slice(start)) + 1 }
}
const codePoints = (text: string): number => { let count = 0; for (const _ of text) count++; return count }

export function toIssues(source: string, findings: readonly Finding[]): CelIssue[] {
  return findings.map(({ at, message }) => ({ message, ...locate(source, at) })).sort((a, b) => a.line - b.line || a.column - b.column)
}

/** The text of all issues, one below the other. */
export function issuesText(source: string, issues: readonly CelIssue[]): string {
  const lines = source.split('\n')
  const shown = issues.slice(0, mostShown).map((issue) => issueText(lines[issue.line - 1], issue))
  if (issues.length > mostShown) shown.push(`${issues.length - mostShown} more errors were truncated`)
  return shown.join('\n')
}
function issueText(line: string | undefined, issue: CelIssue): string {
  const text = `ERROR: <input>:${issue.line}:${issue.column}: ${issue.message}`
  if (line === undefined || line.length > longestSnippet) return text
  const snippet = [...line.replaceAll('\t', ' ')]
  const dots = snippet.slice(0, issue.column - 1).map((c) => (wide(c) ? '．' : '.')).join('')
  return `${text}\n | ${snippet.join('')}\n | ${dots}${wide(snippet[issue.column - 1]) ? '＾' : '^'}`
}
/** Letters of more than one byte take a wide mark, so that the caret stands below its letter. */
const wide = (c: string | undefined): boolean => c !== undefined && c.codePointAt(0)! > 127
