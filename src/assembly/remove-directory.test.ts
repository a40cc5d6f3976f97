import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeDirectory } from './remove-directory.ts'

test('a directory below /tmp goes with what is in it; what leads elsewhere stays', async (t) => {
  const home = await mkdtemp('/tmp/proa-remove-'), outside = await mkdtemp('/var/tmp/proa-remove-')
  t.after(() => Promise.all([home, outside].map((path) => rm(path, { recursive: true, force: true }))))
  await mkdir(join(home, 'volume/deep'), { recursive: true })
  await writeFile(join(home, 'volume/deep/file'), 'x')
  await mkdir(join(outside, 'kept'))
  await symlink(outside, join(home, 'link'))
  for (const path of [join(home, 'volume'), join(home, 'volume'), join(home, 'never/was'), join(home, 'link/kept'), outside, `${home}/../..${outside}`, '/tmp', '/tmp/', 'tmp']) await removeDirectory(path)
  assert.deepEqual([existsSync(join(home, 'volume')), existsSync(home), existsSync(join(outside, 'kept'))], [false, true, true])
  await removeDirectory(join(home, 'link'))
  assert.deepEqual([existsSync(join(home, 'link')), existsSync(join(outside, 'kept'))], [false, true])
})
