// A cluster on this machine: its keys, its control plane, its listening sockets and its nodes.
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { ClusterOptions, ClusterProgram } from '#cli'
import { listen, type Listening } from '#server/listen'
import type { ApiHandler } from '#machinery'
import { allowedOrigins, featureGates, featureMetrics, Metrics, nthAddress, parseCidr, runtimeConfigProblem } from '#server'
import { schedulerOptions, schedulerSettingsOf } from './scheduler-options.ts'
import { localDirectoriesOf } from './agent-config.ts'
import { authenticationOf, serviceAccountKeys } from './authentication-options.ts'
import { authorizationOf } from './authorization-options.ts'
import { backend } from './backend.ts'
import { buildInfo } from './build-info.ts'
import { auditing } from './audit.ts'
import { certificateSigner } from './certificate-signer.ts'
import { CertificatesInUse } from './certificates-in-use.ts'
import { createControlPlane, openEngine, type ControlPlane } from './control-plane.ts'
import { giveBackMemory } from './give-back.ts'
import { provesKey } from './key-proof.ts'
import { kubeletConnector } from './kubelet-connector.ts'
import { measured, storageSize } from './measured-engine.ts'
import { measuredOutbound } from './measured-outbound.ts'
import { metricSettings } from './metric-settings.ts'
import { outbound } from './outbound.ts'
import { reloads } from './reloads.ts'
import { processMetrics } from './process-metrics.ts'
import { profiler } from './profiling/index.ts'
import { nobodyAt } from './nobody-at.ts'
import { quieten } from './quieten.ts'
import { Pki, serverNames } from './pki.ts'
import { realClock, secureRandom, stopwatch } from './real-clock.ts'
import { announceLocalStorage } from './local-storage.ts'
import type { RealNodes } from './real-nodes.ts'
import { verifySignature } from './verify-signature.ts'

type Context = Parameters<ClusterProgram['startCluster']>[1]
type Running = Awaited<ReturnType<ClusterProgram['startCluster']>>

/** Starts or resumes a cluster; resolves when it answers. Whatever was started is stopped again when it fails. */
export async function startCluster(options: ClusterOptions, context: Context): Promise<Running> {
  const { log } = context, undo: (() => Promise<unknown>)[] = [], fatal = Promise.withResolvers<never>()
  fatal.promise.catch(() => {}) // whoever waits for it is told; nobody else need crash
  try {
    return await start(options, context, undo, fatal)
  } catch (error) {
    for (const step of undo.reverse()) await step().catch((cause: unknown) => log.warn('a part that had started could not be stopped', { error: cause }))
    throw error
  }
}

