// Nodes without machines: they register, renew their leases, and report the pods bound to them as running a moment later.
import { Informer, type Client } from '#client'
import { lease, node, pod, type Node, type Pod } from '#kinds'
import { ApiError, formatMicroTime, formatTime, is } from '#machinery'

const leaseSeconds = 40
const renewMs = 10_000
/** How long a pod takes to start, and to end. */
const startMs = 100
const address = (n: number): string => `10.244.${Math.floor(n / 250)}.${n % 250 + 1}`

/** Whether a patch failed because another object has the name by now. */
export const isAnother = (error: unknown): boolean => error instanceof ApiError && (error.status.details?.causes?.some(({ field }) => field === 'metadata.uid') ?? false)

interface Hollow { readonly name: string; alive: boolean; stopTimer: () => void }

export class HollowNodes {
  readonly #client: Client
  readonly #nodes = new Map<string, Hollow>()
  /** Pods that have an address, by uid: what starts twice keeps it. */
  readonly #podAddresses = new Map<string, string>()
  /** What a pod's program ends with, once it runs; default: it never ends. */
  exitCode: (p: Pod) => number | undefined = () => undefined
  #informer: Informer<Pod> | undefined
  readonly #podMs: () => number
  #addresses = 0

  /** `podMs`: how long the next pod takes to start or to end. */
  constructor(client: Client, podMs: () => number = () => startMs) {
    this.#client = client
    this.#podMs = podMs
  }

