// Long answers, made while they are sent.
import type { ResponseBody, StreamSink } from '#machinery'

/** A body whose chunks are asked for as the reader takes them. */
export function streamed(chunks: Iterator<Uint8Array, void>): ResponseBody {
  return {
    type: 'stream',
    open(sink: StreamSink) {
      let stopped = false
      const pump = () => {
        for (;;) {
          if (stopped) return
          const next = chunks.next()
          if (next.done) { stopped = true; sink.end(); return }
          if (!sink.write(next.value)) { sink.drained(pump); return }
        }
      }
      pump()
      return () => { stopped = true }
    },
  }
}
