// What is counted of service addresses and node ports that are given out: chosen for a service (dynamic), or asked for (static).
import type { Counter, Family, Histogram, Metrics } from './metrics.ts'

export type AllocationScope = 'dynamic' | 'static'

export class AllocationMetrics {
  readonly #addresses: Family<Counter>
  readonly #addressErrors: Family<Counter>
  readonly #seconds: Family<Histogram>
  readonly #ports: Family<Counter>
  readonly #portErrors: Family<Counter>
  readonly #now: () => number
  constructor(metrics: Metrics, now: () => number) {
    this.#now = now
    const counter = (name: string, help: string, labels: readonly string[]) => metrics.counter({ name: `kube_apiserver_${name}`, stability: 'ALPHA', help, labels })
    this.#addresses = counter('clusterip_allocator_allocation_total', 'Service addresses given out.', ['cidr', 'scope'])
    this.#addressErrors = counter('clusterip_allocator_allocation_errors_total', 'Service addresses that were not to be had.', ['cidr', 'scope'])
    this.#seconds = metrics.histogram({ name: 'kube_apiserver_clusterip_allocator_allocation_duration_seconds', stability: 'ALPHA', help: 'Seconds to find a service address.', labels: ['cidr'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] })
    this.#ports = counter('nodeport_allocator_allocation_total', 'Node ports given out.', ['scope'])
    this.#portErrors = counter('nodeport_allocator_allocation_errors_total', 'Node ports that were not to be had.', ['scope'])
  }
  /** Times the search for an address; `cidr` is the range of what is found. */
  searching<T>(search: () => T, cidr: (found: T) => string | undefined): T {
    const begun = this.#now(), found = search(), range = cidr(found)
    if (range !== undefined) this.#seconds.with(range).observe((this.#now() - begun) / 1000)
    return found
  }
  address(cidr: string, scope: AllocationScope, found: boolean): void { (found ? this.#addresses : this.#addressErrors).with(cidr, scope).inc() }
  port(scope: AllocationScope, found: boolean): void { (found ? this.#ports : this.#portErrors).with(scope).inc() }
}
