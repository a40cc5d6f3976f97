import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../contract-kit.ts'
import type { Profiler } from './profiling.ts'

const told: (string | number | undefined)[][] = []
const counted = ['goroutine', 'heap'].map((name) => ({ name, about: `about ${name}`, count: () => 3 }))
let cancelled = 0, under = false
const taken = { bytes: Promise.resolve(new Uint8Array([1, 2])), cancel: () => { cancelled++ } }
const profiler: Profiler = {
  counted,
  cpu: async (seconds) => { if (under) throw new Error('cpu profiling already in use'); told.push(['cpu', seconds]); return taken },
  take: async (name, seconds) => { told.push([name, seconds]); return taken },
  text: (name) => `text of ${name}\n`,
}
const setVerbosity = (level: number) => { told.push(['v', level]) }

for (const [line, status, what, body] of [
  ['GET /debug/pprof/profile?seconds=1', 200, ['cpu', 1]], ['GET /debug/pprof/profile', 200, ['cpu', 30]], ['GET /debug/pprof/profile?seconds=-1', 200, ['cpu', 30]], ['GET /debug/pprof/profile?seconds=99999', 200, ['cpu', 600]],
  ['GET /debug/pprof/heap', 200, ['heap', undefined]], ['GET /debug/pprof/heap?seconds=2', 200, ['heap', 2]],
  ['GET /debug/pprof/goroutine?debug=2', 200, 'text of goroutine\n'], ['GET /debug/pprof/symbol', 200, 'num_symbols: 1\n'],
  ['GET /debug/pprof/cmdline', 404, 'Unknown profile\n'], ['GET /debug/pprof/heap?seconds=x', 400, 'invalid value for "seconds" - must be a positive integer\n'], ['GET /debug/pprof/heap?seconds=1&debug=1', 400, 'seconds and debug params are incompatible\n'],
  ['GET /debug/pprof/trace', 500, /^Could not enable tracing: /], ['GET /debug/pprof/', 200, /<td>3<\/td><td><a href='heap\?debug=1'>heap<\/a>/], ['GET /debug/flags', 200, /\/debug\/flags\/v/],
  ['PUT /debug/flags/v', 200, 'successfully set klog.logging.verbosity to 5\n', '5'], ['PUT /debug/flags/v', 400, 'failed set klog.logging.verbosity high: strconv.ParseInt: parsing "high": invalid syntax\n', 'high'],
  ['PUT /debug/flags/v', 400, 'failed set klog.logging.verbosity 99999999999: strconv.ParseInt: parsing "99999999999": value out of range\n', '99999999999'], ['GET /debug/flags/v', 406, 'unsupported http method\n'],
] as const) test(`${line}${body === undefined ? '' : ` ${body}`} is answered ${status}`, async () => {
  const { ask } = await start({ debugging: { profiler, setVerbosity } })
  told.length = 0
  const answer = await ask(line, body)
  assert.equal(answer.status, status)
  if (typeof what === 'string') assert.equal(answer.text, what)
  else if (what instanceof RegExp) assert.match(answer.text, what)
  else assert.deepEqual(told, [what])
  if (body === '5') assert.deepEqual(told, [['v', 5]])
})

test('a profile is a file that comes when it is done; one that cannot begin says why; whoever leaves ends it', async () => {
  const { send } = await start({ debugging: { profiler, setVerbosity } })
  const { headers, body } = await send('GET /debug/pprof/profile?seconds=1')
  assert.deepEqual([headers['content-type'], headers['content-disposition']], ['application/octet-stream', 'attachment; filename="profile"'])
  const chunks: Uint8Array[] = []
  assert.ok(body.type === 'stream')
  const stop = await new Promise<() => void>((resolve) => { const hangUp: () => void = body.open({ write: (chunk) => { chunks.push(chunk); return true }, end: () => { queueMicrotask(() => { resolve(hangUp) }) }, drained() {} }) })
  assert.deepEqual(chunks, [new Uint8Array([1, 2])])
  stop()
  assert.equal(cancelled, 1)
  under = true
  const { ask } = await start({ debugging: { profiler, setVerbosity } })
  const refused = await ask('GET /debug/pprof/profile')
  assert.deepEqual([refused.status, refused.text, refused.headers['x-go-pprof']], [500, 'Could not enable CPU profiling: cpu profiling already in use\n', '1'])
})

test('without --profiling there is nothing at /debug', async () => {
  const { ask } = await start()
  for (const path of ['/debug/pprof', '/debug/pprof/', '/debug/pprof/heap', '/debug/flags/v']) assert.equal((await ask(`GET ${path}`)).status, 404, path)
})
