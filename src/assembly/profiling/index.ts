// Profiles of this process, under the names that Go has for them: V8's own samplers for the processor and the heap, counts for the rest.
import type { HeapProfiler, Profiler as Cpu, Session } from 'node:inspector/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { getHeapSpaceStatistics } from 'node:v8'
import type { Clock } from '#machinery'
import type { Profiler, TakenProfile } from '#server'
import { encodeProfile, type Frame, type Profile, type Sample, type ValueType } from './pprof.ts'

/** Microseconds between looks at the stack, and bytes between allocations that are looked at. */
const cpuEveryUs = 1_000, heapEveryBytes = 64 * 1024
/** V8 knows of an allocation only what it saw: without `seconds` it looks for so long. */
const heapSeconds = 5

const abouts: Readonly<Record<string, string>> = {
  allocs: `What allocates, garbage too; V8 looks for seconds=N (${heapSeconds})`, block: 'Empty: nothing here blocks', goroutine: 'What is under way in the event loop, by its sort', heap: `What allocates and is still in use; V8 looks for seconds=N (${heapSeconds})`,
  mutex: 'Empty: there are no locks', threadcreate: 'Threads of the process, by their names',
}

export function profiler(clock: Clock): Profiler {
  const busy = new Set<string>()
  /** Runs one sampler of its sort at a time: `begin` starts it, `end` stops it and says what it saw. */
  const during = async <T>(sort: string, seconds: number, begin: (session: Session) => Promise<void>, end: (session: Session) => Promise<T>, profileOf: (seen: T, at: number) => Promise<Uint8Array>): Promise<TakenProfile> => {
    if (busy.has(sort)) throw new Error(`${sort} profiling already in use`)
    busy.add(sort)
    const { Session: Inspector } = await import('node:inspector/promises')
    const session = new Inspector(), at = clock.now(), over = Promise.withResolvers<void>()
    const finish = () => { session.disconnect(); busy.delete(sort) }
    try {
      session.connect()
      await begin(session)
    } catch (error) {
      finish()
      throw error
    }
    const stop = clock.after(seconds * 1000, over.resolve)
    const bytes = over.promise.then(() => end(session)).finally(finish).then((seen) => profileOf(seen, at))
    return { bytes, cancel: () => { stop(); over.resolve() } }
  }
  const heap = (name: 'heap' | 'allocs', seconds: number) => during('heap', seconds,
    async (session) => { await session.post('HeapProfiler.startSampling', { samplingInterval: heapEveryBytes, ...(name === 'allocs' && { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true }) }) },
    async (session) => (await session.post('HeapProfiler.stopSampling')).profile,
    (profile, at) => encodeProfile({ types: [objects(name), space(name)], samples: heapSamples(profile.head, []), period: { type: 'space', unit: 'bytes', value: heapEveryBytes }, at, durationMs: seconds * 1000, defaultType: space(name).type }))
  const counts = (name: string): readonly Count[] => (name === 'goroutine' ? underWay() : name === 'threadcreate' ? threads() : [])
  return {
    counted: Object.entries(abouts).map(([name, about]) => ({ name, about, count: () => counts(name).reduce((sum, [, count]) => sum + count, 0) })),
    cpu: (seconds) => during('cpu', seconds,
      async (session) => { await session.post('Profiler.enable'); await session.post('Profiler.setSamplingInterval', { interval: cpuEveryUs }); await session.post('Profiler.start') },
      async (session) => (await session.post('Profiler.stop')).profile, (profile, at) => encodeProfile(cpuProfile(profile, at))),
    async take(name, seconds) {
      if (name === 'heap' || name === 'allocs') return heap(name, seconds ?? heapSeconds)
      const before = new Map(seconds === undefined ? [] : counts(name)), over = Promise.withResolvers<void>()
      const stop = seconds === undefined ? over.resolve : clock.after(seconds * 1000, over.resolve)
      if (seconds === undefined) over.resolve()
      const bytes = over.promise.then(() => encodeProfile(countProfile(name, counts(name).map(([what, count]) => [what, count - (before.get(what) ?? 0)] as const), clock.now(), (seconds ?? 0) * 1000)))
      return { bytes, cancel: () => { stop(); over.resolve() } }
    },
    text: (name) => (name === 'heap' || name === 'allocs' ? heapText(name) : `${name} profile: total ${counts(name).reduce((sum, [, count]) => sum + count, 0)}\n${counts(name).map(([what, count]) => `${count} @ ${what}\n`).join('')}`),
  }
}

