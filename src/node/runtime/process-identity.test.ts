import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { endProcess, identify, readPidFile, writePidFile } from './process-identity.ts'

const linux = process.platform === 'linux'

if (linux) test('a pid file names a process only as long as that very process runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proa-pid-'))
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  try {
    await once(child, 'spawn')
    const path = join(folder, 'pid')
    const process = (await identify(child.pid!))!
    await writePidFile(path, process)
    assert.deepEqual(await readPidFile(path, '1000'), process)
    assert.equal(await readPidFile(path, 'containerd'), undefined)
    await writePidFile(path, { ...process, startTime: '1' })
    assert.equal(await readPidFile(path, '1000'), undefined)
    await writePidFile(path, process)
    assert.equal(await endProcess(process, 1000), true)
    assert.equal(await readPidFile(path, '1000'), undefined)
  } finally {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
})

for (const [what, content] of [['empty', ''], ['half-written', '{"pid": 12'], ['dangerous', '{"pid": 1, "startTime": "0", "bootId": ""}']] as const) {
  test(`a pid file that is ${what} names nobody`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proa-pid-'))
    try {
      await writeFile(join(folder, 'pid'), content)
      assert.equal(await readPidFile(join(folder, 'pid'), ''), undefined)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
