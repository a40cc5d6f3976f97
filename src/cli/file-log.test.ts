import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { openFileLog } from './file-log.ts'
import { jsonLine, klogLine, type Entry } from './log-line.ts'
import { enabledStreams, LogStreams, setStreams, streamOf } from './log-streams.ts'

let dir = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'proa-log-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

const entry: Entry = { at: Date.UTC(2019, 4, 23, 3, 27, 22, 258), level: 'info', component: 'scheduler', message: 'bound', source: 'cycle.ts:7', pid: 12 }
const klog = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [^ :]+:\d+\] .*\n$/

for (const [fields, expected] of [
  [undefined, ''], [{ n: 1, ok: true }, ' n=1 ok=true'], [{ name: 'a b' }, ' name="a b"'], [{ empty: '' }, ' empty=""'], [{ list: [1] }, ' list=[1]'], [{ none: undefined }, ' none=null'],
] as const) {
  test(`fields ${JSON.stringify(fields)} are written as${expected || ' nothing'}`, () => { assert.equal(klogLine({ ...entry, fields }), `I0523 03:27:22.258000      12 cycle.ts:7] "bound" logger="scheduler"${expected}\n`) })
}

test('an entry is one line of klog whatever its text holds, and one object in JSON', () => {
  const odd: Entry = { ...entry, level: 'error', component: '', message: 'a\nb', fields: { error: new Error('c\nd'), x: 1 } }
  assert.match(klogLine(odd), klog)
  assert.equal(klogLine(odd)[0], 'E')
  const { err, ...rest } = JSON.parse(jsonLine(odd)) as Record<string, unknown>
  assert.match(String(err), /^Error: c\nd/)
  assert.deepEqual(rest, { ts: odd.at, caller: 'cycle.ts:7', msg: 'a\nb', x: 1 })
})

test('lines below the level are left out, warnings are told to the terminal too, components nest, and every line says where it comes from', () => {
  const warned: string[] = [], also: string[] = []
  const { log, close } = openFileLog(join(dir, 'logs', 'a.log'), { level: 'info', now: () => 0, alsoWarn: (line) => warned.push(line), also: (component) => also.push(component) })
  log.debug('no')
  log.named('node').named('probes').info('yes')
  log.named('store').warn('slow', { ms: 5 })
  close()
  const lines = readFileSync(join(dir, 'logs', 'a.log'), 'utf8').split('\n')
  assert.match(lines[0]!, /^I0101 00:00:00\.000000 +\d+ file-log\.test\.ts:\d+\] "yes" logger="node\/probes"$/)
  assert.match(lines[1]!, /^W0101 .*\] "slow" logger="store" ms=5$/)
  assert.deepEqual([warned, also], [['store: slow ms=5'], ['node/probes', 'store']])
})

test('components belong to five streams', () => {
  for (const [component, stream] of [['', 'api'], ['apiserver/admission', 'api'], ['store', 'api'], ['authenticator', 'authenticator'], ['scheduler', 'scheduler'], ['default-scheduler', 'scheduler'], ['controllers/job', 'controllerManager'],
    ['deployment-controller', 'controllerManager'], ['node-1', undefined]] as const) assert.equal(streamOf(component), stream, component)
})

test('a stream that is on has a file of its own; the audit stream is told when it is switched', () => {
  const place = { clusterDir: dir, logsDir: join(dir, 'logs') }
  mkdirSync(place.logsDir)
  assert.deepEqual(enabledStreams(place), [])
  setStreams(place, ['scheduler', 'audit'])
  const streams = new LogStreams(place), told: boolean[] = []
  streams.followAudit((write) => { told.push(write !== undefined); write?.('{"kind":"Event"}\n') })
  streams.write('scheduler', 'bound\n')
  streams.write('apiserver', 'served\n')
  streams.close()
  assert.equal(readFileSync(join(place.logsDir, 'scheduler.log'), 'utf8'), 'bound\n')
  assert.equal(readFileSync(join(place.logsDir, 'audit.log'), 'utf8'), '{"kind":"Event"}\n')
  assert.throws(() => readFileSync(join(place.logsDir, 'api.log')), /ENOENT/)
  assert.deepEqual(told, [true])
})
