// The part of a node that keeps its dataplane in step with the cluster's services.
import { silent, type Clock, type Log } from '#machinery'
import type { Dataplane } from './dataplane/dataplane.ts'
import { planService, type PlanNode, type ServicePlan } from './services/plan.ts'
import type { ServiceIndex } from './services/service-index.ts'
import { ServiceState } from './services/service-state.ts'

export interface ProxyOptions {
  readonly index: ServiceIndex
  readonly dataplane: Dataplane
  readonly node: PlanNode
  readonly clock: Clock
  readonly log?: Log
  /** The least time from the start of one change of the dataplane to the next. */
  readonly minIntervalMs?: number
  /** Told of each service's new plan (undefined: it is gone) once the dataplane has it. */
  readonly onPlan?: (service: string, plan: ServicePlan | undefined) => void
}

const defaultMinIntervalMs = 20
const firstRetryMs = 250
const longestRetryMs = 10_000

/**
 * What kube-proxy is in Kubernetes. A change of a service or of its endpoints is planned and put in force with the next
 * turn of the event loop, together with all others that came meanwhile; while changes keep coming, not more often than
 * every `minIntervalMs`. Nothing is polled. When the dataplane refuses, it is tried again with a growing pause, and
 * always the whole of what should be, so that nothing is lost.
 */
export class Proxy {
  readonly #options: ProxyOptions
  readonly #log: Log
  readonly #state = new ServiceState()
  readonly #dirty = new Set<string>()
  /** Planned, but not known to be in force. */
  readonly #pending = new Set<string>()
  readonly #stopListening: () => void
  #cancelTimer: (() => void) | undefined
  #running: Promise<void> | undefined
  #nextStart = 0
  #retryMs = 0
  #closed = false
  #inForce!: () => void
  /** Settles when the dataplane has the first state. */
  readonly ready = new Promise<void>((resolve) => { this.#inForce = resolve })

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#log = (options.log ?? silent).named('kube-proxy')
    for (const key of options.index.keys()) this.#dirty.add(key)
    this.#stopListening = options.index.onChange((key) => { this.#dirty.add(key); this.#wake() })
    this.#wake()
  }

  /** Ends the work; what is in force stays, so that packets flow while an agent is replaced. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopListening()
    this.#cancelTimer?.()
    await this.#running
  }

  #wake(): void {
    if (this.#closed || this.#running || this.#cancelTimer) return
    const { clock } = this.#options
    this.#cancelTimer = clock.after(Math.max(0, this.#nextStart - clock.now()), () => {
      this.#cancelTimer = undefined
      this.#running = this.#apply().finally(() => {
        this.#running = undefined
        if (this.#dirty.size > 0 || this.#retryMs > 0) this.#wake()
      })
    })
  }

  async #apply(): Promise<void> {
    const { clock, dataplane, index, node, minIntervalMs = defaultMinIntervalMs, onPlan } = this.#options
    this.#nextStart = clock.now() + minIntervalMs
    for (const key of this.#dirty) {
      this.#pending.add(key)
      const { service, slices } = index.get(key)
      this.#state.set(key, service && this.#plan(key, () => planService(service, slices, node)))
    }
    this.#dirty.clear()
    try {
      await dataplane.apply(this.#state.state)
      this.#retryMs = 0
      this.#inForce()
      for (const key of this.#pending) onPlan?.(key, this.#state.plan(key))
      this.#pending.clear()
    } catch (error) {
      this.#retryMs = Math.min(longestRetryMs, this.#retryMs === 0 ? firstRetryMs : this.#retryMs * 2)
      this.#nextStart = clock.now() + this.#retryMs
      this.#log.error('services are not in force; trying again', { error: String(error), inMs: this.#retryMs })
    }
  }

  /** One service that cannot be planned must not take the others with it. It keeps what it had. */
  #plan(key: string, plan: () => ServicePlan): ServicePlan | undefined {
    try {
      return plan()
    } catch (error) {
      this.#log.error('a service cannot be planned', { service: key, error: String(error) })
      return this.#state.plan(key)
    }
  }
}
