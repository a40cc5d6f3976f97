// The real API server, controllers and scheduler in one process, on a clock that is turned by hand: no ports, no files, no waiting.
import { createHmac } from 'node:crypto'
import { createControlPlane, type ControlPlane } from '#assembly'
import { connect, directClient, EventRecorder, Informers, type Client, type Cluster } from '#client'
import { startControllers } from '#controllers'
import { event, lease } from '#kinds'
import { seeded, silent, type ApiHandler, type Log, type Random, type User } from '#machinery'
import { startScheduler } from '#scheduler'
import type { TokenKeys } from '#server'
import { memoryEngine } from '#store'
import { FakeClock, rest } from './fake-clock.ts'
import { HollowNodes } from './hollow-nodes.ts'

export interface TestClusterOptions {
  /** Everything that happens follows from it. */
  readonly seed?: number
  /** Simulated nodes, named node-1 and so on. */
  readonly nodes?: number
  /** Which controllers run; default all. */
  readonly controllers?: readonly string[]
  readonly scheduler?: boolean
  /** Stands between the components and the server. */
  readonly between?: (handler: ApiHandler, cluster: { readonly clock: FakeClock; readonly random: Random }) => ApiHandler
  readonly log?: Log
  readonly nodeMonitorGracePeriodMs?: number
}

const admin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
/** Signs without secrets: the same tokens in every run. */
const testKeys: TokenKeys = {
  algorithm: 'ES256', keyId: 'test',
  sign: (data) => createHmac('sha256', 'test').update(data).digest(),
  verify: (data, signature) => createHmac('sha256', 'test').update(data).digest().equals(signature),
}
/** Nothing but heartbeats for so long means that the cluster has come to rest. */
const quietMs = 3_000
const longestMs = 30 * 60_000

export class TestCluster {
  readonly clock = new FakeClock()
  readonly random: Random
  readonly client: Client
  readonly plane: ControlPlane
  readonly nodes: HollowNodes
  readonly #options: TestClusterOptions
  readonly #handler: ApiHandler
  #components: (() => Promise<void>)[] = []
  #informers: Informers | undefined

  /** Starts one; stop it, or hold it with `await using`. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const clock = new FakeClock(), random = seeded(options.seed ?? 1)
    const plane = await createControlPlane({
      engine: memoryEngine(), clock, random, log: options.log ?? silent, tokenKeys: testKeys, serviceAccountIssuer: 'https://kubernetes.default.svc',
      serviceClusterIpRange: '10.96.0.0/16', serviceNodePortRange: { from: 30000, to: 32767 }, clusterCidr: '10.244.0.0/16', advertise: { address: '192.0.2.1', port: 6443 },
      clientCa: 'certificate', authorizationMode: ['Node', 'RBAC'], anonymousAuth: true, compactionIntervalMs: 0, nodeMonitorGracePeriodMs: 40_000, freeze: true,
    })
    const cluster = new TestCluster(plane, clock, random, options)
    for (let i = 1; i <= (options.nodes ?? 0); i++) await cluster.nodes.add(`node-${i}`)
    cluster.startComponents()
    await rest()
    return cluster
  }

  private constructor(plane: ControlPlane, clock: FakeClock, random: Random, options: TestClusterOptions) {
    this.plane = plane
    this.clock = clock
    this.random = random
    this.#options = options
    this.#handler = options.between?.(plane.handler, this) ?? plane.handler
    this.client = this.clientAs(admin, plane.handler)
    this.nodes = new HollowNodes(this.client)
  }

  clientAs(user: User, handler: ApiHandler = this.#handler): Client {
    return directClient(handler, user, { clock: this.clock, random: this.random, log: this.#options.log ?? silent, userAgent: 'test' })
  }

  startComponents(): void {
    const informers = new Informers(this.clientAs({ name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] }))
    const as = (user: User, component: string): Cluster => {
      const client = this.clientAs(user)
      return connect(client, informers, new EventRecorder(client, { component, ...(component === 'default-scheduler' && { style: 'series' as const }) }))
    }
    this.#informers = informers
    this.#components = [
      startControllers({ as, clock: this.clock, log: this.#options.log ?? silent, ...(this.#options.controllers && { only: this.#options.controllers }),
        options: { rootCa: 'certificate', clusterCidr: '10.244.0.0/16', nodeMonitorGracePeriodMs: this.#options.nodeMonitorGracePeriodMs ?? 40_000 } }),
      ...(this.#options.scheduler === false ? [] : [startScheduler(as({ name: 'system:kube-scheduler', groups: ['system:authenticated'] }, 'default-scheduler'))]),
    ]
  }
  /** Controllers and scheduler are gone, whatever they were at; what they remembered is lost. */
  async stopComponents(): Promise<void> {
    this.#informers?.stop()
    await Promise.all(this.#components.map((stop) => stop()))
    this.#components = []
  }

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
    await this.stopComponents()
    this.client.close()
    await this.plane.stop()
  }
  async [Symbol.asyncDispose](): Promise<void> { await this.stop() }
}
const heartbeats = [lease.storagePrefix, event.storagePrefix]
