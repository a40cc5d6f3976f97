import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HandClock, text } from '../contract-kit.ts'
import { StoreOpenError } from '../errors.ts'
import type { Store } from '../data-model.ts'
import { openStore } from '../store.ts'
import { openSqliteEngine } from './sqlite.ts'

const newFolder = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-store-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  return folder
}
const open = (file: string) => openStore({ engine: openSqliteEngine(file), clock: new HandClock() })

/** Starts the writer; `lines` are what it has said. */
function startWriter(file: string, firstNumber: number): { child: ChildProcess; lines: AsyncIterable<string> } {
  const program = fileURLToPath(new URL('./writer.child.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv.filter((arg) => arg.startsWith('--conditions')), program, file, String(firstNumber)], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, lines: createInterface({ input: child.stdout }) }
}

/** Lets the writer have `count` writes acknowledged, kills it, and gives the last acknowledged number of each stream. */
async function writeAndKill(file: string, firstNumber: number, count: number): Promise<Map<string, number>> {
  const { child, lines } = startWriter(file, firstNumber)
  const gone = once(child, 'exit')
  const acknowledged = new Map<string, number>()
  let seen = 0
  for await (const line of lines) {
    if (line === 'open') continue
    const [name = '', number] = line.split(' ')
    acknowledged.set(name, Number(number))
    if (++seen === count) child.kill('SIGKILL')
  }
  assert.deepEqual(await gone, [null, 'SIGKILL'])
  return acknowledged
}

test('no acknowledged write is lost to kill -9, again and again', async (t) => {
  const file = join(newFolder(t), 'store.db')
  let first = 0
  let revision = 1
  for (const count of [1, 40, 700, 3000, 8000]) {
    const acknowledged = await writeAndKill(file, first, count)
    const store = await open(file)
    for (const [name, number] of acknowledged) {
      const kept = Number(text(store.get(`stream/${name}`)?.value))
      // One write of each stream may have been on its way: it is there whole or not at all.
      assert.ok(kept === number || kept === number + 1, `stream ${name}: acknowledged ${number}, kept ${kept}`)
      for (let i = Math.max(first, kept - 4); i <= kept; i++) assert.ok(store.get(`log/${name}/${i}`), `stream ${name} lacks ${i} of ${kept}`)
      assert.equal(store.get(`log/${name}/${kept - 5}`), undefined)
      first = Math.max(first, kept + 1)
    }
    assert.ok(store.revision > revision)
    revision = store.revision
    await store.close()
  }
})

/** Cuts the log of copies of a store shorter and shorter, and looks at each. */
async function cutShorter(t: TestContext, folder: string, look: (store: Store) => Promise<void> | void): Promise<void> {
  const { size } = statSync(join(folder, 'store.db-wal'))
  let revisions = Infinity
  for (const part of [1, 0.999, 0.7, 0.31, 0.05, 0.02, 0.001, 0]) {
    const copy = newFolder(t)
    cpSync(folder, copy, { recursive: true })
    truncateSync(join(copy, 'store.db-wal'), Math.floor(size * part))
    const store = await open(join(copy, 'store.db'))
    assert.ok(store.revision <= revisions)
    revisions = store.revision
    await look(store)
    assert.equal((await store.transaction([], [{ type: 'put', key: 'after', value: new Uint8Array(1) }])).revision, revisions + 1)
    await store.close()
  }
}

// Only what was not copied into the table can be missing: the log is synced before it is copied.
test('a write-ahead log that was cut anywhere opens with what stands before the cut', async (t) => {
  const folder = newFolder(t)
  await writeAndKill(join(folder, 'store.db'), 0, 300) // too little for a copy
  await cutShorter(t, folder, (store) => {
    for (const { key, value } of store.range('stream/', 'stream0').kvs) assert.ok(store.get(`log/${key.slice(7)}/${Number(text(value))}`))
  })
})
test('so does one that has begun anew: what was copied before is all there, and of what came after what stands before the cut', async (t) => {
  const folder = newFolder(t), store = await open(join(folder, 'store.db'))
  const put = async (key: string, bytes: number) => (await store.transaction([], [{ type: 'put', key, value: new Uint8Array(bytes) }])).revision
  let copied = 0
  for (let i = 0; i < 100; i++) copied = await put(`large${i}`, 50_000)
  let last = 0
  for (let i = 0; i < 30; i++) last = await put(`small${i}`, 100)
  const found: number[] = []
  await cutShorter(t, folder, (copy) => { found.push(copy.revision) })
  await store.close()
  assert.equal(found[0], last)
  assert.ok(found.at(-1)! > copied / 2, `of ${copied} revisions ${found.at(-1)} were copied`)
})

test('a store that another process has open is refused, and the process named; its death frees the store', async (t) => {
  const file = join(newFolder(t), 'store.db')
  const { child, lines } = startWriter(file, 0)
  const gone = once(child, 'exit')
  for await (const line of lines) if (line.startsWith('31 ')) break
  assert.throws(() => openSqliteEngine(file), (error) => error instanceof StoreOpenError && error.message.includes(`in use by process ${child.pid};`))
  assert.equal(child.exitCode, null)
  child.kill('SIGKILL')
  await gone
  const store = await open(file)
  assert.equal(readFileSync(`${file}.pid`, 'utf8'), `${process.pid}\n`)
  assert.throws(() => openSqliteEngine(file), (error) => error instanceof StoreOpenError && /open in this process already/.test(error.message))
  await store.transaction([], [{ type: 'put', key: 'a', value: new Uint8Array(1) }])
  await store.close()
})
