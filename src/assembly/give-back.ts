// Memory of a server that runs. Starting a control plane, or a burst of work, takes some that is not needed afterwards. V8 keeps it (the pages of what was young above all) until
// it has to grow again, which a server at rest never makes it do. Collections tell when there is work; when they have ceased, memory is given back.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** No collection for so long: the work is done. */
const quietMs = 3_000
/** Not more often than this, however short the bursts. */
const againMs = 60_000
/** Less than this is not worth the processor's time. */
const worthBytes = 24 * 1024 * 1024
/** The collection stops everything for about a millisecond per megabyte in use: larger heaps are left to V8. */
const mostUsedBytes = 256 * 1024 * 1024

/**
 * For a server that has started: keeps what requests make from outliving them, and gives memory back when work has ceased, the start's first;
 * `rest` lets go before what is kept for speed only. The returned function ends the giving back; the other holds for the process.
 */
export function giveBackMemory(rest: () => void): () => void {
  // V8 would make some of a busy server's objects old from the start, because others from the same place in the code have stayed, and whatever those refer to stays until the next
  // full collection too. (A GET takes an eighth less time without, a create a tenth.) While it starts, what is made does stay.
  setFlagsFromString('--no-allocation-site-pretenuring')
  const collect = collector()
  let timer: NodeJS.Timeout | undefined, leastResident = 0, lastSeen = performance.now(), notBefore = 0
  const wait = (ms: number) => { timer = setTimeout(look, ms).unref() }
  function look(): void {
    timer = undefined
    const early = Math.max(lastSeen + quietMs, notBefore) - performance.now()
    if (early > 0) { wait(early); return }
    if (process.memoryUsage.rss() - leastResident < worthBytes || getHeapStatistics().used_heap_size > mostUsedBytes) return
    notBefore = performance.now() + againMs
    rest()
    void collect().then(() => { leastResident = process.memoryUsage.rss() })
  }
  const observer = new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1)!
    lastSeen = last.startTime + last.duration
    if (!timer) wait(quietMs)
  })
  observer.observe({ entryTypes: ['gc'] })
  wait(quietMs)
  return () => {
    observer.disconnect()
    clearTimeout(timer)
  }
}

function collector(): () => Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => Promise<void>
  setFlagsFromString('--no-expose-gc')
  return () => collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
}
