import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { FakeClock } from '#testing'
import type { TakenProfile } from '#server'
import { profiler } from './index.ts'
import { encodeProfile } from './pprof.ts'

const type = protobuf.parse(`syntax = "proto3";
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
message Profile { repeated ValueType sample_type = 1; repeated Sample sample = 2; repeated Location location = 4; repeated Function function = 5; repeated string string_table = 6; int64 time_nanos = 9; int64 duration_nanos = 10;
  ValueType period_type = 11; int64 period = 12; int64 default_sample_type = 14; }`, { keepCase: true }).root.lookupType('Profile')

/** What go tool pprof would read: the types, and each sample as its stack's names and its values. */
function read(bytes: Uint8Array) {
  const p = type.toObject(type.decode(gunzipSync(bytes)), { longs: Number, defaults: true }) as Record<string, any> // allowed: read by its numbers
  const text = (i: number): string => p['string_table'][i]
  assert.equal(text(0), '')
  const functions = new Map((p['function'] as any[]).map((f) => [f.id, `${text(f.name)}@${text(f.filename)}`])), locations = new Map((p['location'] as any[]).map((l) => [l.id, `${functions.get(l.line[0].function_id)}:${l.line[0].line}`])) // allowed: as above
  return {
    types: (p['sample_type'] as any[]).map((t) => `${text(t.type)}/${text(t.unit)}`), samples: (p['sample'] as any[]).map((s) => ({ stack: (s.location_id as number[]).map((id) => locations.get(id)!), values: s.value as number[] })), // allowed: as above
    period: `${text(p['period_type'].type)}/${text(p['period_type'].unit)} ${p['period']}`, at: p['time_nanos'] as number, duration: p['duration_nanos'] as number, preferred: text(p['default_sample_type']),
  }
}

test('a profile is what pprof reads', async () => {
  const main = { name: 'main', file: 'a.ts', line: 1 }
  assert.deepEqual(read(await encodeProfile({
    types: [{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }], samples: [{ stack: [{ name: 'inner', file: 'a.ts', line: 7 }, main], values: [2, 2000] }, { stack: [main], values: [1, 1000.4] }],
    period: { type: 'cpu', unit: 'nanoseconds', value: 1000 }, at: 1_700_000_000_000, durationMs: 1500, defaultType: 'cpu',
  })), { types: ['samples/count', 'cpu/nanoseconds'], samples: [{ stack: ['inner@a.ts:7', 'main@a.ts:1'], values: [2, 2000] }, { stack: ['main@a.ts:1'], values: [1, 1000] }],
    period: 'cpu/nanoseconds 1000', at: 1_700_000_000_000_000_000, duration: 1_500_000_000, preferred: 'cpu' })
})

async function over(begin: (p: ReturnType<typeof profiler>) => Promise<TakenProfile>, meanwhile: () => void, seconds: number) {
  const clock = new FakeClock(Date.UTC(2026, 0, 1)), one = profiler(clock), taken = await begin(one)
  meanwhile()
  clock.advance(seconds * 1000)
  return read(await taken.bytes)
}
/** By the processor's own count: on a busy machine time passes without it. */
function burnSomeTime(): number { let sum = 0; for (const until = process.cpuUsage().user + 100_000; process.cpuUsage().user < until;) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(sum + 1); return sum }
const kept: object[] = []
function keepSomeObjects(): void { for (let i = 0; i < 20_000; i++) kept.push({ i, text: `object ${i}`, list: [i, i + 1, i + 2] }) }

test('what burns the processor is in its profile, with where it is', async () => {
  const { types, samples, preferred } = await over((p) => p.cpu(1), burnSomeTime, 1)
  assert.deepEqual([types, preferred], [['samples/count', 'cpu/nanoseconds'], 'cpu'])
  const burning = samples.find(({ stack }) => stack[0]!.startsWith('burnSomeTime@') && stack[0]!.includes('profiling.test.ts'))
  assert.ok(burning && burning.values[1]! > 0, 'it was seen at work')
  assert.ok(!samples.some(({ stack }) => stack.some((frame) => frame.startsWith('(idle)') || frame.startsWith('(root)'))))
})
for (const name of ['heap', 'allocs']) test(`what allocates is in the profile ${name}`, async () => {
  const { types, samples } = await over((p) => p.take(name, 2), keepSomeObjects, 2)
  assert.deepEqual(types, name === 'heap' ? ['inuse_objects/count', 'inuse_space/bytes'] : ['alloc_objects/count', 'alloc_space/bytes'])
  assert.ok(samples.some(({ stack, values }) => stack.some((frame) => frame.startsWith('keepSomeObjects@')) && values[1]! > 0))
})
test('one profile of a sort at a time; a cancelled one leaves room for the next', async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1)), one = profiler(clock), first = await one.cpu(30)
  await assert.rejects(one.cpu(1), { message: 'cpu profiling already in use' })
  first.cancel()
  await first.bytes
  const second = await one.cpu(1)
  clock.advance(1000)
  assert.ok((await second.bytes).length > 0)
})
test('the rest are counts: what is under way, threads, and nothing that blocks', async () => {
  const one = profiler(new FakeClock(0))
  assert.deepEqual(one.counted.map(({ name }) => name), ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'threadcreate'])
  const threads = read(await (await one.take('threadcreate', undefined)).bytes)
  assert.ok(threads.samples.reduce((sum, { values }) => sum + values[0]!, 0) > 1)
  assert.match(one.text('threadcreate'), /^threadcreate profile: total \d+\n\d+ @ /)
  assert.match(one.text('heap'), /# heapUsed = \d+/)
  assert.deepEqual(read(await (await one.take('mutex', undefined)).bytes).types, ['contentions/count', 'delay/nanoseconds'])
})
