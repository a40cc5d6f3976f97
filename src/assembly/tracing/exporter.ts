// Where spans go: to a collector over gRPC, in batches. Nobody waits for it: what does not fit, or cannot be sent in time, is dropped and counted.
import type { Client } from '@grpc/grpc-js'
import type { Clock, Log } from '#machinery'
import type { Attributes, FinishedSpan, Metrics, SpanSink } from '#server'
import { encodeSpans, exportMethod } from './otlp.ts'

/** As OpenTelemetry's batches are by default. */
const mostWaiting = 2048, mostInBatch = 512, waitMs = 5_000
/** A batch must be taken by then. */
const exportMs = 10_000

export interface Exporter { readonly sink: SpanSink; /** Sends what is left. */ close(): Promise<void> }

/** `address` is what gRPC resolves: host:port, dns:///host:port, unix:///path. */
export async function spanExporter(address: string, resource: Attributes, { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics }): Promise<Exporter> {
  const [{ Client: GrpcClient, credentials }, { Writer }] = await Promise.all([import('@grpc/grpc-js'), import('protobufjs/minimal.js').then((m) => m.default ?? m)])
  const client: Client = new GrpcClient(address, credentials.createInsecure(), address.startsWith('unix') ? { 'grpc.default_authority': 'localhost' } : {})
  const family = metrics.counter({ name: 'proa_tracing_spans_total', help: 'Spans that are over, by what became of them.', labels: ['result'] })
  const sent = family.with('sent'), dropped = family.with('dropped'), failed = family.with('failed')
  let waiting: FinishedSpan[] = [], sending: Promise<void> | undefined, cancel = () => {}, closed = false

  const send = (batch: readonly FinishedSpan[]) => new Promise<void>((resolve) => {
    client.makeUnaryRequest(exportMethod, (spans: readonly FinishedSpan[]) => Buffer.from(encodeSpans(Writer.create(), spans, resource)), (bytes: Buffer) => bytes, batch, { deadline: Date.now() + exportMs }, (error) => {
      if (error) log.warn('traces could not be sent', { address, spans: batch.length, error: error.message })
      ;(error ? failed : sent).inc(batch.length)
      resolve()
    })
  })
  /** One batch after the other, until nothing is left. */
  const flush = async () => { while (waiting.length > 0) await send(waiting.splice(0, mostInBatch)) }
  const begin = () => {
    cancel()
    cancel = () => {}
    sending ??= flush().finally(() => { sending = undefined })
  }
  return {
    sink(span) {
      if (closed || waiting.length >= mostWaiting) { dropped.inc(); return }
      waiting.push(span)
      if (sending) return
      if (waiting.length >= mostInBatch) begin()
      else if (waiting.length === 1) cancel = clock.after(waitMs, begin)
    },
    async close() {
      closed = true
      begin()
      await sending
      waiting = []
      client.close()
    },
  }
}
