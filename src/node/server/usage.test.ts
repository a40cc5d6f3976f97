import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMachineUsage } from './machine-usage.ts'
import { metric } from './metrics.ts'
import { containersOf, CpuRates, type PodUsage } from './usage.ts'

test('a CPU rate is the mean since the start first, then since the reading before', () => {
  const rates = new CpuRates(), read = (at: number, seconds: number) => { const rate = rates.rate('c', at, seconds * 1e9, 0); rates.endOfRound(); return rate }
  assert.equal(read(10_000, 5), 0.5e9)
  assert.equal(read(11_000, 6), 1e9)
  assert.equal(read(11_100, 6.1), 1e9, 'readings close together tell nothing new')
  assert.equal(read(13_000, 6), 0)
})
test('a container that has begun anew counts from its start', () => {
  const rates = new CpuRates()
  rates.rate('c', 10_000, 5e9, 0)
  rates.endOfRound()
  assert.equal(rates.rate('c', 12_000, 1e9, 11_000), 1e9)
})
test('the machine\'s numbers are read as the kernel writes them', () => {
  const usage = parseMachineUsage({
    stat: 'cpu  100 10 50 9000 20 1 2 3 0 0\ncpu0 1 1 1 1\nbtime 1700000000\n', meminfo: 'MemTotal:  1000 kB\nMemFree:  200 kB\nMemAvailable:  600 kB\nAnonPages:  300 kB\nSwapTotal:  9 kB\nSwapFree:  7 kB\n', loadavg: '0.1 0.2 0.3 2/345 999\n', pidMax: '32768\n' })
  assert.deepEqual(usage, {
    cpuNanoseconds: 166 * 10_000_000, bootTime: 1_700_000_000_000, processes: 345, mostProcesses: 32_768,
    memory: { totalBytes: 1_024_000, availableBytes: 614_400, usageBytes: 819_200, rssBytes: 307_200, swapBytes: 2_048 } })
})
test('a metric is written in Prometheus\' text format, with quoted labels', () => {
  assert.equal(metric('a_total', 'counter', 'Things', [{ labels: { pod: 'a"b\\c\nd' }, value: 1.5, at: 1000.4 }]), '# HELP a_total Things\n# TYPE a_total counter\na_total{pod="a\\"b\\\\c\\nd"} 1.5 1000\n')
  assert.equal(metric('a_total', 'counter', 'Things', []), '')
})
test('of a pod\'s containers those count that run and that its spec names', () => {
  const usage = { pod: { spec: { containers: [{ name: 'web' }], initContainers: [{ name: 'first' }] } }, stats: { containers: [{ id: '1', at: 5, metadata: { name: 'web' } }, { id: '2', at: 0, metadata: { name: 'first' } }, { id: '3', at: 5, metadata: { name: 'POD' } }] } } as unknown as PodUsage
  assert.deepEqual(containersOf(usage).map((c) => c.id), ['1'])
})
