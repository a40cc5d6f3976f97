// What definitions of custom resources cost: 1,000 of them with schemas like those of real operators. `tools/node bench/custom-resources.ts [count]`
// The server of bench/serving.ts runs in a process of its own, the client in this one.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, type Reply } from './serving.ts'

const print = (what: string, figure: string) => { console.log(`${what.padEnd(62)}${figure.padStart(24)}`) }
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const parallel = 8

/** About 9 KB: a spec of twenty objects of three fields, with descriptions, bounds, defaults and a rule. */
function definition(i: number): object {
  const part = (n: number) => ({
    type: 'object', description: `Part ${n} of the resource, described in as many words as real definitions use for their fields.`, required: ['name'],
    properties: {
      name: { type: 'string', maxLength: 63, pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$', description: 'The name of this part, which must be a label.' },
      replicas: { type: 'integer', minimum: 0, maximum: 100, default: n, description: 'How many of it are wanted.' },
      mode: { type: 'string', enum: ['Fast', 'Slow', 'Careful'], description: 'How it is rolled out.' },
    },
  })
  const properties = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`part${n}`, part(n)]))
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `things${i}.g${i % 100}.bench.example` },
    spec: {
      group: `g${i % 100}.bench.example`, scope: 'Namespaced', names: { plural: `things${i}`, singular: `thing${i}`, kind: `Thing${i}`, listKind: `Thing${i}List` },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: { type: 'object', properties: {
        spec: { type: 'object', properties, 'x-kubernetes-validations': [{ rule: '!has(self.part0) || self.part0.replicas < 50' }] },
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      } } } }],
    },
  }
}

async function measure(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'proa-bench-'))
  const child = fork(join(import.meta.dirname, 'serving.ts'), ['serve', folder], { execArgv: [...process.execArgv, '--expose-gc'] })
  const message = <T>() => new Promise<T>((resolve) => { child.once('message', (m) => { resolve(m as T) }) })
  try {
    const { port } = await message<{ port: number }>()
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const get = (path: string, keep = false): Promise<Reply> => ask(session, 'GET', path, undefined, keep)
    const memory = async () => { const answer = message<{ memory: NodeJS.MemoryUsage }>(); child.send({ collect: true }); return (await answer).memory }
    const timed = async (path: string, times = 5) => {
      const all: number[] = []
      let bytes = 0
      for (let i = 0; i < times; i++) { const begun = performance.now(); bytes = (await get(path)).bytes; all.push(performance.now() - begun) }
      return { first: all[0]!, median: median(all), bytes }
    }
    await get('/apis')
    const before = await memory(), plain = await timed('/apis')
    const body = JSON.stringify(definition(0))
    print(`a definition of ${(body.length / 1024).toFixed(1)} KB, created by`, `${parallel} streams`)
    let next = 0
    const begun = performance.now(), latencies: number[] = []
    await Promise.all(Array.from({ length: parallel }, async () => {
      for (let i = next++; i < count; i = next++) {
        const at = performance.now()
        await ask(session, 'POST', definitions, JSON.stringify(definition(i)))
        latencies.push(performance.now() - at)
      }
    }))
    print(`  ${count} definitions`, `${((performance.now() - begun) / 1000).toFixed(1)} s, median ${ms(median(latencies))}`)
    const seen = performance.now()
    for (let n = 0; ; n++) { const { status } = await ask(session, 'GET', `/apis/g${(count - 1) % 100}.bench.example/v1/things${count - 1}`).catch(() => ({ status: 404 })); if (status === 200 || n > 1000) break }
    print('  the last one is served after', ms(performance.now() - seen))
    const after = await memory()
    const megabytes = (m: number) => `${(m / 1e6).toFixed(0)} MB`
    print('  memory for them: live heap, resident', `${megabytes(after.heapUsed - before.heapUsed)}, ${megabytes(after.rss - before.rss)}`)
    const groups = await timed('/apis')
    print('/apis without, with them', `${ms(plain.median)}, ${ms(groups.median)}`)
    const index = await timed('/openapi/v3')
    print('/openapi/v3 index, first and then', `${ms(index.first)}, ${ms(index.median)}`)
    const document = await timed('/openapi/v3/apis/g7.bench.example/v1')
    print('/openapi/v3 of one group, first and then', `${ms(document.first)}, ${ms(document.median)}`)
    // From creation to everything that a client looks at.
    const fresh: number[] = []
    for (let i = 0; i < 10; i++) {
      const one = definition(count + i) as { metadata: { name: string } }, at = performance.now(), group = `g${(count + i) % 100}.bench.example`
      await ask(session, 'POST', definitions, JSON.stringify(one))
      for (;;) { const { text } = await get(`/apis/${group}/v1`, true); if (text.includes(`"things${count + i}"`)) break }
      await get('/openapi/v3', true)
      await get(`/openapi/v3/apis/${group}/v1`)
      fresh.push(performance.now() - at)
    }
    print('one more: create, discovered and described (index, document)', `median ${ms(median(fresh))}, most ${ms(Math.max(...fresh))}`)
    await ask(session, 'POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'bench' } }))
    const objects = `/apis/g1.bench.example/v1/namespaces/bench/things1`
    const object = (name: string) => JSON.stringify({ apiVersion: 'g1.bench.example/v1', kind: 'Thing1', metadata: { name }, spec: { part0: { name: 'a' }, part1: { name: 'b', replicas: 3, mode: 'Fast' } } })
    const plainObject = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { part0: 'a', part1: 'b' } })
    for (const [what, path, make] of [['a ConfigMap', '/api/v1/namespaces/bench/configmaps', plainObject], ['a custom resource', objects, object]] as const) for (const streams of [1, 8]) {
      let made = 0
      const start = performance.now()
      await Promise.all(Array.from({ length: streams }, async (_, s) => { while (performance.now() - start < 2000) await ask(session, 'POST', path, make(`o${streams}-${s}-${made++}`)) }))
      print(`create ${what}, ${streams} stream${streams > 1 ? 's' : ''}`, `${Math.round(made / (performance.now() - start) * 1000).toLocaleString('en')}/s`)
    }
    const list = await timed(objects)
    print(`LIST of them, ${(list.bytes / 1e6).toFixed(1)} MB, first and then`, `${ms(list.first)}, ${ms(list.median)}`)
    session.close()
  } finally {
    child.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}

await measure(Number(process.argv[2] ?? 1000))
