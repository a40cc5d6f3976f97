// Runs test files in this process and tells its parent how it went: node tools/check/unit.ts FILES...
// Prints failures only, so that the output of a good run is short.
import { relative } from 'node:path'
import { run } from 'node:test'

const files = process.argv.slice(2)
let passed = 0
let failed = 0
const stream = run({ files, isolation: 'none', concurrency: false })
stream.on('test:pass', ({ details }) => { if (details.type !== 'suite') passed++ })
stream.on('test:fail', ({ name, file, line, details }) => {
  const error = details.error as Error & { cause?: Error; failureType?: string }
  // A suite or file fails with its tests; only what failed itself is reported.
  if (error.failureType === 'subtestsFailed') return
  failed++
  const cause = error.cause ?? error
  const text = String(cause.stack ?? cause.message ?? cause).split('\n').filter((at) => !/^\s+at .*node:internal/.test(at)).join('\n    ')
  console.log(`\nFAIL ${name}\n  ${file ? `${relative(process.cwd(), file)}:${line}` : ''}\n    ${text}`)
})
stream.on('end', () => {
  // A server, socket or timer that a test left open would keep this process alive: name it instead of hanging.
  setTimeout(() => {
    console.log(`\nFAIL the tests ended, but something they opened is still open: ${process.getActiveResourcesInfo().join(', ')}`)
    process.send?.({ passed, failed: failed + 1 }, () => { process.exit(1) })
  }, 5000).unref()
  process.send?.({ passed, failed })
})
stream.resume()
