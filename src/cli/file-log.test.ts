import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { formatLine, openFileLog } from './file-log.ts'

let dir = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'proa-log-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

for (const [fields, expected] of [
  [undefined, ''], [{ n: 1, ok: true }, ' n=1 ok=true'], [{ name: 'a b' }, ' name="a b"'], [{ empty: '' }, ' empty=""'], [{ list: [1] }, ' list=[1]'], [{ none: undefined }, ' none=undefined'],
] as const) {
  test(`fields ${JSON.stringify(fields)} are written as${expected || ' nothing'}`, () => { assert.equal(formatLine(0, 'info', 'scheduler', 'bound', fields), `1970-01-01T00:00:00.000Z INFO  scheduler: bound${expected}\n`) })
}

test('an entry is one line whatever its text holds', () => {
  assert.equal(formatLine(0, 'warn', '', 'a\nb', { error: new Error('c\nd') }).split('\n').length, 2)
})

test('lines below the level are left out, warnings are told to the terminal too, components nest', () => {
  const warned: string[] = []
  const { log, close } = openFileLog(join(dir, 'logs', 'a.log'), 'info', () => 0, (line) => warned.push(line))
  log.debug('no')
  log.named('node').named('probes').info('yes')
  log.named('store').warn('slow', { ms: 5 })
  close()
  assert.equal(readFileSync(join(dir, 'logs', 'a.log'), 'utf8'), '1970-01-01T00:00:00.000Z INFO  node/probes: yes\n1970-01-01T00:00:00.000Z WARN  store: slow ms=5\n')
  assert.deepEqual(warned, ['store: slow ms=5'])
})
