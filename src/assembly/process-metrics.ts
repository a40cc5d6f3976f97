// Figures of the process and of Node, looked up when somebody reads the metrics. Names that speak of Go are used where Node has the very same thing.
import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import type { Metrics } from '#server'

const nanosecond = 1e-9

export function processMetrics(metrics: Metrics): void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help }).with()
  const cpu = metrics.counter({ name: 'process_cpu_seconds_total', help: 'Seconds of processor time, in the program and in the kernel.' }).with()
  const resident = gauge('process_resident_memory_bytes', 'Bytes of memory in use.'), virtual = gauge('process_virtual_memory_bytes', 'Bytes of address space in use.')
  const files = gauge('process_open_fds', 'Open files.'), mostFiles = gauge('process_max_fds', 'Files that may be open.'), threads = gauge('go_threads', 'Threads of the process.')
  gauge('process_start_time_seconds', 'When the process began, in seconds since 1970.').set(performance.timeOrigin / 1000)
  const heap = gauge('nodejs_heap_size_total_bytes', 'Bytes of V8\'s heap.'), used = gauge('nodejs_heap_size_used_bytes', 'Bytes in use of V8\'s heap.'), external = gauge('nodejs_external_memory_bytes', 'Bytes that V8 holds outside its heap.')
  const lag = metrics.gauge({ name: 'nodejs_eventloop_lag_seconds', help: 'How late the event loop was since the last reading.', labels: ['quantile'] })
  const pauses = metrics.histogram({ name: 'nodejs_gc_duration_seconds', help: 'Seconds of garbage collections, by their sort.', labels: ['kind'], buckets: [0.001, 0.01, 0.1, 1, 2, 5] })
  metrics.gauge({ name: 'nodejs_version_info', help: 'The version of Node.', labels: ['version'] }).with(process.version).set(1)
  // It wakes the process 50 times a second: begun by the first who reads, for the second.
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  const lateness = () => {
    if (!delay) { delay = monitorEventLoopDelay({ resolution: 20 }); delay.enable() }
    return delay
  }
  const sorts = new Map([[constants.NODE_PERFORMANCE_GC_MINOR, 'minor'], [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'], [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'], [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb']])
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as readonly { readonly duration: number; readonly detail?: { readonly kind?: number } }[]) pauses.with(sorts.get(entry.detail?.kind ?? -1) ?? 'other').observe(entry.duration / 1000)
  }).observe({ entryTypes: ['gc'] })
  metrics.collect(() => {
    const { user, system } = process.cpuUsage(), memory = process.memoryUsage()
    cpu.value = (user + system) / 1e6
    resident.set(memory.rss)
    heap.set(memory.heapTotal)
    used.set(memory.heapUsed)
    external.set(memory.external)
    const late = lateness()
    for (const quantile of [0.5, 0.99]) lag.with(String(quantile)).set(Math.max(0, late.percentile(quantile * 100) * nanosecond))
    late.reset()
    const status = read('/proc/self/status')
    virtual.set(Number(/^VmSize:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024)
    threads.set(Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0))
    mostFiles.set(Number(/^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 0))
    try { files.set(readdirSync('/proc/self/fd').length) } catch { /* not Linux */ }
  })
}
function read(path: string): string { try { return readFileSync(path, 'utf8') } catch { return '' } }
