import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { RotatingFile } from './rotating-file.ts'

test('full files are put aside under the time, the oldest removed, the others packed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-rotating-'))
  let now = Date.UTC(2026, 0, 31, 12)
  try {
    const file = new RotatingFile(join(folder, 'audit.log'), { maxMegabytes: 1, maxDays: 0, maxFiles: 2, compress: true }, () => now)
    const line = `${'x'.repeat(700 * 1024 - 1)}\n`
    for (let i = 0; i < 4; i++) { assert.equal(file.write(`${i}${line}`), true); now += 1000 }
    await file.close()
    assert.deepEqual(readdirSync(folder).sort(), ['audit-2026-01-31T12-00-02.000.log.gz', 'audit-2026-01-31T12-00-03.000.log.gz', 'audit.log'])
    assert.equal(readFileSync(join(folder, 'audit.log'), 'utf8')[0], '3')
    assert.equal(gunzipSync(readFileSync(join(folder, 'audit-2026-01-31T12-00-03.000.log.gz'))).toString()[0], '2')
    const again = new RotatingFile(join(folder, 'audit.log'), { maxMegabytes: 1, maxDays: 0, maxFiles: 2, compress: false }, () => now)
    again.write('more\n')
    await again.close()
    assert.ok(readFileSync(join(folder, 'audit.log'), 'utf8').endsWith('\nmore\n'))
  } finally { rmSync(folder, { recursive: true }) }
})

test('a file that cannot be opened is told at once, one that cannot be written when it is written', async () => {
  assert.throws(() => new RotatingFile('/dev/null/audit.log', { maxMegabytes: 1, maxDays: 0, maxFiles: 0, compress: false }, Date.now), /ENOTDIR|EEXIST/)
  const full = new RotatingFile('/dev/full', { maxMegabytes: 1, maxDays: 0, maxFiles: 0, compress: false }, Date.now)
  assert.equal(full.write('x\n'), false)
  await full.close()
})
