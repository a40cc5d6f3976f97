// The node's place in the API: its Node object, its status, and the lease that says it is alive.
import { lease as leaseKind, node as nodeKind, type Node, type NodeStatus } from '#kinds'
import { formatMicroTime, is, type Clock, type Log } from '#machinery'
import type { Client } from '#client'
import { labelsOf, lacksResources, newNode, nodeStatus, saysMore, statusPatch, type NodeDescription, type NodeHealth } from './node-status.ts'

const usualLeaseSeconds = 40
/** Also an unchanged status is told this often. */
const tellMs = 5 * 60_000
const firstRetryMs = 200
const lastRetryMs = 7_000

export class Registration {
  readonly #client: Client
  readonly #clock: Clock
  readonly #log: Log
  readonly #description: NodeDescription
  readonly #health: () => NodeHealth
  readonly #images: () => NodeStatus['images']
  #node: Node | undefined
  #toldAt = 0
  #busy = false
  #again = false
  #failures = 0
  #stopped = false
  /** Ends the waiting for the next report, and for the lease's next renewal. */
  #cancelTelling = () => {}
  #cancelRenewal = () => {}

  constructor(options: { client: Client; log: Log; description: NodeDescription; health: () => NodeHealth; images: () => NodeStatus['images'] }) {
    this.#client = options.client
    this.#clock = options.client.clock
    this.#log = options.log
    this.#description = options.description
    this.#health = options.health
    this.#images = options.images
  }

  start(): void { this.tell(); void this.#renew() }
  stop(): void {
    this.#stopped = true
    this.#cancelTelling()
    this.#cancelRenewal()
  }
  /** The Node object changed (in the cache). */
  seen(node: Node): void {
    this.#node = node
    if (lacksResources(node)) this.tell()
  }
  gone(): void { this.#node = undefined; this.tell() }

  /** Something about the node changed: the API is told. */
  tell(): void {
    this.#again = true
    if (this.#busy || this.#stopped) return
    this.#busy = true
    void this.#loop()
  }
  async #loop(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        await this.#write()
        this.#failures = 0
      } catch (error) {
        this.#failures++
        if (this.#failures === 1 || this.#failures % 10 === 0) this.#log.warn('the node could not tell the API server how it is; trying again', { error })
        this.#tellAfter(Math.min(firstRetryMs * 2 ** (this.#failures - 1), lastRetryMs))
        break
      }
    }
    this.#busy = false
    if (this.#again && this.#failures === 0) this.tell()
  }
  async #write(): Promise<void> {
    const { name } = this.#description
    if (!this.#node) {
      const now = this.#clock.now()
      try {
        this.#node = await this.#client.create(nodeKind, { ...newNode(this.#description), status: nodeStatus(this.#description, this.#health(), undefined, this.#images(), now) })
        this.#toldAt = now
      } catch (error) {
        if (!is(error, 'AlreadyExists')) throw error
        this.#node = await this.#client.get(nodeKind, { name })
      }
    }
    const labels = labelsOf(this.#description), missing = Object.entries(labels).filter(([k, v]) => this.#node!.metadata.labels?.[k] !== v)
    if (missing.length > 0) this.#node = await this.#client.patch(nodeKind, { name }, 'merge', { metadata: { labels: Object.fromEntries(missing) } })
    const now = this.#clock.now(), status = nodeStatus(this.#description, this.#health(), this.#node, this.#images(), now)
    if (saysMore(this.#node.status, status) || now - this.#toldAt >= tellMs) {
      try { this.#node = await this.#client.patch(nodeKind, { name }, 'strategic', { status: statusPatch(status, this.#node.status) }, { subresource: 'status' }) } catch (error) {
        if (is(error, 'NotFound')) this.#node = undefined
        throw error
      }
      this.#toldAt = now
    }
    this.#tellAfter(this.#toldAt + tellMs - now)
  }

  async #renew(): Promise<void> {
    const { name, leaseSeconds = usualLeaseSeconds } = this.#description, renewTime = () => formatMicroTime(this.#clock.now())
    let next = leaseSeconds * 250
    try {
      await this.#client.patch(leaseKind, { name, namespace: 'kube-node-lease' }, 'merge', { spec: { renewTime: renewTime(), holderIdentity: name, leaseDurationSeconds: leaseSeconds } })
    } catch (error) {
      try {
        if (!is(error, 'NotFound')) throw error
        await this.#client.create(leaseKind, {
          metadata: { name, namespace: 'kube-node-lease', ...(this.#node && { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: this.#node.metadata.uid }] }) },
          spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: renewTime() } })
      } catch (failure) {
        next = 1_000 // the grace of the control plane is short
        if (!this.#stopped) this.#log.debug('the lease could not be renewed; trying again', { error: failure })
      }
    }
    if (!this.#stopped) this.#cancelRenewal = this.#clock.after(next, () => { void this.#renew() })
  }
  /** Whatever was to be waited for before is over: there is one next report. */
  #tellAfter(ms: number): void {
    this.#cancelTelling()
    if (!this.#stopped) this.#cancelTelling = this.#clock.after(ms, () => { this.tell() })
  }
}
