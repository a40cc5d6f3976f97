import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionEnd } from '../runtime/runtime.ts'
import { sessionEnd, sessionStatus } from './session-status.ts'

const ends: readonly [string, SessionEnd][] = [
  ['success', { exitCode: 0 }],
  ['an exit code', { exitCode: 3, message: 'command terminated with non-zero exit code: exit status 3' }],
  ['a failure', { failure: 'error executing command in container: no such file' }],
]
for (const [what, end] of ends) {
  test(`${what} survives the way over the error channel`, () => { assert.deepEqual(sessionEnd(JSON.stringify(sessionStatus(end))), end) })
}

test('an error stream that stays empty is a lost connection, and plain words are a failure', () => {
  assert.match((sessionEnd('') as { failure: string }).failure, /ended before/)
  assert.deepEqual(sessionEnd('container not running'), { failure: 'container not running' })
})
