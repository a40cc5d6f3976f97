import type { DataplaneState, Frontend } from '../dataplane/dataplane.ts'
import { frontendKey } from '../dataplane/dataplane.ts'
import type { ServicePlan } from './plan.ts'

/** The plans of all services put together to the state of a dataplane; a change costs what changed. */
export class ServiceState {
  readonly #plans = new Map<string, ServicePlan>()
  readonly #frontends = new Map<string, Frontend>()
  /** Who wants a frontend that more than one service wants (an external IP, mostly). */
  readonly #rivals = new Map<string, Map<string, Frontend>>()
  readonly #localOf = new Map<string, number>()
  #local: ReadonlySet<string> | undefined

  /** Puts a service's plan in the place of its earlier one; undefined takes it away. */
  set(service: string, plan: ServicePlan | undefined): void {
    const before = this.#plans.get(service)
    for (const frontend of before?.frontends ?? []) this.#withdraw(service, frontendKey(frontend))
    for (const frontend of plan?.frontends ?? []) this.#claim(service, frontendKey(frontend), frontend)
    // Added before taken away, so that what stays is no change.
    for (const address of plan?.local ?? []) this.#count(address, 1)
    for (const address of before?.local ?? []) this.#count(address, -1)
    if (plan) this.#plans.set(service, plan)
    else this.#plans.delete(service)
  }

  plan(service: string): ServicePlan | undefined {
    return this.#plans.get(service)
  }

  /** The state as it is now. It changes with the next set. */
  get state(): DataplaneState {
    this.#local ??= new Set(this.#localOf.keys())
    return { frontends: this.#frontends, local: this.#local }
  }

  /** Of several services that want the same, the first by name has it: the same one on every node, whatever came first. */
  #claim(service: string, key: string, frontend: Frontend): void {
    let rivals = this.#rivals.get(key)
    if (!rivals) this.#rivals.set(key, rivals = new Map())
    rivals.set(service, frontend)
    this.#settle(key, rivals)
  }

  #withdraw(service: string, key: string): void {
    const rivals = this.#rivals.get(key)
    rivals?.delete(service)
    if (rivals && rivals.size > 0) return this.#settle(key, rivals)
    this.#rivals.delete(key)
    this.#frontends.delete(key)
  }

  #settle(key: string, rivals: ReadonlyMap<string, Frontend>): void {
    let first: string | undefined
    for (const name of rivals.keys()) if (first === undefined || name < first) first = name
    this.#frontends.set(key, rivals.get(first!)!)
  }

  #count(address: string, by: number): void {
    const before = this.#localOf.get(address) ?? 0
    if (before + by > 0) this.#localOf.set(address, before + by)
    else this.#localOf.delete(address)
    if (before === 0 || before + by === 0) this.#local = undefined
  }
}
