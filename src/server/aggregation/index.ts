// Aggregation: APIServices, and the servers behind them.
import type { ApiHandler, ApiResponse } from '#machinery'
import type { Core } from '../core.ts'
import type { RequestContext } from '../context.ts'
import type { Counter, Family } from '../metrics/metrics.ts'
import { ApiServices } from './api-services.ts'
import { Availability } from './availability.ts'
import { registerBuiltIn, registerCustom } from './autoregister.ts'
import { ExtensionDocuments } from './extension-documents.ts'
import { passOn } from './pass-on.ts'

export type { ApiServices, Remote } from './api-services.ts'
export { type ExtensionDocuments, type ResourceDiscovery, type SwaggerDocument, type VersionDiscovery } from './extension-documents.ts'
export { passOn } from './pass-on.ts'

export class Aggregation {
  readonly services: ApiServices
  readonly documents: ExtensionDocuments
  readonly #core: Core
  readonly #unavailable: Family<Counter>
  readonly #stops: (() => void)[] = []

  constructor(core: Core) {
    this.#core = core
    this.services = new ApiServices(core.objects, core.registry)
    const unavailable = core.metrics.gauge({ name: 'aggregator_unavailable_apiservice', stability: 'ALPHA', help: 'Whether an APIService cannot be asked.', labels: ['name'] })
    this.#unavailable = core.metrics.counter({ name: 'aggregator_unavailable_apiservice_total', stability: 'ALPHA', help: 'How often an APIService could no longer be asked, and why.', labels: ['name', 'reason'] })
    core.metrics.collect(() => {
      unavailable.clear()
      for (const { metadata: { name }, status } of this.services.all()) unavailable.with(name).set(status?.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ? 0 : 1)
    })
    this.documents = new ExtensionDocuments({ ...core, services: this.services })
  }

  /** The answer of the server that the request is for; undefined: it is for this one. */
  answer(context: RequestContext): Promise<ApiResponse> | undefined {
    const { info, request } = context
    if (info?.prefix !== 'apis' || info.group === '' || info.version === '') return undefined
    const remote = this.services.remote(info.group, info.version)
    return remote && passOn(this.#core, remote, request, info, context.impersonated ?? context.user!, context)
  }

  /** Whether a URL is of a version that another server serves. */
  isElsewhere(url: string): boolean {
    const [, group, version] = /^\/apis\/([^/?]+)\/([^/?]+)/.exec(url) ?? []
    return group !== undefined && this.services.remote(group, version!) !== undefined
  }

  /** Registers what is served here, and begins to look after what is served elsewhere. `handler` is the server itself. */
  async start(handler: ApiHandler): Promise<void> {
    const { services, documents } = this, core = this.#core
    const options = { ...core, services, handler, log: core.log.named('aggregator') }
    await registerBuiltIn(options)
    const availability = new Availability({ ...options, lost: (name, reason) => { this.#unavailable.with(name, reason).inc() } })
    this.#stops.push(registerCustom(options), () => { availability.stop() }, () => { documents.stop() })
    availability.start()
    documents.start()
  }
  stop(): void {
    for (const stop of this.#stops) stop()
    this.services.stop()
  }
}
