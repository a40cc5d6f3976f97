// How fast the store is, alone: durable puts by number of writers, gets, lists, memory, start. `tools/node bench/store.ts [folder]`
// The folder should be on the disk that matters; default: the system's temporary one. Each section runs in a process of its own.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine, openStore, prefixEnd, sqliteEngine, type Engine, type Store } from '#store'

const clock = { now: () => Date.now(), after: () => () => {} }
const print = (what: string, figure: string) => { console.log(`${what.padEnd(62)}${figure.padStart(24)}`) }
const rate = (count: number, ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en')}/s`
const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const at = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
const pods = ['/registry/pods/', prefixEnd('/registry/pods/')] as const

async function start(file: string): Promise<void> {
  const begun = performance.now()
  const store = await openStore({ engine: await sqliteEngine(file), clock })
  print('open a new SQLite store, with the import of node:sqlite', ms(performance.now() - begun))
  await store.close()
}

async function puts(engine: Engine, name: string, writers: number): Promise<void> {
  const store = await openStore({ engine, clock })
  const latencies: number[] = []
  const begun = performance.now()
  const end = begun + 2000
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; performance.now() < end; i++) {
      const before = performance.now()
      const key = `/registry/configmaps/default/${writer}-${i}`
      await store.transaction([{ key, target: 'mod', result: '=', value: 0 }], [{ type: 'put', key, value: new Uint8Array(1000).fill(i) }])
      latencies.push(performance.now() - before)
    }
  }))
  const took = performance.now() - begun
  latencies.sort((a, b) => a - b)
  print(`${name}: creates of 1 KB, ${writers} writers`, rate(latencies.length, took))
  print('  p50, p99, longest', `${[0.5, 0.99, 1].map((share) => at(latencies, share).toFixed(2)).join(', ')} ms`)
  await store.close()
}

async function fill(store: Store, count: number): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - i) }, (_, j) => {
      const key = `/registry/pods/namespace-${(i + j) % 50}/deployment-${((i + j) * 7919) % count}-x7k2p`
      return store.transaction([], [{ type: 'put', key, value: new Uint8Array(2300).fill(i) }])
    }))
  }
}

async function write(file: string, count: number): Promise<void> {
  console.log(`${count.toLocaleString('en')} pods of 2,300 B, SQLite engine`)
  const store = await openStore({ engine: await sqliteEngine(file), clock })
  const begun = performance.now()
  await fill(store, count)
  print('  written in', ms(performance.now() - begun))
  await store.close()
  print('  file', megabytes(statSync(file).size))
}

async function read(file: string, count: number): Promise<void> {
  const before = process.memoryUsage()
  const begun = performance.now()
  const store = await openStore({ engine: await sqliteEngine(file), clock })
  print('  opened in', ms(performance.now() - begun))
  globalThis.gc?.()
  const after = process.memoryUsage()
  print('  live memory, of which values', `${megabytes(after.heapUsed + after.external - before.heapUsed - before.external)}, ${megabytes(count * 2300)}`)
  print('  resident; before opening', `${megabytes(after.rss)}; ${megabytes(before.rss)}`)

  const { kvs } = store.range(...pods)
  const gets = performance.now()
  for (let i = 0; i < 200_000; i++) store.get(kvs[(i * 7) % kvs.length]!.key)
  print('  gets', rate(200_000, performance.now() - gets))
  const time = (what: string, rounds: number, run: () => void) => {
    const from = performance.now()
    for (let i = 0; i < rounds; i++) run()
    print(`  ${what}`, ms((performance.now() - from) / rounds))
  }
  time('list all', 20, () => { store.range(...pods) })
  time('list a namespace', 20, () => { store.range('/registry/pods/namespace-7/', prefixEnd('/registry/pods/namespace-7/')) })
  time('page of 500', 20, () => { store.range(...pods, { limit: 500 }) })
  time('count', 20, () => { store.range(...pods, { countOnly: true }) })
  const old = { revision: store.revision - 5000, limit: 500 }
  time('page of 500 at a revision 5,000 writes ago, first time', 1, () => { store.range(...pods, old) })
  time('page of 500 at a revision 5,000 writes ago, again', 20, () => { store.range(...pods, old) })
  time('fork', 20, () => { void store.fork().close() })
  await store.close()
}

/** Half of the log can go, while a writer goes on. */
async function compact(file: string, count: number): Promise<void> {
  const store = await openStore({ engine: await sqliteEngine(file), clock })
  await fill(store, count)
  const latencies: number[] = []
  let done = false
  const begun = performance.now()
  const compaction = store.compact(store.revision).then(() => { done = true })
  while (!done) {
    const from = performance.now()
    await store.transaction([], [{ type: 'put', key: '/registry/leases/x', value: new Uint8Array(300) }])
    latencies.push(performance.now() - from)
  }
  await compaction
  latencies.sort((a, b) => a - b)
  print('  compaction that removes all rows once, beside one writer', ms(performance.now() - begun))
  print('  the writer meanwhile: p50, p99, longest', `${[0.5, 0.99, 1].map((share) => at(latencies, share).toFixed(2)).join(', ')} ms`)
  await store.close()
}

const sections: Record<string, (folder: string) => Promise<void>> = { start: (folder) => start(join(folder, 'start.db')) }
for (const writers of [1, 16, 256]) sections[`memory-${writers}`] = () => puts(memoryEngine(), 'memory', writers)
for (const writers of [1, 16, 256]) sections[`sqlite-${writers}`] = async (folder) => puts(await sqliteEngine(join(folder, `${writers}.db`)), 'SQLite', writers)
for (const count of [13_000, 150_000]) {
  for (const [name, run] of Object.entries({ write, read, compact })) sections[`${name}-${count}`] = (folder) => run(join(folder, `pods-${count}.db`), count)
}

const section = sections[process.argv[3] ?? '']
if (section) await section(process.argv[2]!)
else {
  const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'proa-bench-'))
  for (const name of Object.keys(sections)) spawnSync(process.execPath, [...process.execArgv, '--expose-gc', import.meta.filename, folder, name], { stdio: 'inherit' })
  rmSync(folder, { recursive: true })
}
