import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { holdSubPath } from './sub-path.ts'

function volume(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'subpath-')), dir = join(root, 'volume')
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(dir, 'here'), { recursive: true, mode: 0o755 })
  mkdirSync(join(root, 'secret'))
  writeFileSync(join(dir, 'here', 'file'), 'text')
  symlinkSync('here', join(dir, 'inside'))
  symlinkSync('../secret', join(dir, 'outside'))
  symlinkSync('nowhere', join(dir, 'dangling'))
  symlinkSync(join(root, 'secret', 'new'), join(dir, 'dangling-outside'))
  return dir
}

test('a file, a folder and a link that stays inside are found where they really are', async (t) => {
  const dir = volume(t)
  for (const [subPath, path, kind] of [['here', 'here', 'folder'], ['here/file', 'here/file', 'file'], ['inside/file', 'here/file', 'file'], ['./here//file', 'here/file', 'file']] as const) {
    const held = await holdSubPath(dir, subPath)
    assert.deepEqual([held.path, held.kind], [join(dir, path), kind], subPath)
    await held.release()
  }
})

test('what is held can be reached by its handle even after its name leads elsewhere', async (t) => {
  const dir = volume(t), held = await holdSubPath(dir, 'here')
  rmSync(join(dir, 'inside'))
  renameSync(join(dir, 'here'), join(dir, 'moved'))
  symlinkSync('../secret', join(dir, 'here'))
  assert.equal(readFileSync(`${held.handle}/file`, 'utf8'), 'text')
  await held.release()
})

test('missing folders are made with the mode of the volume', async (t) => {
  const dir = volume(t), held = await holdSubPath(dir, 'inside/new/deep')
  await held.release()
  assert.equal(held.path, join(dir, 'here/new/deep'))
  assert.equal(statSync(held.path).mode & 0o7777, statSync(dir).mode & 0o7777)
})

for (const subPath of ['..', 'here/../..', '/etc', 'outside', 'outside/new', 'dangling', 'dangling/x', 'dangling-outside']) {
  test(`${subPath} is refused`, async (t) => {
    const dir = volume(t)
    await assert.rejects(holdSubPath(dir, subPath))
    assert.throws(() => statSync(join(dir, '../secret/new')))
  })
}
