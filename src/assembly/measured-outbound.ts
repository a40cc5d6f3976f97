// Calls of others, counted as the reference's clients count theirs.
import { exponential, type Metrics, type Outbound } from '#server'

/** The same calls; how they end and how long they take is in the metrics. */
export function measuredOutbound<T extends Outbound>(outbound: T, metrics: Metrics, now: () => number): T {
  const requests = metrics.counter({ name: 'rest_client_requests_total', stability: 'ALPHA', help: 'Requests to other servers, by what came of them.', labels: ['code', 'method', 'host'] })
  const labels = ['verb', 'host'], sizes = [64, 256, 512, ...exponential(1024, 4, 3), 65_536, 262_144, 524_288, 1_048_576, 4_194_304, 16_777_216]
  const seconds = metrics.histogram({ name: 'rest_client_request_duration_seconds', stability: 'ALPHA', help: 'Seconds of requests to other servers.', labels, buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60] })
  const asked = metrics.histogram({ name: 'rest_client_request_size_bytes', stability: 'ALPHA', help: 'Bytes of requests to other servers.', labels, buckets: sizes })
  const answered = metrics.histogram({ name: 'rest_client_response_size_bytes', stability: 'ALPHA', help: 'Bytes of other servers\' answers.', labels, buckets: sizes })
  const withoutName = metrics.counter({ name: 'apiserver_webhooks_x509_missing_san_total', stability: 'ALPHA', help: 'Calls that failed because a certificate has no names but its common one.' }).with()
  const call: Outbound = async (request) => {
    const host = /\/\/(?:[^/@]*@)?([^/?]*)/.exec(request.url)?.[1] ?? '', begun = now() // with the port as it was written
    try {
      const answer = await outbound(request)
      requests.with(String(answer.status), request.method, host).inc()
      answered.with(request.method, host).observe(answer.body.length)
      return answer
    } catch (error) {
      requests.with('<error>', request.method, host).inc()
      if (error instanceof Error && error.message.includes('certificate relies on legacy Common Name field')) withoutName.inc()
      throw error
    } finally {
      seconds.with(request.method, host).observe((now() - begun) / 1000)
      asked.with(request.method, host).observe(request.body?.length ?? 0)
    }
  }
  return Object.assign(call, outbound) as T & Outbound
}
