// Runs test files in this process and tells its parent how it went: node tools/check/unit.ts FILES...
// Prints failures only, so that the output of a good run is short.
import { relative } from 'node:path'
import { run } from 'node:test'

const files = process.argv.slice(2)
/** The first failures are told at length; when many things are broken, the list of names is what helps. */
const inFull = 10
const linesEach = 40

let passed = 0
let failed = 0
const stream = run({ files, isolation: 'none', concurrency: false })
/** Told along the way as well, so that what was seen counts even if this process is ended. */
const tell = (ended: boolean, then?: () => void) => process.send?.({ passed, failed, ended }, undefined, undefined, then)
stream.on('test:pass', ({ details }) => {
  if (details.type === 'suite') return
  passed++
  tell(false)
})
stream.on('test:fail', ({ name, file, line, details }) => {
  const error = details.error as Error & { cause?: Error; failureType?: string }
  // A suite or file fails with its tests; only what failed itself is reported.
  if (error.failureType === 'subtestsFailed') return
  failed++
  tell(false)
  const cause = error.cause ?? error
  const where = file ? `${relative(process.cwd(), file)}:${line}` : ''
  if (failed > inFull) {
    console.log(`FAIL ${name} (${where})`)
    return
  }
  const lines = String(cause.stack ?? cause.message ?? cause).split('\n').filter((at) => !/^\s+at .*node:(?:internal|async_hooks)/.test(at))
  const text = lines.length <= linesEach ? lines : [...lines.slice(0, linesEach), `... ${lines.length - linesEach} more lines`]
  console.log(`\nFAIL ${name}\n  ${where}\n    ${text.join('\n    ')}`)
})
stream.on('end', () => {
  // A server, socket or timer that a test left open would keep this process alive: name it instead of hanging.
  setTimeout(() => {
    console.log(`\nFAIL the tests ended, but something they opened is still open: ${process.getActiveResourcesInfo().join(', ')}`)
    failed++
    tell(true, () => { process.exit(1) })
  }, 5000).unref()
  tell(true)
})
stream.resume()
