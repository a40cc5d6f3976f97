import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pauseElf } from './pause-elf.ts'

for (const [architecture, machine] of [['amd64', 62], ['arm64', 183]] as const) {
  test(`the pause executable for ${architecture} is a small ELF file that is loaded whole`, () => {
    const file = pauseElf(architecture)
    const view = new DataView(file.buffer)
    assert.deepEqual([...file.subarray(0, 4)], [0x7f, 0x45, 0x4c, 0x46])
    assert.equal(view.getUint16(18, true), machine)
    assert.equal(Number(view.getBigUint64(96, true)), file.length)
    assert.ok(file.length < 300)
  })
}

const here = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
for (const signal of here ? (['SIGTERM', 'SIGINT'] as const) : []) {
  test(`pause waits, and exits with 0 on ${signal}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proa-pause-'))
    try {
      const path = join(folder, 'pause')
      await writeFile(path, pauseElf(process.arch === 'x64' ? 'amd64' : 'arm64'), { mode: 0o755 })
      const pause = spawn(path, { stdio: 'ignore' })
      await once(pause, 'spawn')
      const ended = once(pause, 'exit')
      // Before it waits (system call 128 or 137) a signal would end it the ordinary way.
      while (!/^(128|137) /.test(await readFile(`/proc/${pause.pid}/syscall`, 'utf8'))) await new Promise(setImmediate)
      pause.kill(signal)
      assert.deepEqual(await ended, [0, null])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
