// Requests that the server gives up, before their answer or in the middle of it.
import type { ApiRequest } from '#machinery'
import type { RequestContext } from '../context.ts'
import type { Registry } from '../served.ts'
import { requestInfo } from '../request.ts'
import type { Counter, Family, Metrics } from './metrics.ts'
import { requestLabels } from './requests.ts'

export class GivenUp {
  readonly #registry: Pick<Registry, 'find'>
  readonly #terminated: Family<Counter>
  readonly #aborted: Family<Counter>
  readonly #after: Family<Counter>

  constructor(metrics: Metrics, registry: Pick<Registry, 'find'>) {
    this.#registry = registry
    const of = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const
    this.#terminated = metrics.counter({
      name: 'apiserver_request_terminations_total', stability: 'ALPHA', help: 'Requests that the server ended to protect itself.', labels: [...of, 'component', 'code'],
    })
    this.#aborted = metrics.counter({
      name: 'apiserver_request_aborts_total', stability: 'ALPHA', help: 'Answers that the server broke off because nobody read them in time.', labels: of,
    })
    this.#after = metrics.counter({
      name: 'apiserver_request_post_timeout_total', stability: 'ALPHA', help: 'Answers that came after their time, by how they turned out.', labels: ['source', 'status'],
    })
  }

  /** Refused or given up to protect the server. */
  terminated(context: Pick<RequestContext, 'info' | 'request' | 'served'>, code: number): void {
    const labels = requestLabels(context)
    if (labels) this.#terminated.with(...labels, String(code)).inc()
  }
  /** The client has been told that it takes too long. */
  tooLate(request: ApiRequest): void { this.terminated(this.#seen(request), 504) }
  /** The answer is broken off. */
  brokenOff(request: ApiRequest): void {
    const labels = requestLabels(this.#seen(request))
    if (labels) this.#aborted.with(...labels.slice(0, 6)).inc()
  }
  /** What was given up has ended all the same. */
  cameLate(status: 'ok' | 'error'): void { this.#after.with('timeout-handler', status).inc() }

  #seen(request: ApiRequest) {
    const info = requestInfo(request), { isResource, group, version, resource } = info
    return { request, info, served: isResource ? this.#registry.find(group, version, resource) : undefined }
  }
}
