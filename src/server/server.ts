// The API server, put together: what it needs from outside, and the one function that it is.
import type { ApiHandler, ApiRequest, Clock, Kind, Log, LooseObject, Random, ServedVersion, StreamSink, User, VerifySignature } from '#machinery'
import type { AdmissionPlugin } from './admission/admission.ts'
import type { AuthenticatorChain } from './authn/authn.ts'
import type { AuthorizationAttributes, Authorizer } from './authz/authz.ts'
import { deviceClaimCheck } from './authz/device-claims.ts'
import { escalationCheck, type RoleRules } from './authz/escalation.ts'
import { paramAccessCheck } from './authz/param-access.ts'
import type { ObjectReader } from './object-reader.ts'
import { Auditor } from './audit/auditor.ts'
import { uniformPolicy } from './audit/policy.ts'
import { AdmissionChain } from './admit.ts'
import { Aggregation } from './aggregation/index.ts'
import { EventLogs, type Core } from './core.ts'
import type { AllowedOrigins } from './cors.ts'
import { flowControlDumps } from './flowcontrol/dumps.ts'
import { FlowControl } from './flowcontrol/flow-control.ts'
import { MaxInFlight } from './flowcontrol/gate.ts'
import { Lifecycle } from './lifecycle.ts'
import { ComparisonMetrics } from './metrics/comparisons.ts'
import { ConversionMetrics } from './metrics/conversions.ts'
import { ExpressionMetrics } from './metrics/expressions.ts'
import { ListMetrics, WatchCacheMetrics } from './metrics/lists.ts'
import { forgetGone } from './metrics/forget.ts'
import { GateMetrics } from './metrics/gates.ts'
import { Metrics } from './metrics/metrics.ts'
import { GivenUp } from './metrics/given-up.ts'
import { PodLogMetrics } from './metrics/pod-logs.ts'
import { StoreRequests } from './metrics/store-requests.ts'
import { WatchMetrics } from './metrics/watches.ts'
import type { Objects } from './objects.ts'
import { Definitions } from './crd/definitions.ts'
import type { Outbound } from './outbound.ts'
import type { BackendConnector } from './proxying/backend.ts'
import { paths } from './paths/index.ts'
import type { Debugging } from './paths/profiling.ts'
import { knowFurtherVersions } from './typed-schemas.ts'
import { pipeline } from './pipeline.ts'
import type { RequestInfo } from './request.ts'
import { virtualResources } from './virtual/index.ts'
import { Registry } from './served.ts'
import { subresourcesOf } from './subresources/index.ts'
import type { Tracer } from './tracing/span.ts'

export interface ApiServerOptions {
  /** The object layer over the store (createObjects); made first, because authentication, authorization and admission read from it. */
  readonly objects: Objects
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds with fractions, from any beginning, for durations; default: the clock's. */
  readonly stopwatch?: () => number
  readonly log: Log
  /** Writes down what happens to requests; default: nobody does. */
  readonly auditor?: Auditor
  /** Follows requests; default: nobody does. */
  readonly tracer?: Tracer
  /** Pages of other origins that browsers let ask; default: none. */
  readonly cors?: AllowedOrigins
  /** --min-request-timeout: how long watches last that do not say; default 1800. */
  readonly minRequestTimeoutSeconds?: number
  /** How many requests are answered at once. */
  readonly flowControl?: FlowControlSettings
  /** Where figures are kept; default: a registry of its own. */
  readonly metrics?: Metrics
  readonly kinds: readonly Kind[]
  /** Whether a resource of a version (GROUP/VERSION) is served; default: all of the kinds are. */
  readonly serves?: (groupVersion: string, resource: string) => boolean
  /** Further versions of them that are served because somebody asked for them (--runtime-config): removed ones, and those that v1.36 has switched off. */
  readonly former?: ReadonlyMap<Kind, readonly ServedVersion<any>[]> // allowed: versions of any kind
  /** Feature gates that are on though they are off in the reference. */
  readonly features?: ReadonlySet<string>
  /** HOST:PORT where clients reach the server, for /api to tell. */
  readonly advertised?: string
  readonly authenticator: AuthenticatorChain
  readonly authorizer: Authorizer
  /** What roles give: nobody gives away more. Default: what the authorizer knows of it. */
  readonly roles?: RoleRules
  /** Mutating ones run in this order, then (after validation) validating ones in this order. */
  readonly admission: readonly AdmissionPlugin[]
  /** Who the request wants to be (Impersonate-* headers); absent: such headers are refused. */
  readonly impersonate?: Impersonator
  /** Checks signatures in new objects (certificate signing requests); absent: nobody looks at them. */
  readonly verifySignature?: VerifySignature
  /** What must be taken before an object may be stored, and given back: service addresses, node ports. */
  readonly allocators?: readonly Allocator[]
  /** Makes service account tokens; absent: the token subresource says that it is not configured. */
  readonly tokens?: TokenSigner
  /** Carries log requests to node agents; absent: log says that there is no way to the node. */
  readonly kubelet?: KubeletConnector
  /** Carries HTTP to pods, services, agents (their proxy subresources) and extension servers; absent: they say that there is no way. */
  readonly backend?: BackendConnector
  /** Calls webhooks and the like; absent: whoever needs it says that the server may call nobody. */
  readonly outbound?: Outbound
  /** PEM of the certificate that the server shows to extension servers (X-Remote-User and its fellows), and its key. */
  readonly proxyIdentity?: { readonly certificate: string; readonly key: string }
  /** Named checks of /healthz, /livez, /readyz beyond the server's own; each throws when unhealthy. */
  readonly checks?: readonly HealthCheck[]
  /** What the server was told on its command line, for /flagz; nothing secret. */
  readonly flags?: Readonly<Record<string, string>>
  /** Profiles and the level of the log, at /debug; absent: there are none. */
  readonly debugging?: Debugging
  /** Build metadata after the '+' of gitVersion. */
  readonly build?: { readonly version: string; readonly commit: string; readonly date: string; readonly runtime: string; readonly platform: string }
}

