import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { HandClock, put, write } from '../contract-kit.ts'
import { NoSpaceError, StoreClosedError, StoreOpenError } from '../errors.ts'
import { openStore } from '../store.ts'
import { openSqliteEngine } from './sqlite.ts'

const newFolder = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-store-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  return folder
}
const open = (file: string) => openStore({ engine: openSqliteEngine(file), clock: new HandClock() })
const refuses = (file: string, message: RegExp) => {
  assert.throws(() => openSqliteEngine(file), (error) => { assert.ok(error instanceof StoreOpenError); assert.match(error.message, message); return true })
}
const large = (i: number) => put(`k${i}`, 'x'.repeat(2500))

test('only the owner may read the files, also of a store whose file was open to all', async (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, 'store.db'), '', { mode: 0o644 })
  const store = await open(join(folder, 'store.db'))
  await write(store, put('a'))
  const files = readdirSync(folder).sort()
  assert.deepEqual(files, ['store.db', 'store.db-wal', 'store.db.pid'])
  for (const name of files) assert.equal((statSync(join(folder, name)).mode & 0o777).toString(8), '600', name)
  await store.close()
  assert.deepEqual(readdirSync(folder), ['store.db'])
})

test('a missing folder is made, for the owner alone', async (t) => {
  const folder = join(newFolder(t), 'deep', 'data')
  await (await open(join(folder, 'store.db'))).close()
  assert.equal((statSync(folder).mode & 0o777).toString(8), '700')
})

test('what is not a store of ours is refused with advice, and left as it is', async (t) => {
  const folder = newFolder(t)
  const ours = join(folder, 'ours.db')
  const store = await open(ours)
  for (let i = 0; i < 300; i++) await write(store, large(i))
  await store.close()
  const original = readFileSync(ours)
  const from = (name: string, content: Buffer | string) => { writeFileSync(join(folder, name), content); return join(folder, name) }

  const foreign = join(folder, 'foreign.db')
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE t (x)')
  database.close()
  const newer = from('newer.db', original)
  const changed = new DatabaseSync(newer)
  changed.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 99')
  changed.close()

  const rows: [file: string, message: RegExp][] = [
    [from('text.db', 'apiVersion: v1\n'.repeat(50)), /is not a store of this program; it was left as it is\. Choose another data directory/],
    [from('short.db', 'x'), /is not a store of this program/], [foreign, /is not a store of this program/],
    [newer, /has layout 99, this program knows up to 1; it was left as it is\. Use the newer program/],
  ]
  for (const [file, message] of rows) {
    const before = readFileSync(file)
    refuses(file, message)
    assert.ok(before.equals(readFileSync(file)), `${file} was changed`)
    for (const suffix of ['-wal', '-shm', '-journal', '.pid']) assert.ok(!existsSync(file + suffix))
  }

  const damaged = from('damaged.db', Buffer.concat([original.subarray(0, 16_384), Buffer.alloc(65_536, 0xaa), original.subarray(81_920)]))
  await assert.rejects(async () => open(damaged), (error) => error instanceof StoreOpenError && /is damaged .*Restore it from a backup/.test(error.message))
  await assert.rejects(async () => open(damaged), /is damaged /, 'not: it is open in this process already')
  const cut = from('cut.db', original.subarray(0, 40_000))
  await assert.rejects(async () => open(cut), (error) => error instanceof StoreOpenError && /is damaged .*Restore it from a backup/.test(error.message))
  mkdirSync(join(folder, 'folder.db'))
  refuses(join(folder, 'folder.db'), /cannot open the store .*folder\.db: EISDIR.*; check the data directory/)
  refuses(join(ours, 'store.db'), /cannot open the store .*(ENOTDIR|EEXIST).*; check the data directory/)
})

test('a store that belongs to somebody else is refused with advice', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'store.db')
  await (await open(file)).close()
  const root = process.getuid?.() === 0
  if (root) process.seteuid?.('nobody')
  else chmodSync(folder, 0)
  try {
    refuses(file, /cannot open the store .*: EACCES.*; run as the owner of the data directory or choose another one/)
    refuses(join(folder, 'new.db'), /EACCES.*; run as the owner of the data directory or choose another one/)
  } finally {
    if (root) process.seteuid?.(0)
    else chmodSync(folder, 0o700)
  }
})

