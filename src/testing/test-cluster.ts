// The real API server, controllers and scheduler in one process, on a clock that is turned by hand: no ports, no files, no waiting.
import { createHmac } from 'node:crypto'
import { createControlPlane, type ControlPlane, type ControlPlaneOptions } from '#assembly'
import { connect, directClient, EventRecorder, Informers, type Client, type Cluster } from '#client'
import { serverPartsOf, startControllers, startParts, type CertificateSigner, type ControllersOptions } from '#controllers'
import { event, lease } from '#kinds'
import { fnv32a, seeded, silent, type ApiHandler, type Log, type Random, type User } from '#machinery'
import { startScheduler } from '#scheduler'
import { legacyToken, type TokenKeys } from '#server'
import { memoryEngine } from '#store'
import { FakeClock, rest } from './fake-clock.ts'
import { FaultyLine, type FaultOptions } from './faults.ts'
import { HollowNodes } from './hollow-nodes.ts'

export interface TestClusterOptions {
  /** Everything that happens follows from it. */
  readonly seed?: number
  /** Simulated nodes, named node-1 and so on. */
  readonly nodes?: number
  /** Which controllers run; default all. */
  readonly controllers?: readonly string[]
  readonly scheduler?: boolean
  /** How long a simulated pod takes to start or to end, in milliseconds; default 100. */
  readonly podMs?: () => number
  /** What goes wrong between the components and the server. */
  readonly faults?: FaultOptions
  readonly log?: Log
  readonly nodeMonitorGracePeriodMs?: number
  /** What else the controllers are told. */
  readonly controllersOptions?: Partial<ControllersOptions>
  /** Signs certificate requests; default: nobody does. */
  readonly signer?: CertificateSigner
  /** What else the control plane is given: ways to other servers, mostly. */
  readonly plane?: Partial<ControlPlaneOptions>
}

const admin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
/** Signs without secrets: the same tokens in every run. */
const mac = (data: Uint8Array) => createHmac('sha256', 'test').update(data).digest()
const testKeys: TokenKeys = {
  signer: { keyId: 'test', algorithm: 'ES256', sign: mac }, verifying: [{ keyId: 'test', algorithm: 'ES256', jwk: {}, verify: (data, signature) => mac(data).equals(signature) }],
}
/** Nothing but heartbeats for so long means that the cluster has come to rest. */
const quietMs = 3_000
const longestMs = 30 * 60_000
const restartMs = 1_000

export class TestCluster {
  readonly clock = new FakeClock()
  readonly random: Random
  readonly client: Client
  readonly plane: ControlPlane
  /** Fingerprints of the authorities whose client certificates are believed. */
  readonly anchors: Set<string>
  readonly nodes: HollowNodes
  readonly #options: TestClusterOptions
  #process: { readonly line: FaultyLine; readonly informers: Informers; readonly stops: readonly (() => Promise<void>)[] } | undefined
  #deaths = 0

