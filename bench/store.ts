// How fast the store is, alone: durable puts by number of writers, gets, lists, memory, start. `tools/node bench/store.ts [folder]`
// The folder should be on the disk that matters; default: the system's temporary one.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine, openStore, prefixEnd, sqliteEngine, type Engine, type Store } from '#store'

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'proa-bench-'))
const clock = { now: () => Date.now(), after: () => () => {} }
const print = (what: string, figure: string) => { console.log(`${what.padEnd(62)}${figure.padStart(24)}`) }
const rate = (count: number, ms: number) => `${Math.round(count / ms * 1000).toLocaleString('en')}/s`
const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const at = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
/** After a collection where `--expose-gc` was given. */
const memoryMb = () => { globalThis.gc?.(); const { heapUsed, external, rss } = process.memoryUsage(); return { live: (heapUsed + external) / 1e6, rss: rss / 1e6 } }

const start = performance.now()
const first = await openStore({ engine: await sqliteEngine(join(folder, 'start.db')), clock })
print('open a new SQLite store, with the import of node:sqlite', ms(performance.now() - start))
await first.close()

async function puts(store: Store, writers: number, forMs: number, bytes: number): Promise<void> {
  const latencies: number[] = []
  const end = performance.now() + forMs
  const begun = performance.now()
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; performance.now() < end; i++) {
      const before = performance.now()
      const value = new Uint8Array(bytes).fill(i)
      await store.transaction([{ key: `/registry/configmaps/default/${writer}-${i}`, target: 'mod', result: '=', value: 0 }], [{ type: 'put', key: `/registry/configmaps/default/${writer}-${i}`, value }])
      latencies.push(performance.now() - before)
    }
  }))
  const took = performance.now() - begun
  latencies.sort((a, b) => a - b)
  print(`  creates of ${bytes} B, ${writers} writers`, rate(latencies.length, took))
  print('    p50, p99, longest', [0.5, 0.99, 1].map((share) => at(latencies, share).toFixed(2)).join(', ') + ' ms')
}

for (const [name, open] of [['memory', async (): Promise<Engine> => memoryEngine()], ['SQLite', () => sqliteEngine(join(folder, 'puts.db'))]] as const) {
  console.log(`${name} engine`)
  for (const writers of [1, 16, 256]) {
    const store = await openStore({ engine: await open(), clock })
    await puts(store, writers, 2000, 1000)
    await store.close()
    for (const suffix of ['', '-wal']) rmSync(join(folder, `puts.db${suffix}`), { force: true })
  }
}

async function fill(store: Store, count: number, bytes: number): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - i) }, (_, j) => {
      const key = `/registry/pods/namespace-${(i + j) % 50}/deployment-${((i + j) * 7919) % count}-x7k2p`
      return store.transaction([], [{ type: 'put', key, value: new Uint8Array(bytes).fill(i) }])
    }))
  }
}

for (const count of [13_000, 150_000]) {
  console.log(`${count} pods of 2300 B, SQLite engine`)
  const file = join(folder, `${count}.db`)
  const before = memoryMb()
  let store = await openStore({ engine: await sqliteEngine(file), clock })
  const begun = performance.now()
  await fill(store, count, 2300)
  print('  written in', ms(performance.now() - begun))
  await store.close()
  const opening = performance.now()
  store = await openStore({ engine: await sqliteEngine(file), clock })
  print('  opened in', ms(performance.now() - opening))
  const after = memoryMb()
  print('  memory, of which values', `${(after.live - before.live).toFixed(0)}, ${(count * 2300 / 1e6).toFixed(0)} MB`)
  print('  resident', `${after.rss.toFixed(0)} MB`)
  print('  file', `${(statSync(file).size / 1e6).toFixed(0)} MB`)

  const { kvs } = store.range('/registry/pods/', prefixEnd('/registry/pods/'))
  const gets = performance.now()
  for (let round = 0; round < 10; round++) for (let i = 0; i < 13_000; i++) store.get(kvs[(i * 7) % kvs.length]!.key)
  print('  gets', rate(130_000, performance.now() - gets))
  const time = (what: string, run: () => void, rounds = 20) => {
    const from = performance.now()
    for (let i = 0; i < rounds; i++) run()
    print(`  ${what}`, ms((performance.now() - from) / rounds))
  }
  time('list all', () => { store.range('/registry/pods/', prefixEnd('/registry/pods/')) })
  time('list a namespace', () => { store.range('/registry/pods/namespace-7/', prefixEnd('/registry/pods/namespace-7/')) })
  time('page of 500', () => { store.range('/registry/pods/', prefixEnd('/registry/pods/'), { limit: 500 }) })
  time('count', () => { store.range('/registry/pods/', prefixEnd('/registry/pods/'), { countOnly: true }) })
  const oldest = store.revision - 5000
  time('list all at a revision 5,000 writes ago, first time', () => { store.range('/registry/pods/', prefixEnd('/registry/pods/'), { revision: oldest, limit: 500 }) }, 1)
  time('list all at a revision 5,000 writes ago, again', () => { store.range('/registry/pods/', prefixEnd('/registry/pods/'), { revision: oldest, limit: 500 }) })
  time('fork', () => { void store.fork().close() })

  // Everything once more, so that half of the log can go; writes go on meanwhile.
  await fill(store, count, 2300)
  let longest = 0
  let compacting = true
  const compaction = performance.now()
  const compacted = store.compact(store.revision).then(() => { compacting = false; return performance.now() - compaction })
  let writes = 0
  while (compacting) {
    const from = performance.now()
    await store.transaction([], [{ type: 'put', key: '/registry/leases/x', value: new Uint8Array(300) }])
    longest = Math.max(longest, performance.now() - from)
    writes++
  }
  print(`  compaction of ${count} revisions, beside one writer`, ms(await compacted))
  print('  the writer meanwhile: writes, longest', `${writes}, ${ms(longest)}`)
  await store.close()
}
rmSync(folder, { recursive: true })
