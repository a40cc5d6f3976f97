// How agents are believed that are asked for the logs of pods.
import type { Counter, Metrics } from './metrics.ts'

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID', 'CERT_SIGNATURE_FAILURE', 'INVALID_PURPOSE', 'INVALID_CA', 'ERR_TLS_CERT_ALTNAME_INVALID',
])

export class PodLogMetrics {
  readonly #checked: Counter
  readonly #unchecked: Counter
  readonly #untrusted: Counter

  constructor(metrics: Metrics) {
    const asked = metrics.counter({
      name: 'kube_apiserver_pod_logs_insecure_backend_total', stability: 'ALPHA', help: 'Requests for logs, by whether the certificate of the agent is looked at.', labels: ['usage'],
    })
    this.#checked = asked.with('enforce_tls')
    this.#unchecked = asked.with('skip_tls_allowed')
    this.#untrusted = metrics.counter({
      name: 'kube_apiserver_pod_logs_backend_tls_failure_total', stability: 'ALPHA', help: 'Requests for logs that failed because the certificate of the agent is not believed.',
    }).with()
  }
  asked(insecure: boolean): void { (insecure ? this.#unchecked : this.#checked).inc() }
  failed(error: unknown): void { if (error instanceof Error && untrusted.has((error as { code?: string }).code ?? '')) this.#untrusted.inc() }
}