  /** Registers a node and keeps it alive. */
  async add(name: string, more: { readonly labels?: Readonly<Record<string, string>>; readonly cpu?: string; readonly memory?: string; readonly pods?: string } = {}): Promise<void> {
    const now = formatTime(this.#client.clock.now()), capacity = { cpu: more.cpu ?? '4', memory: more.memory ?? '8Gi', pods: more.pods ?? '110' }
    const conditions: Node['status']['conditions'] = [
      ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False', reason: `KubeletHasSufficient${type.replace('Pressure', '')}`, message: 'fine', lastHeartbeatTime: now, lastTransitionTime: now })),
      { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'hollow node is ready', lastHeartbeatTime: now, lastTransitionTime: now }]
    await this.#client.create(node, {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...more.labels } },
      status: { capacity, allocatable: capacity, conditions, nodeInfo: { kubeletVersion: 'v1.36.2', operatingSystem: 'linux', architecture: 'amd64' }, addresses: [{ type: 'InternalIP', address: `192.0.2.${10 + this.#nodes.size}` }, { type: 'Hostname', address: name }] },
    })
    const hollow: Hollow = { name, alive: true, stopTimer: () => {} }
    this.#nodes.set(name, hollow)
    await this.#renew(hollow)
    if (!this.#informer) {
      this.#informer = new Informer(this.#client, pod)
      this.#informer.watch(({ type, object }) => { if (type !== 'DELETED') this.#seen(object) })
    }
  }

  /** The node's agent is cut off: no heartbeat, no status, pods neither start nor end. */
  cutOff(name: string): void {
    const hollow = this.#find(name)
    hollow.alive = false
    hollow.stopTimer()
  }
  /** The agent is back. */
  async reconnect(name: string): Promise<void> {
    const hollow = this.#find(name)
    hollow.alive = true
    await this.#ready(name)
    await this.#renew(hollow)
    for (const p of (await this.#client.list(pod, { fieldSelector: `spec.nodeName=${name}` })).items) {
      // That its pods run was doubted in the meantime.
      const isDoubted = p.status.phase === 'Running' && !p.metadata.deletionTimestamp && p.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'False')
      if (isDoubted) this.#later(p, startMs, () => this.#tellRunning(p))
      this.#seen(p)
    }
  }
  stop(): void {
    this.#informer?.stop()
    for (const hollow of this.#nodes.values()) hollow.stopTimer()
    this.#nodes.clear()
  }

  #find(name: string): Hollow {
    const hollow = this.#nodes.get(name)
    if (!hollow) throw new Error(`there is no simulated node ${name}`)
    return hollow
  }

  #seen(p: Pod): void {
    if (!p.spec.nodeName || !this.#nodes.get(p.spec.nodeName)?.alive) return
    if (p.metadata.deletionTimestamp) this.#later(p, this.#podMs(), () => this.#end(p))
    else if ((p.status.phase ?? 'Pending') === 'Pending') this.#later(p, this.#podMs(), () => this.#run(p))
    else if (p.status.phase === 'Running' && this.exitCode(p) !== undefined) this.#later(p, startMs, () => this.#exit(p, this.exitCode(p)))
  }
  #later(p: Pod, ms: number, act: () => Promise<void>): void {
    this.#client.clock.after(ms, () => {
      if (!this.#nodes.get(p.spec.nodeName ?? '')?.alive) return
      act().catch((error: unknown) => { if (!is(error, 'NotFound') && !is(error, 'Conflict') && !isAnother(error)) throw error })
    })
  }

  async #run(p: Pod): Promise<void> {
    // What has started, or ended, meanwhile is not started again.
    if ((this.#informer?.get(p.metadata)?.status.phase ?? 'Pending') === 'Pending') await this.#tellRunning(p)
  }
  async #tellRunning(p: Pod): Promise<void> {
    const now = formatTime(this.#client.clock.now()), ip = this.#addressOf(p)
    const broken = p.metadata.annotations?.['testing/broken'] === 'true'
    const ready = broken ? 'False' : 'True'
    const condition = (type: string, status = ready) => ({ type, status, lastTransitionTime: now, ...(status === 'False' && { reason: 'ContainersNotReady', message: 'broken by annotation' }) })
    await this.#client.patch(pod, p.metadata, 'strategic', { metadata: { uid: p.metadata.uid }, status: {
      phase: 'Running', podIP: ip, podIPs: [{ ip }], startTime: now, hostIP: '192.0.2.10',
      conditions: [condition('Initialized', 'True'), condition('Ready'), condition('ContainersReady'), condition('PodScheduled', 'True')],
      containerStatuses: (p.spec.containers ?? []).map((c) => ({ name: c.name, image: c.image ?? '', imageID: '', ready: !broken, started: true, restartCount: 0, state: { running: { startedAt: now } } })),
    } }, { subresource: 'status' })
  }
  #addressOf({ metadata: { uid = '' }, status }: Pod): string {
    const ip = status.podIP ?? this.#podAddresses.get(uid) ?? address(this.#addresses++)
    this.#podAddresses.set(uid, ip)
    return ip
  }
  /** Its program has ended: with the pod, or to be started anew. */
  async #exit(p: Pod, exitCode: number | undefined): Promise<void> {
    if (exitCode === undefined) return
    const now = formatTime(this.#client.clock.now()), again = p.spec.restartPolicy === 'Always' || (p.spec.restartPolicy === 'OnFailure' && exitCode !== 0)
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: p.status.startTime ?? now, finishedAt: now }
    const containerStatuses = (p.status.containerStatuses ?? []).map((c) => (again ? { ...c, restartCount: c.restartCount + 1, lastState: { terminated } } : { ...c, ready: false, started: false, state: { terminated } }))
    await this.#client.patch(pod, p.metadata, 'merge', { metadata: { uid: p.metadata.uid, resourceVersion: p.metadata.resourceVersion }, status: {
      containerStatuses, ...(!again && { phase: exitCode === 0 ? 'Succeeded' : 'Failed', conditions: (p.status.conditions ?? []).map((c) => (c.type === 'Ready' || c.type === 'ContainersReady' ? { ...c, status: 'False', reason: 'PodCompleted' } : c)) }) } }, { subresource: 'status' })
  }
  async #end(p: Pod): Promise<void> {
    // What somebody keeps is seen to have ended before it goes.
    if (p.metadata.finalizers?.length && p.status.phase === 'Running') await this.#exit({ ...p, spec: { ...p.spec, restartPolicy: 'Never' } }, 137)
    await this.#client.delete(pod, p.metadata, { uid: p.metadata.uid, gracePeriodSeconds: 0 })
  }

  async #ready(name: string): Promise<void> {
    const now = formatTime(this.#client.clock.now())
    const types = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']
    await this.#client.patch(node, { name }, 'strategic', { status: { conditions: types.map((type) => ({
      type, status: type === 'Ready' ? 'True' : 'False', reason: type === 'Ready' ? 'KubeletReady' : `KubeletHasSufficient${type.replace('Pressure', '')}`, message: 'fine', lastHeartbeatTime: now, lastTransitionTime: now })) } }, { subresource: 'status' })
  }

  async #renew(hollow: Hollow): Promise<void> {
    const { name } = hollow, target = { name, namespace: 'kube-node-lease' }
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(this.#client.clock.now()) }
    try { await this.#client.patch(lease, target, 'merge', { spec }) } catch (error) {
      if (!is(error, 'NotFound')) throw error
      await this.#client.create(lease, { metadata: target, spec })
    }
    if (hollow.alive && this.#nodes.has(name)) hollow.stopTimer = this.#client.clock.after(renewMs, () => { void this.#renew(hollow) })
  }
}
