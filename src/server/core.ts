// What every handler works with: the parts of one server, and one request on its way through them.
import type { ApiRequest, Clock, Kind, Log, Random, User, VerifySignature } from '#machinery'
import type { Auditor } from './audit/auditor.ts'
import type { AdmissionChain } from './admit.ts'
import type { AuthenticatorChain } from './authn/authn.ts'
import type { Authorizer } from './authz/authz.ts'
import type { RequestContext } from './context.ts'
import { EventLog } from './event-log.ts'
import type { Output } from './media.ts'
import type { ComparisonMetrics } from './metrics/comparisons.ts'
import type { ConversionMetrics } from './metrics/conversions.ts'
import type { ExpressionMetrics } from './metrics/expressions.ts'
import type { ListMetrics, WatchCacheMetrics } from './metrics/lists.ts'
import type { GateMetrics } from './metrics/gates.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { GivenUp } from './metrics/given-up.ts'
import type { PodLogMetrics } from './metrics/pod-logs.ts'
import type { StoreRequests } from './metrics/store-requests.ts'
import type { WatchMetrics } from './metrics/watches.ts'
import type { Objects } from './objects.ts'
import type { Outbound } from './outbound.ts'
import type { RequestInfo } from './request.ts'
import type { Registry, Served } from './served.ts'
import type { Allocator, KubeletConnector, TokenSigner } from './server.ts'
import type { BackendConnector } from './proxying/backend.ts'
import type { Tracer } from './tracing/span.ts'

export interface Core {
  readonly objects: Objects
  readonly registry: Registry
  readonly clock: Clock
  /** Milliseconds with fractions, from any beginning: for durations. */
  readonly stopwatch: () => number
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly gates: GateMetrics
  readonly auditor: Auditor
  /** Follows requests; absent: nobody does. */
  readonly tracer: Tracer | undefined
  /** What is counted of the store and of watches. */
  readonly storeRequests: StoreRequests
  readonly givenUp: GivenUp
  readonly podLogs: PodLogMetrics
  readonly watchMetrics: WatchMetrics
  readonly listMetrics: ListMetrics
  readonly comparisons: ComparisonMetrics
  readonly conversions: ConversionMetrics
  readonly expressions: ExpressionMetrics
  readonly admission: AdmissionChain
  readonly authorizer: Authorizer
  /** Who is asking. Rejects with NotAuthenticated. */
  readonly authenticate: AuthenticatorChain['authenticate']
  readonly verifySignature: VerifySignature | undefined
  readonly allocators: ReadonlyMap<Kind, readonly Allocator[]>
  readonly logs: EventLogs
  /** What ends each open watch. */
  readonly watches: Set<() => void>
  readonly tokens: TokenSigner | undefined
  readonly kubelet: KubeletConnector | undefined
  readonly backend: BackendConnector | undefined
  readonly outbound: Outbound
  /** A watch without timeoutSeconds ends after so long, or up to twice as long. */
  readonly shortestWatchSeconds: number
  /** Whether CBOR is spoken (the feature gate CBORServingAndStorage). */
  readonly cbor: boolean
  /** The certificate shown to extension servers, with its key. */
  readonly proxyIdentity: { readonly certificate: string; readonly key: string } | undefined
}

/** One event log per stored kind, made when it is first watched. */
export class EventLogs {
  readonly #objects: Objects
  readonly #logs = new Map<Kind, EventLog>()
  readonly #metrics: (kinds: () => Iterable<Kind>) => WatchCacheMetrics
  #counting: WatchCacheMetrics | undefined
  constructor(objects: Objects, metrics: (kinds: () => Iterable<Kind>) => WatchCacheMetrics) {
    this.#objects = objects
    this.#metrics = metrics
  }
  /** Ends every watch of a kind that is not served any more as it was. */
  close(kind: Kind): void {
    this.#logs.get(kind)?.end()
    this.#logs.delete(kind)
  }
  of(kind: Kind): EventLog {
    let log = this.#logs.get(kind)
    if (!log) {
      this.#counting ??= this.#metrics(() => [...this.#logs].filter(([, { listeners }]) => listeners > 0).map(([watched]) => watched))
      log = new EventLog(this.#objects, kind, this.#counting)
      this.#logs.set(kind, log)
    }
    return log
  }
  /** How many watchers a change of an object would reach. */
  watchersOf(kind: Kind, namespace: string, name: string): number {
    const log = this.#logs.get(kind)
    if (!log || log.listeners === 0) return 0
    return log.interestedIn(this.#objects.prefix(kind, namespace), name === '' ? undefined : this.#objects.key(kind, namespace, name))
  }
}

/** A request that is allowed, on its way to a resource. */
export interface Call {
  readonly core: Core
  readonly context: RequestContext
  readonly request: ApiRequest
  readonly info: RequestInfo
  readonly user: User
  readonly served: Served
  readonly output: Output
  /** Texts of Warning headers, in order. */
  readonly warnings: string[]
}
/** A resource's kind and where the request looks for it. */
export const place = ({ served, info }: Call): string => (served.namespaced ? info.namespace : '')
