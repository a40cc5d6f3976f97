import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setUpHostPath } from './host-path.ts'

test('a path is what its type says, or the pod hears in the known words what is wrong', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hostpath-')), file = join(dir, 'file'), none = join(dir, 'none')
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(file, '')
  for (const [type, path] of [['', none], ['Directory', dir], ['DirectoryOrCreate', dir], ['File', file], ['FileOrCreate', file], ['CharDevice', '/dev/null']] as const) assert.equal(await setUpHostPath({ type, path }), path)
  for (const [type, path, complaint] of [
    ['Directory', file, 'is not a directory'], ['Directory', none, 'is not a directory'], ['DirectoryOrCreate', file, 'is not a directory'], ['File', dir, 'is not a file'], ['FileOrCreate', dir, 'is not a file'],
    ['Socket', file, 'is not a socket file'], ['CharDevice', file, 'is not a character device'], ['BlockDevice', '/dev/null', 'is not a block device'],
  ] as const) await assert.rejects(setUpHostPath({ type, path }), { message: `hostPath type check failed: ${path} ${complaint}` })
})

test('what may be created is', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hostpath-'))
  t.after(() => rmSync(dir, { recursive: true }))
  await setUpHostPath({ type: 'DirectoryOrCreate', path: join(dir, 'a/b') })
  await setUpHostPath({ type: 'FileOrCreate', path: join(dir, 'a/b/c') })
  assert.ok(statSync(join(dir, 'a/b')).isDirectory() && statSync(join(dir, 'a/b/c')).isFile())
})