async function start(options: ClusterOptions, { log, progress, followAudit, setVerbosity = () => {} }: Context, undo: (() => Promise<unknown>)[], fatal: PromiseWithResolvers<never>): Promise<Running> {
  const { paths, bindAddress } = options, gates = featureGates(options.featureGates), wrong = runtimeConfigProblem(options.runtimeConfig)
  if (wrong) throw new Error(wrong)
  const random = secureRandom(), pki = new Pki(paths.pkiDir)
  progress('preparing keys')
  // The network comes first: its address is in the server's certificate. Only clusters with real nodes load that code.
  const nodes: RealNodes | undefined = options.containerdNodes > 0 ? await (await import('./real-nodes.ts')).prepareRealNodes(options, log) : undefined
  const ca = await pki.authority('ca', 'kubernetes')
  const advertised = options.advertiseAddress ?? nodes?.gateway ?? machineAddress()
  const names = serverNames([advertised, ...(bindAddress === '0.0.0.0' || bindAddress === '::' ? machineAddresses() : [bindAddress]), ...(nodes ? [nodes.gateway] : [])], firstServiceAddress(options.serviceClusterIpRange), 'cluster.local')
  const [serving, admin, kubeletClient] = [
    await pki.leaf('apiserver', ca, names, ['server']),
    await pki.leaf('admin', ca, { commonName: 'kubernetes-admin', organizations: ['system:masters'] }, ['client']),
    await pki.leaf('apiserver-kubelet-client', ca, { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }, ['client'])]
  const frontProxyCa = await pki.authority('front-proxy-ca', 'front-proxy-ca')
  const proxyIdentity = await pki.leaf('front-proxy-client', frontProxyCa, { commonName: 'front-proxy-client' }, ['client'])
  const certificates = new CertificatesInUse(options, { ca, frontProxyCa, serving, proxyIdentity })

  progress('starting the API server')
  const read = (path: string) => readFileSync(path, 'utf8'), metrics = new Metrics(metricSettings(options, read))
  const handshakes = metrics.counter({ name: 'apiserver_tls_handshake_errors_total', stability: 'ALPHA', help: 'TLS handshakes of clients that failed.' }).with()
  // Sockets first: a port that is in use is known before anything is written. Requests wait until there is something to ask.
  const ready = Promise.withResolvers<ApiHandler>()
  ready.promise.catch(() => {})
  const handler: ApiHandler = async (request) => (await ready.promise)(request)
  let isElsewhere = (_url: string): boolean => false
  let givenUp: ControlPlane['server']['core']['givenUp'] | undefined
  let objects: ControlPlane['objects'] | undefined
  const nobody = nobodyAt(() => objects)
  const common = { handler, isElsewhere: (url: string) => isElsewhere(url), ...certificates.serving, log: log.named('listen'), onHandshakeError: () => { handshakes.inc() }, givenUp: () => givenUp, nobodyAt: nobody,
    agents: { authority: ca.certificate, certificate: kubeletClient.certificate, key: kubeletClient.key },
    requestMs: options.requestTimeout, goawayChance: options.goawayChance, withoutHttp2: options.disableHttp2Serving, sharesPort: options.permitPortSharing, ...(options.http2MaxStreamsPerConnection > 0 && { streamsPerConnection: options.http2MaxStreamsPerConnection }),
    ...(options.strictTransportSecurityDirectives.length > 0 && { strictTransportSecurity: options.strictTransportSecurityDirectives.join('; ') }) }
  const main = await listen({ ...common, host: bindAddress, port: options.port })
  const sockets: Listening[] = [main]
  undo.push(async () => { ready.reject(new Error('the API server did not start')); for (const socket of sockets) await socket.close() })
  if (nodes) {
    await nodes.raise()
    undo.push(() => nodes.lowerFresh())
    if (bindAddress !== '0.0.0.0' && bindAddress !== nodes.gateway) sockets.push(await listen({ ...common, host: nodes.gateway, port: main.port }))
  }

  const calls = measuredOutbound(outbound(), metrics, stopwatch)
  featureMetrics(metrics, gates)
  for (const warning of gates.warnings) log.warn(warning)
  if (gates.idle.length > 0) log.warn('feature gates were switched that nothing here looks at', { gates: gates.idle.join(',') })
  processMetrics(metrics)
  const auditor = auditing(options, { log: log.named('audit'), clock: realClock, metrics, outbound: calls, read, ...(followAudit && { followAudit }) })
  undo.push(() => auditor.close())
  const tracing = options.tracingConfigFile ? await (await import('./tracing/index.ts')).tracing(options.tracingConfigFile, { clock: realClock, random, log: log.named('tracing'), metrics, read }) : undefined
  if (tracing) undo.push(() => tracing.close())
  const kubelet = kubeletConnector({ client: kubeletClient, authority: ca.certificate, nobodyAt: nobody }), carrier = backend({ identity: kubeletClient, ca: ca.certificate }, nobody)
  const atRest = options.encryptionProviderConfig ? await (await import('./encryption/index.ts')).encryption({ file: options.encryptionProviderConfig, reload: options.encryptionProviderConfigAutomaticReload, kmsV1: gates.on.get('KMSv1') === true, reloads: reloads(metrics, 'encryption', realClock), metrics, stopwatch, clock: realClock, log: log.named('encryption') }) : undefined
  if (atRest) undo.push(async () => atRest.stop())
  storageSize(metrics, ['store.db', 'store.db-wal'].map((name) => join(paths.storeDir, name)))
  const plane: ControlPlane = await createControlPlane({
    build: buildInfo(),
    ...(atRest && { atRest: atRest.atRest, checks: atRest.checks }),
    engine: measured(await openEngine(paths.storeDir), metrics, stopwatch), clock: realClock, stopwatch, random, log, kubelet, outbound: calls, backend: carrier, clientCa: certificates.clientCa, rootCa: ca.certificate, signer: certificateSigner(ca), provesKey, verifySignature, loadBalancerPool: poolOf(options, nodes), ...(options.containerdNodes + options.simulatedNodes > 0 && { localDirectories: { of: (node: string) => localDirectoriesOf(paths, node), areReal: nodes !== undefined } }), frontProxyCa: certificates.frontProxyCa, proxyIdentity: certificates.proxyIdentity, tokenKeys: serviceAccountKeys(options, pki),
    ...authenticationOf(options, certificates, reloads(metrics, 'authentication', realClock), log.named('authenticator')), serviceClusterIpRange: options.serviceClusterIpRange, serviceNodePortRange: options.serviceNodePortRange,
    features: new Set([...gates.on].filter(([, isOn]) => isOn).map(([name]) => name)),
    flowControl: { enabled: options.enablePriorityAndFairness, maxRequestsInFlight: options.maxRequestsInflight, maxMutatingRequestsInFlight: options.maxMutatingRequestsInflight, waitMs: options.requestTimeout / 4 }, minRequestTimeoutSeconds: options.minRequestTimeout,
    clusterCidr: nodes?.podCidr ?? options.clusterCidr, advertise: { address: advertised, port: main.port }, authorizationMode: options.authorizationMode, authorization: authorizationOf(options, reloads(metrics, 'authorization', realClock), log.named('authorization')), runtimeConfig: options.runtimeConfig,
    ...(options.externalHostname && { externalHost: options.externalHostname }), eventTtlSeconds: options.eventTtl / 1000, ...(options.corsAllowedOrigins.length > 0 && { cors: allowedOrigins(options.corsAllowedOrigins) }),
    ...(options.profiling && { debugging: { profiler: profiler(realClock), setVerbosity } }),
    read, metrics, auditor, ...(tracing && { tracer: tracing.tracer }), flags: { ...options.shownFlags, 'advertise-address': advertised, 'secure-port': String(main.port) },
    admission: { enable: options.enableAdmissionPlugins, disable: options.disableAdmissionPlugins, ...(options.admissionControlConfigFile && { configFile: options.admissionControlConfigFile }), notReadySeconds: options.defaultNotReadyTolerationSeconds, unreachableSeconds: options.defaultUnreachableTolerationSeconds },
    compactionIntervalMs: options.etcdCompactionIntervalMs, nodeMonitorGracePeriodMs: options.nodeMonitorGracePeriodMs,
    scheduler: schedulerOptions(schedulerSettingsOf(options.schedulerConfig, read), calls, read, metrics),
    onFatal: (error) => fatal.reject(error),
  })
  isElsewhere = (url) => plane.server.isElsewhere(url)
  givenUp = plane.server.core.givenUp
  objects = plane.objects
  undo.push(() => plane.stop())
  ready.resolve(plane.handler)
  const unfollow = certificates.follow(log.named('certificates'), async () => {
    for (const socket of sockets) socket.renew(certificates.serving)
    await plane.publishAuthorities({ clientCa: certificates.clientCa, frontProxyCa: certificates.frontProxyCa })
  })
  undo.push(async () => unfollow())
  plane.startComponents({ controllers: options.disableControllerManager, scheduler: options.disableScheduler })
  const asServer = (component: string) => plane.as({ name: 'system:apiserver', groups: ['system:masters'] }, component).client
  const simulated = options.simulatedNodes > 0 ? (await import('./simulated-nodes.ts')).startSimulatedNodes(plane, options.simulatedNodes, log) : undefined
  if (simulated) undo.push(() => simulated.stop())
  if (nodes) {
    progress(`starting ${options.containerdNodes === 1 ? 'the node' : `${options.containerdNodes} nodes`}`)
    await nodes.start({ ca, pki, serverPort: main.port })
    await nodes.announceDns(asServer('dns'))
  }
  if (nodes || simulated) await announceLocalStorage(asServer('storage'))

  const keepMemory = giveBackMemory(() => { plane.objects.rest() })
  const shownHost = bindAddress === '0.0.0.0' || bindAddress === '::' ? '127.0.0.1' : bindAddress
  return {
    server: `https://${shownHost}:${main.port}`,
    admin: { certificateAuthority: options.tlsCertFile ? certificates.serving.certificate : ca.certificate, certificate: admin.certificate, key: admin.key },
    failed: fatal.promise,
    async stop() {
      keepMemory()
      unfollow()
      atRest?.stop()
      await simulated?.stop()
      const closing = await quieten({ lifecycle: plane.server.lifecycle, sockets, clock: realClock, log, delayMs: options.shutdownDelayDuration, sendRetryAfter: options.shutdownSendRetryAfter, requestMs: options.requestTimeout, watchMs: options.shutdownWatchTerminationGracePeriod })
      await plane.stop()
      await Promise.all(closing)
      await auditor.close()
      await tracing?.close()
      kubelet.close()
      calls.close()
      carrier.close()
    },
  }
}

/** Simulated nodes answer for nothing: their services get addresses that are nobody's (RFC 5737). */
const exampleAddresses = '192.0.2.128/25'
const poolOf = ({ loadBalancerPool, simulatedNodes }: ClusterOptions, nodes: RealNodes | undefined): readonly string[] =>
  (loadBalancerPool.length > 0 ? loadBalancerPool : nodes ? [nodes.loadBalancerCidr] : simulatedNodes > 0 ? [exampleAddresses] : [])

/** Addresses of this machine that others could reach it by. */
const machineAddresses = (): string[] => Object.values(networkInterfaces()).flatMap((all) => all ?? []).filter((a) => a.family === 'IPv4' && !a.internal).map((a) => a.address)
/** What the `kubernetes` endpoints name where nobody but this machine asks: they may not be loopback. 192.0.2.1 is reserved for examples (RFC 5737). */
const machineAddress = (): string => machineAddresses()[0] ?? '192.0.2.1'

const firstServiceAddress = (cidr: string): string => nthAddress(parseCidr(cidr), 1)
