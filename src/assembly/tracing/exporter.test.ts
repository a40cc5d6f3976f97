import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded, silent } from '#machinery'
import { Metrics, Tracer, type FinishedSpan } from '#server'
import { OtlpCollector } from '#testing'
import { realClock } from '../real-clock.ts'
import { spanExporter } from './exporter.ts'

const now = Date.UTC(2026, 0, 1) + 0.25
async function exporting(address: string) {
  const metrics = new Metrics(), exporter = await spanExporter(address, [['service.name', 'apiserver']], { clock: realClock, log: silent, metrics })
  const counted = () => Object.fromEntries([...metrics.text().matchAll(/proa_tracing_spans_total\{result="(\w+)"\} (\d+)/g)].map(([, result, n]) => [result, Number(n)]))
  return { exporter, counted }
}
const span = (name: string): FinishedSpan => ({ identity: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), sampled: true, state: '' }, parentId: '', link: undefined, name, kind: 'server', scope: 's', began: now, ended: now + 1.5, attributes: [], events: [], failed: false })

test('spans arrive as they were, when the exporter is closed at the latest', async () => {
  const collector = await OtlpCollector.start()
  const { exporter, counted } = await exporting(`127.0.0.1:${collector.port}`)
  const tracer = new Tracer({ sink: exporter.sink, random: seeded(1), ratePerMillion: 1_000_000 })
  const root = tracer.begin({ name: 'GET', began: now, now: () => now + 1.5, attributes: [['text', 'é'], ['whole', -3], ['part', 0.5], ['yes', true]], trusted: false, parent: { traceId: 'ef'.repeat(16), spanId: '12'.repeat(8), sampled: true, state: 'a=b' } })
  const child = root.child('Get')
  child.event('found', [['count', 2]])
  child.end()
  root.fail()
  root.end()
  await exporter.close()
  collector.close()
  const [inner, outer] = collector.spans
  assert.deepEqual(outer, {
    scope: 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp', resource: { 'service.name': 'apiserver' }, traceId: root.identity.traceId, spanId: root.identity.spanId, parentId: '', name: 'GET', kind: 2,
    startNano: 1_767_225_600_000_250_000n, endNano: 1_767_225_600_001_750_000n, attributes: { text: 'é', whole: -3, part: 0.5, yes: true }, events: [], links: ['ef'.repeat(16)], status: 2,
  })
  assert.deepEqual([inner!.name, inner!.parentId, inner!.kind, inner!.events, inner!.scope], ['Get', root.identity.spanId, 1, ['found'], 'k8s.io/component-base/tracing'])
  assert.deepEqual(counted(), { sent: 2, dropped: 0, failed: 0 })
})

test('what does not fit is dropped, what cannot be sent is lost, and both are counted', async () => {
  const collector = await OtlpCollector.start({ failing: true })
  const { exporter, counted } = await exporting(`127.0.0.1:${collector.port}`)
  for (let i = 0; i < 512 + 2048 + 7; i++) exporter.sink(span(String(i)))
  await exporter.close()
  exporter.sink(span('late'))
  collector.close()
  assert.deepEqual(counted(), { sent: 0, dropped: 8, failed: 2560 })
})
