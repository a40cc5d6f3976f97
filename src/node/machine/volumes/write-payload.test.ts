import assert from 'node:assert/strict'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seeded } from '#machinery'
import { FakeClock } from '#testing'
import type { Payload } from './payload.ts'
import { writePayload } from './write-payload.ts'

const files = (texts: Record<string, string>, mode = 0o644): Payload => new Map(Object.entries(texts).map(([path, text]) => [path, { content: Buffer.from(text), mode }]))

function volume(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'payload-')), dir = join(root, 'volume'), clock = new FakeClock(), random = seeded(1)
  t.after(() => rmSync(root, { recursive: true }))
  return {
    dir, write: (payload: Payload, group?: number) => writePayload(dir, payload, { clock, random, group }),
    read: (path: string) => readFileSync(join(dir, path), 'utf8'),
    names: () => readdirSync(dir).filter((name) => !name.startsWith('..')).sort(),
    hidden: () => readdirSync(dir).filter((name) => name.startsWith('..')).length,
    data: () => readlinkSync(join(dir, '..data')),
  }
}

test('files are links through ..data, nested ones below a link to their first folder', async (t) => {
  const v = volume(t)
  await v.write(files({ a: '1', 'b/c': '2' }))
  assert.deepEqual(v.names(), ['a', 'b'])
  assert.equal(readlinkSync(join(v.dir, 'a')), '..data/a')
  assert.equal(v.read('b/c'), '2')
  assert.equal(v.hidden(), 2)
})

test('the same payload again writes nothing', async (t) => {
  const v = volume(t)
  assert.equal(await v.write(files({ a: '1' })), true)
  const before = v.data()
  assert.equal(await v.write(files({ a: '1' })), false)
  assert.equal(v.data(), before)
})

test('a new payload comes by one rename: visible links stay, what is gone goes, the old folder too', async (t) => {
  const v = volume(t)
  await v.write(files({ a: '1', b: 'x' }))
  const before = v.data(), { ino } = lstatSync(join(v.dir, 'a'))
  assert.equal(await v.write(files({ a: '2', c: 'y' })), true)
  assert.notEqual(v.data(), before)
  assert.equal(lstatSync(join(v.dir, 'a')).ino, ino)
  assert.deepEqual([v.names(), v.read('a'), v.read('c'), v.hidden()], [['a', 'c'], '2', 'y', 2])
})

test('what somebody changed in the files is put right', async (t) => {
  const v = volume(t)
  await v.write(files({ a: '1' }))
  writeFileSync(join(v.dir, 'a'), 'other')
  assert.equal(await v.write(files({ a: '1' })), true)
  assert.equal(v.read('a'), '1')
})

test('modes are as asked for, and the group of the pod may read', async (t) => {
  const v = volume(t), gid = process.getgid!()
  await v.write(files({ a: '1' }, 0o400))
  assert.equal(statSync(join(v.dir, 'a')).mode & 0o777, 0o400)
  await v.write(files({ 'd/a': '2' }, 0o600), gid)
  const { mode, gid: owner } = statSync(join(v.dir, 'd/a'))
  assert.deepEqual([mode & 0o777, owner, statSync(join(v.dir, 'd')).mode & 0o2070], [0o640, gid, 0o2050])
})

for (const path of ['../x', 'a/../../x', '/etc/x', '..x', '', 'a/..']) {
  test(`the path ${JSON.stringify(path)} is refused and nothing is written`, async (t) => {
    const v = volume(t)
    await assert.rejects(v.write(files({ [path]: '1' })), /invalid path/)
    assert.throws(() => statSync(v.dir))
  })
}
