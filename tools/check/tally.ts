import type { Finding } from './findings.ts'

/** What passed and what failed so far. */
export interface Tally { passed: number; failed: number }

/** Prints one check's outcome as a line, with its findings below. */
export function report(tally: Tally, name: string, findings: readonly Finding[], detail = ''): void {
  if (findings.length === 0) tally.passed++
  else tally.failed++
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'} ${name}${detail ? ` (${detail})` : ''}`)
  for (const { where, what } of findings.slice(0, 200)) console.log(`     ${where}: ${what}`)
  if (findings.length > 200) console.log(`     ... and ${findings.length - 200} more`)
}

/** The last line of every run. */
export const lastLine = ({ passed, failed }: Tally): string => `${passed} passed, ${failed} failed`

/** What unit.ts sends: the counts so far, and whether all tests have ended. */
export interface UnitMessage extends Tally { readonly ended: boolean }