const objects = (name: string): ValueType => ({ type: name === 'heap' ? 'inuse_objects' : 'alloc_objects', unit: 'count' })
const space = (name: string): ValueType => ({ type: name === 'heap' ? 'inuse_space' : 'alloc_space', unit: 'bytes' })

interface CallFrame { readonly functionName: string; readonly url: string; readonly lineNumber: number }
const frameOf = ({ functionName, url, lineNumber }: CallFrame): Frame => ({ name: functionName || '(anonymous)', file: url, line: lineNumber + 1 })

/** Time in which nothing was to be done is not time of the processor. */
const idle = new Set(['(idle)', '(root)'])
function cpuProfile({ nodes, samples = [], timeDeltas = [], startTime, endTime }: Cpu.Profile, at: number): Profile {
  const byId = new Map(nodes.map((node) => [node.id, node])), parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const spent = new Map<number, { count: number; us: number }>()
  samples.forEach((id, i) => {
    const sum = spent.get(id) ?? { count: 0, us: 0 }
    spent.set(id, { count: sum.count + 1, us: sum.us + Math.max(0, timeDeltas[i + 1] ?? cpuEveryUs) })
  })
  const stackOf = (id: number): Frame[] => {
    const stack: Frame[] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) { const { callFrame } = byId.get(at)!; if (callFrame.functionName !== '(root)') stack.push(frameOf(callFrame)) }
    return stack
  }
  const seen = [...spent].filter(([id]) => !idle.has(byId.get(id)!.callFrame.functionName)).map(([id, { count, us }]): Sample => ({ stack: stackOf(id), values: [count, us * 1000] }))
  return { types: [{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }], samples: seen, period: { type: 'cpu', unit: 'nanoseconds', value: cpuEveryUs * 1000 }, at, durationMs: (endTime - startTime) / 1000, defaultType: 'cpu' }
}

function* heapSamples({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode, outer: readonly Frame[]): Generator<Sample> {
  const stack = callFrame.functionName === '(root)' ? outer : [frameOf(callFrame), ...outer]
  if (selfSize > 0 && stack.length > 0) yield { stack, values: [Math.max(1, Math.round(selfSize / heapEveryBytes)), selfSize] }
  for (const child of children) yield* heapSamples(child, stack)
}

type Count = readonly [what: string, count: number]
function countProfile(name: string, counts: readonly Count[], at: number, durationMs: number): Profile {
  const contention = name === 'block' || name === 'mutex'
  const types = contention ? [{ type: 'contentions', unit: 'count' }, { type: 'delay', unit: 'nanoseconds' }] : [{ type: name, unit: 'count' }]
  const samples = counts.filter(([, count]) => count !== 0).map(([what, count]) => ({ stack: [{ name: what, file: '', line: 0 }], values: [count] }))
  return { types, samples, period: { ...types[0]!, value: 1 }, at, durationMs, defaultType: types[0]!.type }
}
/** What keeps the event loop alive: sockets, timers, calls of the system. */
const underWay = (): Count[] => tally(process.getActiveResourcesInfo())
function threads(): Count[] {
  try { return tally(readdirSync('/proc/self/task').map((task) => readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim())) } catch { return [] } // not Linux, or a thread that has just ended
}
function tally(names: readonly string[]): Count[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

function heapText(name: string): string {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const lines = Object.entries({ rss, heapTotal, heapUsed, external, arrayBuffers }).map(([what, size]) => `# ${what} = ${size}`)
  return `${name} profile: ${heapUsed} bytes in use; pprof's own form of it (without debug) says by whom\n${[...lines, ...getHeapSpaceStatistics().map(({ space_name: space, space_used_size: used, space_size: size }) => `# ${space} = ${used} of ${size}`)].join('\n')}\n`
}
