import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { claimPidFile, endProcess, isRunning, readPidFile, readRemembered, startTime, updatePidFile } from './pid-file.ts'

let dir = ''
let file = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'proa-pid-')); file = join(dir, 'a.pid') })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

test('a claimed file names this process, and a second claim is told so', () => {
  assert.equal(claimPidFile(file, 'v1'), undefined)
  assert.equal(readPidFile(file)?.pid, process.pid)
  assert.equal(claimPidFile(file, 'v1')?.pid, process.pid)
})

test('of several processes that claim at once, over a file of a process that is gone, one holds it', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: 'another boot/1', program: 'v1' }))
  const script = `import { claimPidFile } from ${JSON.stringify(join(import.meta.dirname, 'pid-file.ts'))}; process.stdout.write(claimPidFile(${JSON.stringify(file)}, 'v1') ? 'no' : 'yes'); process.stdin.resume()`
  const children = Array.from({ length: 3 }, () => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }))
  const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])))
  assert.deepEqual(said.sort(), ['no', 'no', 'yes'])
  for (const child of children) child.stdin.end()
  await Promise.all(children.map((child) => once(child, 'exit')))
  assert.deepEqual(readdirSync(dir), ['a.pid'])
})

test('what becomes known later is added', () => {
  claimPidFile(file, 'v1')
  updatePidFile(file, { program: 'v1', server: 'https://x' })
  assert.partialDeepStrictEqual(readPidFile(file), { pid: process.pid, server: 'https://x' })
})

test('a process of the same number that started at another time is not the one', () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: 'another boot/1', program: 'v1', server: 'https://x' }))
  assert.equal(readPidFile(file), undefined)
  assert.equal(readRemembered(file)?.server, 'https://x')
  assert.equal(claimPidFile(file, 'v1'), undefined)
})

test('a damaged file counts as none', () => {
  for (const text of ['', '{', '[]', 'null', '{"pid":1}', '{"pid":"2"}']) {
    writeFileSync(file, text)
    assert.equal(readRemembered(file), undefined, text)
  }
  assert.equal(claimPidFile(file, 'v1'), undefined)
  assert.match(readFileSync(file, 'utf8'), /"pid"/)
})

for (const [what, script, killed] of [['ends when asked', 'process.stdin.resume()', false], ['does not listen', 'process.on("SIGTERM", () => {}); process.stdin.resume()', true]] as const) {
  test(`a process that ${what} is ${killed ? 'killed' : 'ended'}`, async () => {
    const child = spawn(process.execPath, ['-e', `${script}; process.stdout.write("on")`], { stdio: ['pipe', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    const target = { pid: child.pid!, startedAt: startTime(child.pid!)! }
    assert.equal(isRunning(target), true)
    assert.deepEqual(await endProcess(target, killed ? 50 : 10_000), { killed })
    assert.equal(isRunning(target), false)
  })
}

test('ending a process that is gone is no error', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  const target = { pid: child.pid!, startedAt: startTime(child.pid!) ?? 'x' }
  await once(child, 'exit')
  assert.deepEqual(await endProcess(target, 10_000), { killed: false })
})