  /** Starts one; stop it, or hold it with `await using`. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const clock = new FakeClock(), random = seeded(options.seed ?? 1)
    const anchors = new Set<string>()
    const plane = await createControlPlane({
      engine: memoryEngine(), clock, random, log: options.log ?? silent, tokenKeys: testKeys, serviceAccountIssuers: ['https://kubernetes.default.svc'],
      serviceClusterIpRange: '10.96.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/16', advertise: { address: '192.0.2.1', port: 6443 },
      clientCa: 'certificate', clientAnchors: () => anchors, authorizationMode: ['Node', 'RBAC'], admission: { enable: ['NodeRestriction'] }, compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 40_000, freeze: true, ...options.plane,
    })
    const cluster = new TestCluster(plane, clock, random, options, anchors)
    for (let i = 1; i <= (options.nodes ?? 0); i++) await cluster.nodes.add(`node-${i}`)
    cluster.startComponents()
    await rest()
    return cluster
  }

  private constructor(plane: ControlPlane, clock: FakeClock, random: Random, options: TestClusterOptions, anchors: Set<string>) {
    this.plane = plane
    this.anchors = anchors
    this.clock = clock
    this.random = random
    this.#options = options
    this.client = this.clientAs(admin)
    this.nodes = new HollowNodes(this.client, options.podMs)
  }

  /** A client of the server itself, without faults. */
  clientAs(user: User, handler: ApiHandler = this.plane.handler, userAgent = 'kubectl'): Client {
    return directClient(handler, user, { clock: this.clock, random: this.#dice(user.name), log: this.#options.log ?? silent, userAgent })
  }
  /** Everybody has dice of his own, so that what one does with them changes nothing for the others. */
  #dice(name: string): Random { return seeded((this.#options.seed ?? 1) * 7919 + fnv32a(name)) }
  /** How often the process of controllers and scheduler has died. */
  get deaths(): number { return this.#deaths }

  /** Starts controllers and scheduler; when the faults kill them, they are started anew a second later. */
  startComponents(faults: FaultOptions = this.#options.faults ?? {}): void {
    const line = new FaultyLine(this.plane.handler, faults, this, () => { this.#deaths++; this.clock.after(restartMs, () => this.startComponents({ ...faults, diesAtWrite: 0, dies: this.#deaths < (faults.deaths ?? 3) ? faults.dies ?? 0 : 0 })) })
    const informers = new Informers(this.clientAs({ name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] }, line.handler))
    const as = (user: User, component: string): Cluster => {
      const client = this.clientAs(user, line.handler, component === 'default-scheduler' ? 'kube-scheduler' : 'kube-controller-manager')
      return connect(client, informers, new EventRecorder(client, { component, ...(component === 'default-scheduler' && { style: 'series' as const }) }))
    }
    const { log = silent, controllers, scheduler = true, signer, controllersOptions, nodeMonitorGracePeriodMs = 40_000 } = this.#options
    this.#process = { line, informers, stops: [
      startControllers({ as, clock: this.clock, log, ...(controllers && { only: controllers }), options: { rootCa: 'certificate', ...controllersOptions, ...(signer && { certificates: { signer } }), signToken: async (account, name) => legacyToken(testKeys, account, name), clusterCidr: '10.244.0.0/16', nodeMonitorGracePeriodMs } }),
      startParts(serverPartsOf(controllersOptions?.further ?? {}, admin), { as, clock: this.clock, log }),
      ...(scheduler ? [startScheduler(as({ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, 'default-scheduler'), { ...(controllersOptions?.further?.deviceTaintRule && { deviceTaintRules: controllersOptions.further.deviceTaintRule }) })] : []),
    ] }
  }
  /** Controllers and scheduler die, whatever they are at; others start a second later and know nothing of them. */
  crash(): void { this.#process?.line.kill() }

  /** Lets everything happen that can: time passes until nothing but heartbeats and events is written for a while. */
  async settle(quiet = quietMs): Promise<void> {
    const end = this.clock.now() + longestMs
    let changedAt = this.clock.now()
    const stops = [this.plane.store.watch('/registry/', '/registry0', this.plane.store.revision, ({ events }) => {
      if (events.some(({ kv }) => !heartbeats.some((prefix) => kv.key.startsWith(prefix)))) changedAt = this.clock.now()
    })]
    await rest()
    while (this.clock.now() - changedAt < quiet) {
      if (this.clock.now() >= end) throw new Error(`the cluster did not come to rest within ${longestMs / 60_000} minutes`)
      const next = this.clock.next
      await this.clock.advance(next === undefined ? quiet : Math.min(Math.max(1, next - this.clock.now()), quiet))
    }
    for (const stop of stops) stop()
  }

  async stop(): Promise<void> {
    this.nodes.stop()
    // What is asked after this is never answered, as after a crash: nobody waits for it.
    this.#process?.informers.stop()
    for (const stop of this.#process?.stops ?? []) void stop()
    await rest()
    this.client.close()
    await this.plane.stop()
  }
  async [Symbol.asyncDispose](): Promise<void> { await this.stop() }
}
const heartbeats = [lease.storagePrefix, event.storagePrefix]
