// npm test: everything the project checks, and all that CI runs. First what needs no machine (npm run check), then the real
// kubectl and real containers (tests/real). With arguments, only the real tests whose path contains one of them.
import { dirname } from 'node:path'
import { defaultDataDir } from '../src/cli/data-dir.ts'
import { findKubectl, findProgram, inspectMachine, whyNoContainers } from '../src/cli/setup/index.ts'
import { checkEverything } from './check/everything.ts'
import { runRealTests } from './check/real-tests.ts'
import { runProgram } from './check/spawn.ts'
import { lastLine } from './check/tally.ts'

const root = dirname(import.meta.dirname)
const startedAt = performance.now()
const tally = { passed: 0, failed: 0 }
const setupTimeoutMs = 8 * 60_000

const before = inspectMachine()
const setsUp = before.root && before.debian
let kubectl = await findKubectl(defaultDataDir())
if (setsUp && (before.missing.length > 0 || !kubectl)) {
  console.log('---- ./proa setup')
  await runProgram(`${root}/proa`, ['setup'], { cwd: root, timeoutMs: setupTimeoutMs, live: true })
  kubectl = await findKubectl(defaultDataDir())
}
const machine = inspectMachine()
const lacksContainers = whyNoContainers(machine)

if (process.argv.length === 2) await checkEverything(root, tally)

// What a file may ask for in its first line: true, or why it is not here.
const have = {
  linux: machine.linux || 'not Linux',
  root: machine.root || 'not root',
  containerd: lacksContainers === undefined || lacksContainers,
  npm: findProgram('npm') !== undefined || 'no npm',
  kubectl: kubectl !== undefined || 'no kubectl 1.30 or newer; run ./proa setup',
}
if (setsUp) {
  // There the set-up can provide both, so that their absence is a fault and not a circumstance.
  for (const need of ['containerd', 'kubectl'] as const) {
    if (have[need] === true) continue
    console.log(`FAIL set-up: ${have[need]}`)
    tally.failed++
  }
}
const notRun = await runRealTests(root, have, { ...(kubectl ? { PROA_KUBECTL: kubectl.path } : {}) }, tally, startedAt)
if (notRun.length > 0) console.log(`\nDid not run here:\n${notRun.map((line) => `  ${line}`).join('\n')}`)
console.log(`\n${lastLine(tally)}`)
process.exitCode = tally.failed > 0 ? 1 : 0
