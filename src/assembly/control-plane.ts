// One process: store, API server, controllers and scheduler, each talking to the server as itself.
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { kinds, podPreset } from '#kinds'
import { formatTime, userAgentOf, type ApiHandler, type Clock, type Log, type Random, type User, type VerifySignature } from '#machinery'
import { connect, directClient, EventRecorder, Informers, type Cluster } from '#client'
import { serverPartsOf, startControllers, startParts, type CertificateSigner, type FurtherKinds, type LocalDirectories } from '#controllers'
import { startScheduler, type SchedulerOptions } from '#scheduler'
import {
  admissionPlugins, AuthorizerMetrics, bootstrap, configuredAuthorizers, createApiServer, createObjects, impersonator, keepFlowControl, keepIpAddresses, legacyToken, Metrics, parseCidr, podCertificateSigning, podPresetPlugin, workQueueMetrics, publishAuthorities, readableStore,
  ServiceAllocation, servedVersions, systemUser, type AdmissionChoice, type AllowedOrigins, type Debugging, type ApiServer, type Auditor, type BackendConnector, type EncryptionAtRest, type FlowControlSettings, type FrontProxyNames, type HealthCheck, type KubeletConnector, type Objects, type ReadFile, type RuntimeConfig, type ProvesKey, type ServedVersions, type Outbound, type Tracer,
} from '#server'
import { openStore, sealedEngine, sqliteEngine, type Engine, type Store } from '#store'
import { authentication, type AuthenticationOptions } from './authentication.ts'
import type { AuthorizationOptions } from './authorization-options.ts'
import { controllerFigures, showState } from './controller-metrics.ts'
import { removeDirectory } from './remove-directory.ts'

/** What a control plane is, wherever it runs: a test gives a memory engine, a virtual clock and fixed keys. */
export interface ControlPlaneOptions extends AuthenticationOptions {
  readonly engine: Engine
  /** Keeps values unreadable on the disk. */
  readonly atRest?: EncryptionAtRest
  /** Named checks of /healthz, /livez and /readyz beyond the server's own. */
  readonly checks?: readonly HealthCheck[]
  readonly clock: Clock
  /** Milliseconds with fractions for durations; default: the clock's. */
  readonly stopwatch?: () => number
  readonly random: Random
  readonly log: Log
  /** Where figures are kept and events written down; default: nowhere but /metrics. */
  readonly metrics?: Metrics
  readonly auditor?: Auditor
  readonly tracer?: Tracer
  readonly flowControl?: FlowControlSettings
  readonly minRequestTimeoutSeconds?: number
  readonly serviceClusterIpRange: string
  readonly serviceNodePortRange: { readonly from: number; readonly to: number }
  readonly clusterCidr: string
  readonly advertise: { readonly address: string; readonly port: number }
  /** Where clients are told that the server is, with or without a port; default: `advertise`. */
  readonly externalHost?: string
  /** How long events are kept; default: an hour. */
  readonly eventTtlSeconds?: number
  readonly cors?: AllowedOrigins
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientCa: string
  /** PEM of what pods trust the API server by; absent: the client authorities. */
  readonly rootCa?: string
  /** Ranges that services of type LoadBalancer get addresses from. */
  readonly loadBalancerPool?: readonly string[]
  /** Where nodes have directories that are volumes; absent: nobody makes volumes. */
  readonly localDirectories?: LocalDirectories
  /** Signs what is asked for with certificate signing requests; absent: they are left as they are. */
  readonly signer?: CertificateSigner
  /** PEM of the authority whose certificates may say who somebody is (X-Remote-User), and the one the server shows to extension servers. */
  readonly frontProxyCa?: string
  readonly frontProxyNames?: FrontProxyNames
  readonly proxyIdentity?: { readonly certificate: string; readonly key: string }
  /** Who decides, in order; `authorization` says more, in place of it. */
  readonly authorizationMode: readonly string[]
  readonly authorization?: AuthorizationOptions
  /** --runtime-config: which versions and resources are served. */
  readonly runtimeConfig?: RuntimeConfig
  /** Which admission plugins there are, and what they are told. */
  readonly admission?: AdmissionChoice & { readonly notReadySeconds?: number; readonly unreachableSeconds?: number }
  /** Reads files that configurations name; absent: there are none. */
  readonly read?: ReadFile
  readonly compactionIntervalMs: number
  readonly nodeMonitorGracePeriodMs: number
  /** Profiles of the scheduler and what goes with them. */
  readonly scheduler?: SchedulerOptions
  readonly kubelet?: KubeletConnector
  readonly outbound?: Outbound
  readonly backend?: BackendConnector
  /** Feature gates that are on though they are off in the reference. */
  readonly features?: ReadonlySet<string>
  /** Whether who asks for a pod's certificate holds its key; absent: nobody looks. */
  readonly provesKey?: ProvesKey
  /** Checks signatures in certificate signing requests; absent: nobody looks at them. */
  readonly verifySignature?: VerifySignature
  /** Freeze what is shared (tests). */
  readonly freeze?: boolean
  /** Called when the store has failed for good. */
  readonly onFatal?: (error: Error) => void
  readonly build?: Parameters<typeof createApiServer>[0]['build']
  /** What is at /debug. */
  readonly debugging?: Debugging
  /** What the server was told, for /flagz. */
  readonly flags?: Readonly<Record<string, string>>
}

