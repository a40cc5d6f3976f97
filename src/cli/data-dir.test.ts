import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { checkLayout, clusterExists, clusterPaths, defaultDataDir, maxClusterName, maxSocketPath, mountsBelow, openClusterDir, removeClusterDir, type ClusterPaths } from './data-dir.ts'

let dir = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'proa-data-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })
/** Paths below the test's own folder; the run directory too. */
const paths = (name = 'test'): ClusterPaths => ({ ...clusterPaths(name, dir), runDir: join(dir, 'run') })

for (const [env, uid, expected] of [
  [{ PROA_HOME: '/srv/proa', HOME: '/users/a' }, 0, '/srv/proa'],
  [{ HOME: '/users/a' }, 0, '/var/lib/proa'],
  [{ HOME: '/users/a' }, 1000, '/users/a/.proa'],
  [{ PROA_HOME: '', HOME: '/users/a' }, 1000, '/users/a/.proa'],
] as const) {
  test(`the data directory of user ${uid} with ${JSON.stringify(env)} is ${expected}`, () => { assert.equal(defaultDataDir(env, uid), expected) })
}

for (const [what, dataDir, env, uid] of [
  ['root', '/var/lib/proa', {}, 0], ['a user', '/users/a/.proa', { XDG_RUNTIME_DIR: '/run/user/1000' }, 1000],
  ['a user without a runtime directory', '/users/a/.proa', {}, 4_294_967_294],
  ['a user with a long one', '/users/a/.proa', { XDG_RUNTIME_DIR: `/run/${'x'.repeat(80)}` }, 1000], ['anybody with a long data directory', `/srv/${'y'.repeat(200)}`, {}, 0],
] as const) {
  test(`sockets of ${what} have room for 67 bytes below the run directory`, () => {
    const { runDir } = clusterPaths('n'.repeat(maxClusterName), dataDir, env, uid)
    assert.ok(runDir.length <= 40, `${runDir} has ${runDir.length}`)
    assert.ok(`${runDir}/${'s'.repeat(66)}`.length <= maxSocketPath)
  })
}

test('clusters of one name in two data directories share no path', () => {
  const [a, b] = [clusterPaths('proa', '/a', {}, 0), clusterPaths('proa', '/b', {}, 0)]
  for (const key of ['clusterDir', 'runDir', 'pidFile'] as const) assert.notEqual(a[key], b[key])
})

test('a cluster\'s folder is made for its owner only, once', () => {
  openClusterDir(paths(), 'v1')
  const made = readFileSync(paths().layoutFile, 'utf8')
  assert.deepEqual(JSON.parse(made), { layout: 1, madeBy: 'v1' })
  assert.equal(statSync(paths().clusterDir).mode & 0o777, 0o700)
  openClusterDir(paths(), 'v2')
  assert.equal(readFileSync(paths().layoutFile, 'utf8'), made)
})

test('a folder that a newer Proa made is refused and left as it is', () => {
  openClusterDir(paths(), 'v1')
  writeFileSync(paths().layoutFile, '{"layout":2,"madeBy":"v7"}')
  for (const use of [openClusterDir, checkLayout, removeClusterDir]) assert.throws(() => { use(paths(), 'v1') }, /made by a newer Proa \(v7\)\. Use that version, or another --data-dir/)
  assert.equal(readFileSync(paths().layoutFile, 'utf8'), '{"layout":2,"madeBy":"v7"}')
})

test('a half-written marker is refused, not overwritten', () => {
  openClusterDir(paths(), 'v1')
  writeFileSync(paths().layoutFile, '{"layo')
  assert.throws(() => { openClusterDir(paths(), 'v1') }, /is damaged\. Restore it/)
})

test('a data directory that is a file is refused with advice', () => {
  writeFileSync(join(dir, 'file'), '')
  assert.throws(() => { openClusterDir({ ...clusterPaths('x', join(dir, 'file')), runDir: join(dir, 'run') }, 'v1') }, /is not a directory\. Use another --data-dir/)
})

test('a cluster that was deleted is gone', () => {
  openClusterDir(paths(), 'v1')
  assert.equal(clusterExists(paths()), true)
  removeClusterDir(paths())
  assert.equal(clusterExists(paths()), false)
})

test('what is mounted below a folder is seen, also with blanks in its name, and neighbours are not', () => {
  const mountinfo = ['/', '/srv/proa/x', '/srv/proa/x/a\\040b', '/srv/proa/xy'].map((point, i) => `${i} 1 0:1 / ${point} rw - tmpfs none rw`).join('\n')
  assert.deepEqual(mountsBelow('/srv/proa/x', mountinfo), ['/srv/proa/x', '/srv/proa/x/a b'])
})
