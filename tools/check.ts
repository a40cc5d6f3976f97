// npm run check: rooms, words, lists, types and unit tests, in seconds. The last line is `N passed, N failed`. With arguments, only
// the unit tests whose path contains one of them.
import { dirname } from 'node:path'
import { checkEverything } from './check/everything.ts'
import { lastLine } from './check/tally.ts'

const tally = { passed: 0, failed: 0 }
await checkEverything(dirname(import.meta.dirname), tally, process.argv.slice(2))
console.log(lastLine(tally))
process.exitCode = tally.failed > 0 ? 1 : 0