export interface ApiServer {
  readonly handler: ApiHandler
  readonly core: Core
  /** How it ends. */
  readonly lifecycle: Lifecycle
  /** Registers what is served here as APIServices, and begins to look after those that are served elsewhere. */
  aggregate(): Promise<void>
  /** Whether what is sent to this URL is for another server: its body is not read here, but passed on as it comes. */
  isElsewhere(url: string): boolean
  /** Ends all watches; new requests are answered 503. */
  close(): void
}

/**
 * Who the user of `attributes` becomes for this request, and the verb that allows it where that is a constrained one; undefined when it
 * wants to be nobody else. Throws an ApiError 403 when it may not.
 */
export type Impersonator = (request: ApiRequest, attributes: AuthorizationAttributes) => Promise<{ readonly user: User; readonly constraint?: string } | undefined>

export interface Allocator {
  readonly kind: Kind
  /**
   * Takes what the object needs and writes it in (`object` may be changed), before validation; throws an ApiError when it is not
   * to be had. The returned function is called once: true when the object was stored, false when it was not (dry runs included).
   */
  begin(object: LooseObject, old: LooseObject | undefined, objects: ObjectReader, dryRun: boolean): (stored: boolean) => void
  /** Gives back what a deleted object held. */
  released(object: LooseObject): void
}

/** What is signed into a service account's token. */
export interface TokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  readonly serviceAccountUid: string
  /** Empty: the server's own. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  /** From when on its use is noted. */
  readonly warnAfter?: number
  readonly boundTo?: { readonly kind: 'Pod' | 'Secret' | 'Node'; readonly name: string; readonly uid: string; readonly node?: { readonly name: string; readonly uid?: string } }
}
export interface TokenSigner {
  /** Of this API server. */
  readonly audiences: readonly string[]
  /** The longest life of a token; 0: as long as is asked for. */
  readonly maxSeconds: number
  /** Whether tokens that pods are given by default live on for a year, for clients that never read them again. */
  readonly extend: boolean
  /** Who signs, for those who want to check; absent: not told. `keys` are public JSON Web Keys. */
  issuer?(): Promise<{ readonly url: string; readonly jwksUri: string; readonly algorithms: readonly string[]; readonly keys: readonly object[] }>
  /** The token and its id. */
  sign(request: TokenRequest): Promise<{ readonly token: string; readonly id: string }>
}

/** A node's agent, from its Node object's addresses and daemonEndpoints. */
export interface KubeletAddress { readonly node: string; readonly host: string; readonly port: number }
export interface KubeletAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes as they come; the returned function hangs up. */
  readonly open: (sink: StreamSink) => () => void
}
export interface KubeletConnector {
  /** GET over TLS with the server's client certificate; rejects when the agent cannot be reached within its deadline. `insecure`: whoever answers is believed. */
  get(agent: KubeletAddress, path: string, insecure?: boolean): Promise<KubeletAnswer>
}

export interface HealthCheck { readonly name: string; check(): void }