export interface ControlPlane {
  readonly handler: ApiHandler
  readonly store: Store
  readonly objects: Objects
  readonly server: ApiServer
  /** A cluster as this user sees it, on the caches that the controllers share. */
  as(user: User, component: string): Cluster
  /** Tells extension servers of other authorities than those that the server was started with. */
  publishAuthorities(authorities: { readonly clientCa: string; readonly frontProxyCa: string }): Promise<void>
  /** Starts controllers and scheduler; `but`: those that run elsewhere. */
  startComponents(but?: { readonly controllers?: boolean; readonly scheduler?: boolean }): void
  stop(): Promise<void>
}

const day = 86_400_000
export const openEngine = (storeDir: string): Promise<Engine> => sqliteEngine(join(storeDir, 'store.db'))

/** Opens the store and makes the API server ready to answer: bootstrapped, but with no components running yet. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, random, log } = options
  const opened = await openStore({ engine: options.atRest ? sealedEngine(options.engine, options.atRest) : options.engine, clock, log: log.named('store'), ...(options.onFatal && { onFatal: options.onFatal }) })
  const store = options.atRest ? readableStore(opened, options.atRest) : opened
  const objects = createObjects({ store, clock, ...(options.eventTtlSeconds !== undefined && { ttlSeconds: options.eventTtlSeconds }), ...(options.atRest && { atRest: options.atRest }), ...(options.freeze && { freeze: true }) })
  const range = parseCidr(options.serviceClusterIpRange)
  const metrics = options.metrics ?? new Metrics(), { address, port } = options.advertise, host = options.externalHost ?? address, advertised = /:\d+$/.test(host) ? host : `${host}:${port}`
  const { chain, signer, stop: stopAuthentication } = authentication(options, { objects, clock, random, log, outbound: options.outbound, metrics, advertised: `https://${advertised}`, handler: () => server.handler })
  const { notReadySeconds = 300, unreachableSeconds = 300, ...choice } = options.admission ?? {}
  const read = options.read ?? ((path: string) => { throw new Error(`${path} cannot be read here`) })
  const { configuration, follow: followAuthorization, ...more } = options.authorization ?? { configuration: { authorizers: options.authorizationMode.map((type) => ({ type, name: type.toLowerCase() })) } }
  const versions = await servedVersions(options.runtimeConfig ?? {}, options.features ?? new Set(), log.named('apiserver'))
  const podCertificateRequest = versions.serves('certificates.k8s.io/v1beta1', 'podcertificaterequests') ? versions.kinds.find(({ kind }) => kind === 'PodCertificateRequest') : undefined
  const authorizers = configuredAuthorizers(configuration, { objects, node: { features: options.features, podCertificateRequest }, clock, read, outbound: options.outbound ?? nobody, metrics: new AuthorizerMetrics(metrics, options.stopwatch ?? (() => clock.now())), ...more }), { authorizer, roles } = authorizers
  const services = new ServiceAllocation({ ranges: { addresses: range, nodePorts: { first: options.serviceNodePortRange.from, last: options.serviceNodePortRange.to } }, objects, random })
  services.show(metrics, options.stopwatch ?? (() => clock.now()))
  const queues = workQueueMetrics(metrics, clock), figures = controllerFigures(metrics)
  const server: ApiServer = createApiServer({
    objects, clock, random, ...(options.stopwatch && { stopwatch: options.stopwatch }), metrics, ...(options.auditor && { auditor: options.auditor }), ...(options.tracer && { tracer: options.tracer }), ...(options.flowControl && { flowControl: options.flowControl }), log: log.named('apiserver'), kinds: [...kinds, ...versions.kinds], serves: versions.serves, ...(versions.further && { former: versions.further }), authorizer, roles,
    advertised, ...(options.cors && { cors: options.cors }), ...(options.features && { features: options.features }), ...(options.minRequestTimeoutSeconds !== undefined && { minRequestTimeoutSeconds: options.minRequestTimeoutSeconds }),
    authenticator: chain,
    admission: [...(versions.kinds.includes(podPreset) ? [podPresetPlugin] : []), podCertificateSigning(authorizer, options.provesKey), ...admissionPlugins({ random, clock, metrics, authorizer, read, api: (request) => server.handler(request), outbound: options.outbound ?? nobody, tolerationSeconds: { notReady: notReadySeconds, unreachable: unreachableSeconds } }, choice)],
    impersonate: impersonator(authorizer), ...(options.verifySignature && { verifySignature: options.verifySignature }), allocators: [services], tokens: signer,
    ...(options.kubelet && { kubelet: options.kubelet }), ...(options.outbound && { outbound: options.outbound }), ...(options.backend && { backend: options.backend }), ...(options.proxyIdentity && { proxyIdentity: options.proxyIdentity }), ...(options.build && { build: options.build }), ...(options.checks && { checks: options.checks }), ...(options.flags && { flags: options.flags }), ...(options.debugging && { debugging: options.debugging }),
  })
  await bootstrap({ handler: server.handler, objects, ...(options.features && { features: options.features }), serviceRange: range, advertise: options.advertise, clientCa: options.clientCa, ...(options.frontProxyCa && { frontProxyCa: options.frontProxyCa }), ...(options.frontProxyNames && { frontProxyNames: options.frontProxyNames }), today: formatTime(clock.now()).slice(0, 10) })
  await server.aggregate()
  const stops: (() => void | Promise<void>)[] = [stopAuthentication, followAuthorization?.((changed) => authorizers.replace(changed)) ?? (() => {}), keepFlowControl({ objects, handler: server.handler, clock, log: log.named('flowcontrol') }), keepIpAddresses({ objects, handler: server.handler, log: log.named('apiserver') }), compacting(store, clock, log.named('store'), options.compactionIntervalMs)]
  const informers = new Informers(directClient(server.handler, informerUser, { clock, random, log: log.named('caches'), userAgent: userAgentOf('kube-controller-manager', options.build, 'shared-informers') }))
  const as = (user: User, component: string): Cluster => {
    const client = directClient(server.handler, user, { clock, random, log: log.named(component), userAgent: component === 'default-scheduler' ? userAgentOf('kube-scheduler', options.build, 'scheduler') : user.name === systemUser.name ? userAgentOf('kube-apiserver', options.build) : userAgentOf('kube-controller-manager', options.build, user.name) })
    return connect(client, informers, new EventRecorder(client, { component, ...(component === 'default-scheduler' && { style: 'series' as const }) }), client.log, queues)
  }
  return {
    handler: server.handler, store, objects, server, as,
    publishAuthorities: (authorities) => publishAuthorities({ handler: server.handler, objects, ...authorities, ...(options.frontProxyNames && { frontProxyNames: options.frontProxyNames }) }),
    startComponents(but = {}) {
      const further = kindsWithControllers(versions, options.features ?? new Set())
      stops.push(startParts(serverPartsOf(further, systemUser), { as, clock, log: log.named('apiserver') }))
      if (!but.controllers) showState(metrics, as(informerUser, 'figures'))
      if (!but.controllers) stops.push(startControllers({ as, clock, log: log.named('controllers'), options: { figures, ...(options.loadBalancerPool && { loadBalancerPool: options.loadBalancerPool }), ...(options.localDirectories && { localDirectories: options.localDirectories }), ...(options.localDirectories?.areReal && { removeDirectory }), ...(options.signer && { certificates: { signer: options.signer } }), clusterCidr: options.clusterCidr, nodeMonitorGracePeriodMs: options.nodeMonitorGracePeriodMs, rootCa: options.rootCa ?? options.clientCa, further, signToken: async (account, name) => legacyToken(await options.tokenKeys, account, name),
        ...(options.bootstrapTokens && { bootstrapMac: (key: Uint8Array, data: Uint8Array) => createHmac('sha256', key).update(data).digest() }) } }))
      if (!but.scheduler) stops.push(startScheduler(as({ name: 'system:kube-scheduler', groups: [] }, 'default-scheduler'), { ...options.scheduler, ...(further.deviceTaintRule && { deviceTaintRules: further.deviceTaintRule }) }))
    },
    async stop() {
      for (const stop of stops.reverse()) await stop()
      informers.stop()
      await server.close()
      await store.close()
    },
  }
}

/** Of what is served beyond every day, the kinds that controllers look after. */
function kindsWithControllers({ kinds: all, serves }: ServedVersions, features: ReadonlySet<string>): FurtherKinds {
  /** In the first of the versions that is served; they say the same in the same words. */
  const at = (group: string, resource: string, versions: readonly string[], gate?: string) => {
    const kind = all.find((one) => one.group === group && one.resource === resource), version = versions.find((one) => serves(`${group}/${one}`, resource))
    return kind && version && (!gate || features.has(gate)) ? kind.version === version ? kind : { ...kind, version, apiVersion: `${group}/${version}` } : undefined
  }
  const found: { [K in keyof FurtherKinds]: FurtherKinds[K] | undefined } = {
    clusterTrustBundle: at('certificates.k8s.io', 'clustertrustbundles', ['v1beta1']), podCertificateRequest: at('certificates.k8s.io', 'podcertificaterequests', ['v1beta1']), podGroup: at('scheduling.k8s.io', 'podgroups', ['v1alpha2']),
    deviceTaintRule: at('resource.k8s.io', 'devicetaintrules', ['v1beta2', 'v1alpha3'], 'DRADeviceTaintRules'), resourcePoolStatusRequest: at('resource.k8s.io', 'resourcepoolstatusrequests', ['v1alpha3']),
    storageVersionMigration: at('storagemigration.k8s.io', 'storageversionmigrations', ['v1beta1'], 'StorageVersionMigrator'), leaseCandidate: at('coordination.k8s.io', 'leasecandidates', ['v1beta1', 'v1alpha2'], 'CoordinatedLeaderElection'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, kind]) => kind)) as FurtherKinds
}
const nobody: Outbound = async () => { throw new Error('this server calls nobody') }

/** The caches of the process read everything; what a component may write is decided by its own identity. */
const informerUser: User = { name: systemUser.name, groups: systemUser.groups }

/** Old revisions are in memory until they are forgotten: more than this many are not kept, however short the interval. */
const mostRevisions = 100_000

/** Every interval forgets what is older than the interval before, as the reference tells etcd to. */
function compacting(store: Store, clock: Clock, log: Log, intervalMs: number): () => void {
  if (intervalMs <= 0) return () => {}
  let revision = store.revision, cancel = () => {}, busy = false
  const compact = (target: number) => {
    if (busy || target <= store.compactRevision) return
    busy = true
    void store.compact(target).catch((error: unknown) => log.warn('the store could not be compacted', { error })).finally(() => { busy = false })
  }
  const again = () => { cancel = clock.after(Math.min(intervalMs, day), () => {
    compact(revision)
    revision = store.revision
    again()
  }) }
  again()
  const stopWatch = store.watch('', '\0', store.revision, ({ revision: now }) => { if (now - store.compactRevision > 2 * mostRevisions) compact(now - mostRevisions) })
  return () => { cancel(); stopWatch() }
}