/** Writes until the disk is full, and again when there is room. */
async function fillUp(file: string, makeRoom: () => void, options?: { quotaBytes: number }): Promise<void> {
  const opening = () => openStore({ engine: openSqliteEngine(file, options), clock: new HandClock() })
  let store = await opening()
  let written = 0
  const fill = async () => {
    for (;;) {
      try { await Promise.all([write(store, large(written)), write(store, large(written + 1))]) } catch (error) {
        assert.ok(error instanceof NoSpaceError, String(error))
        return
      }
      written += 2
    }
  }
  await fill()
  assert.ok(written > 100)
  const revision = store.revision
  for (let i = 0; i < 20; i++) await assert.rejects(write(store, large(9999)), NoSpaceError)
  assert.deepEqual([store.revision, store.range('', '\0').count, store.get('k9999')], [revision, written, undefined])
  await store.close()
  store = await opening()
  assert.deepEqual([store.revision, store.range('', '\0').count], [revision, written])
  makeRoom()
  await store.close()
  store = await openStore({ engine: openSqliteEngine(file), clock: new HandClock() })
  assert.equal(await write(store, put('after')), revision + 1)
  await store.close()
}

test('a store that has reached its quota is read-only, loses nothing, and opens again', async (t) => {
  await fillUp(join(newFolder(t), 'store.db'), () => {}, { quotaBytes: 2 << 20 })
})

test('compaction makes room in a store that has reached its quota', async (t) => {
  const file = join(newFolder(t), 'store.db')
  const store = await openStore({ engine: openSqliteEngine(file, { quotaBytes: 2 << 20 }), clock: new HandClock() })
  const fill = async () => { for (let i = 0; ; i++) await write(store, large(i % 10)) }
  await assert.rejects(fill(), NoSpaceError)
  await store.compact(store.revision)
  for (let i = 0; i < 100; i++) await write(store, large(i % 10))
  await store.close()
})

// Where a process can see its descriptors, one is taken from under the engine: what a sync then says stands for any that fails.
const descriptors = '/proc/self/fd'
const openTo = (ending: string) => readdirSync(descriptors).map(Number).filter((fd) => { try { return readlinkSync(`${descriptors}/${fd}`).endsWith(ending) } catch { return false } })
if (existsSync(descriptors)) {
  test('a commit whose sync fails is not acknowledged, and the store ends; what was before is kept', async (t) => {
    const file = join(newFolder(t), 'store.db'), ended: Error[] = []
    const store = await openStore({ engine: openSqliteEngine(file), clock: new HandClock(), onFatal: (error) => { ended.push(error) } })
    await write(store, put('a'))
    const ours = Math.max(...openTo(`${file}-wal`))
    closeSync(ours)
    await assert.rejects(write(store, put('b')), (error) => error instanceof StoreClosedError && /cannot sync the store .*store\.db/.test(error.message))
    await assert.rejects(write(store, put('c')), StoreClosedError)
    assert.equal(ended.length, 1)
    await store.close()
    const again = await openStore({ engine: openSqliteEngine(file), clock: new HandClock() })
    assert.ok(again.get('a'))
    await again.close()
    assert.deepEqual(openTo(`${file}-wal`), [])
  })
}

// A disk of our own takes root; elsewhere the quota above stands for it.
const disk = mkdtempSync(join(tmpdir(), 'proa-disk-'))
const mounted = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]).status === 0
if (mounted) {
  test('a full disk makes the store read-only, loses nothing, and the store opens again', async (t) => {
    t.after(() => { spawnSync('umount', ['--lazy', disk]); rmSync(disk, { recursive: true }) })
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(8 << 20))
    await fillUp(join(disk, 'store.db'), () => { rmSync(join(disk, 'ballast')) })
  })
} else rmSync(disk, { recursive: true })

test('the door of the room does not load SQLite', () => {
  const program = "await import('#store'); console.log(process.moduleLoadList.some((name) => name.includes('sqlite')))"
  const { stdout } = spawnSync(process.execPath, ['--conditions=proa-source', '--input-type=module', '-e', program], { encoding: 'utf8', cwd: import.meta.dirname })
  assert.equal(stdout.trim(), 'false')
})