/** The reference's limits; --enable-priority-and-fairness=false leaves the two numbers alone. */
export interface FlowControlSettings { readonly enabled?: boolean; readonly maxRequestsInFlight?: number; readonly maxMutatingRequestsInFlight?: number; readonly waitMs?: number }
const usualLimits = { enabled: true, maxRequestsInFlight: 400, maxMutatingRequestsInFlight: 200, waitMs: 15_000 }

function fairFlows({ objects, clock, stopwatch, metrics, registry, logs }: Core, { maxRequestsInFlight, maxMutatingRequestsInFlight, waitMs }: Required<FlowControlSettings>): FlowControl {
  const kindOf = ({ group, version, resource }: RequestInfo) => registry.find(group, version, resource)?.kind
  return new FlowControl({
    objects, clock, stopwatch, metrics, total: maxRequestsInFlight + maxMutatingRequestsInFlight, waitMs,
    lookUp: {
      count: (info) => { const kind = kindOf(info); return kind && objects.count(kind) },
      watchers: (info) => { const kind = kindOf(info); return kind ? logs.watchersOf(kind, info.namespace, info.name) : 0 },
    },
  })
}

const nobody: Outbound = async () => { throw new Error('this server calls nobody') }

/** The whole API server as a function. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { objects, clock, random, log, kinds, authenticator, authorizer } = options
  const { rulesFor } = authorizer, roles: RoleRules | undefined = options.roles ?? (rulesFor && { rulesFor: (user, namespace) => rulesFor.call(authorizer, user, namespace) })
  const allocators = new Map<Kind, Allocator[]>()
  for (const each of options.allocators ?? []) allocators.set(each.kind, [...(allocators.get(each.kind) ?? []), each])
  const metrics = options.metrics ?? new Metrics()
  const stopwatch = options.stopwatch ?? (() => clock.now()), expressions = new ExpressionMetrics(metrics, stopwatch)
  const registry = new Registry(kinds, subresourcesOf, options.former, options.serves, options.features)
  const core: Core = {
    objects, clock, random, log, authorizer, verifySignature: options.verifySignature, allocators, metrics, gates: new GateMetrics(metrics), storeRequests: new StoreRequests(metrics), podLogs: new PodLogMetrics(metrics), givenUp: new GivenUp(metrics, registry), watchMetrics: new WatchMetrics(metrics), auditor: options.auditor ?? new Auditor(uniformPolicy('None'), metrics), tracer: options.tracer, stopwatch, expressions, comparisons: new ComparisonMetrics(metrics), conversions: new ConversionMetrics(metrics),
    registry,
    admission: new AdmissionChain([deviceClaimCheck(authorizer), ...options.admission, ...(roles ? [escalationCheck({ authorizer, roles })] : []), paramAccessCheck(authorizer)], { objects, metrics, expressions }),
    authenticate: authenticator.authenticate,
    logs: new EventLogs(objects, (watched) => new WatchCacheMetrics(metrics, () => objects.store.revision, watched)), listMetrics: new ListMetrics(metrics), watches: new Set(), tokens: options.tokens, kubelet: options.kubelet, backend: options.backend,
    outbound: options.outbound ?? nobody, shortestWatchSeconds: options.minRequestTimeoutSeconds ?? 1800, proxyIdentity: options.proxyIdentity, cbor: options.features?.has('CBORServingAndStorage') ?? false,
  }
  if (options.former) knowFurtherVersions(options.former, options.kinds)
  const definitions = new Definitions(core)
  definitions.start()
  const stopForgetting = forgetGone(metrics, objects, clock)
  const stopAdmission = core.admission.begin({ ...core, log: log.named('admission') })
  const aggregation = new Aggregation(core)
  const limits = { ...usualLimits, ...options.flowControl }, flowControl = limits.enabled ? fairFlows(core, limits) : undefined
  const limiter = flowControl ?? new MaxInFlight({ readOnly: limits.maxRequestsInFlight, mutating: limits.maxMutatingRequestsInFlight }, () => clock.now())
  const lifecycle = new Lifecycle(clock)
  const handler = pipeline({ limiter, core, authorizer, impersonate: options.impersonate, aggregation, paths: [...paths(core, aggregation, options, () => lifecycle.isReady), ...(flowControl ? [flowControlDumps(flowControl)] : [])], virtual: virtualResources, lifecycle, cors: options.cors })
  return {
    handler, core, lifecycle,
    aggregate: () => aggregation.start(handler),
    isElsewhere: (url) => aggregation.isElsewhere(url),
    close() {
      lifecycle.close()
      flowControl?.stop()
      definitions.stop()
      stopForgetting()
      stopAdmission()
      aggregation.stop()
      for (const end of core.watches) end()
    },
  }
}
