import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readLogFile } from './log-file.ts'
import type { LogRequest } from './runtime.ts'

const line = (second: number, text: string, stream = 'stdout', tag = 'F') => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000001Z ${stream} ${tag} ${text}\n`
const log = line(1, 'one') + line(2, 'two', 'stderr') + line(3, 'three ', 'stdout', 'P') + line(3, 'three') + line(4, '') + 'damaged\n' + line(5, 'five')
const never = new Promise<void>(() => {})

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'proa-log-'))
  try { await run(join(folder, '0.log')) } finally { await rm(folder, { recursive: true }) }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const out: Uint8Array[] = []
  for await (const piece of pieces) out.push(piece)
  return Buffer.concat(out).toString()
}

const cases: readonly [string, LogRequest, string][] = [
  ['everything', {}, 'one\ntwo\nthree three\n\nfive\n'],
  ['one stream', { stream: 'Stderr' }, 'two\n'],
  ['times once per line', { timestamps: true, stream: 'Stdout', since: Date.parse('2026-01-01T00:00:03Z'), limitBytes: 60 },
    '2026-01-01T00:00:03.000000001Z three three\n2026-01-01T00:00:04.000000001Z \n'.slice(0, 60)],
  ['what came since a moment', { since: Date.parse('2026-01-01T00:00:04Z') }, '\nfive\n'],
  ['the last lines', { tailLines: 1 }, 'five\n'],
  ['no lines', { tailLines: 0 }, ''],
  ['more lines than there are', { tailLines: 100 }, 'one\ntwo\nthree three\n\nfive\n'],
  ['so many bytes', { limitBytes: 5 }, 'one\nt'],
]
for (const [what, request, expected] of cases) {
  test(`a log gives ${what}`, () => inFolder(async (path) => {
    await writeFile(path, log)
    assert.equal(await all(readLogFile(path, request, never)), expected)
  }))
}

test('the tail of a log is found over many blocks', () => inFolder(async (path) => {
  const lines = Array.from({ length: 5000 }, (_, i) => `line ${i}`)
  await writeFile(path, lines.map((text) => line(1, text)).join(''))
  assert.equal(await all(readLogFile(path, { tailLines: 3000 }, never)), lines.slice(-3000).map((text) => `${text}\n`).join(''))
}))

test('a follower sees what is appended, crosses a rotation, and ends with the container', () => inFolder(async (path) => {
  await writeFile(path, line(1, 'first'))
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const follower = readLogFile(path, { follow: true }, ended)
  const next = async () => Buffer.from((await follower.next()).value as Uint8Array).toString()
  assert.equal(await next(), 'first\n')
  let piece = next()
  await appendFile(path, line(2, 'second').slice(0, 40))
  await appendFile(path, line(2, 'second').slice(40))
  assert.equal(await piece, 'second\n')
  piece = next()
  await rename(path, `${path}.1`)
  await appendFile(`${path}.1`, line(3, 'late'))
  await writeFile(path, line(4, 'fresh'))
  assert.equal(await piece, 'late\n')
  assert.equal(await next(), 'fresh\n')
  const last = follower.next()
  await appendFile(path, line(5, 'bye'))
  end()
  assert.equal(Buffer.from((await last).value as Uint8Array).toString(), 'bye\n')
  assert.deepEqual(await follower.next(), { value: undefined, done: true })
}))

test('a follower is let go by its signal', () => inFolder(async (path) => {
  await writeFile(path, '')
  const controller = new AbortController()
  const follower = readLogFile(path, { follow: true, signal: controller.signal }, never)
  const nothing = follower.next()
  controller.abort()
  assert.deepEqual(await nothing, { value: undefined, done: true })
}))

test('a log that is not there is NotFound', () => inFolder((path) => assert.rejects(readLogFile(path, {}, never).next(), { reason: 'NotFound' })))
