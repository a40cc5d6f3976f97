// Service addresses and node ports: what a Service's type asks for is given before it is validated and stored, and is free again when it goes.
import { adoptAllocated, needsHealthCheckPort, service as serviceKind, validateServiceAddresses, type Service } from '#kinds'
import { ApiError, internalError, invalid, invalidValue, type FieldError, type LooseObject, type Random } from '#machinery'
import type { Metrics } from '../metrics/metrics.ts'
import { AllocationMetrics } from '../metrics/allocations.ts'
import type { ObjectReader } from '../object-reader.ts'
import type { Allocator } from '../server.ts'
import { AddressRanges } from './address-ranges.ts'
import { formatIPv4, parseIPv4, type Range } from './addresses.ts'
import { Pool } from './pool.ts'

export interface ServiceRanges { readonly addresses: Range; readonly nodePorts: { readonly first: number; readonly last: number } }

/** Follows all services and gives out addresses and ports. */
export class ServiceAllocation implements Allocator {
  readonly kind = serviceKind
  readonly #ranges: ServiceRanges
  readonly #addresses: AddressRanges
  readonly #ports: Pool
  readonly #stop: () => void
  #figures: AllocationMetrics | undefined

  constructor(options: { ranges: ServiceRanges; objects: ObjectReader; random: Random }) {
    const { ranges: { addresses, nodePorts }, random } = options
    this.#ranges = options.ranges
    this.#addresses = new AddressRanges({ main: addresses, objects: options.objects, random })
    this.#ports = new Pool({ first: nodePorts.first, size: nodePorts.last - nodePorts.first + 1, random })
    this.#stop = options.objects.follow(serviceKind, ({ object, old }) => {
      const owner = ownerOf((object ?? old!).metadata)
      for (const ip of addressesOf(old)) this.#addresses.release(ip, owner)
      for (const port of portsOf(old)) this.#ports.release(port, owner)
      for (const ip of addressesOf(object)) this.#addresses.take(ip, owner)
      for (const port of portsOf(object)) this.#ports.take(port, owner)
    })
  }
  /** Shows how many addresses and ports are taken and free, and counts those that are given out. `now` is in milliseconds. */
  show(metrics: Metrics, now: () => number): void {
    this.#figures = new AllocationMetrics(metrics, now)
    const gauge = (name: string, help: string, labels: readonly string[] = []) => metrics.gauge({ name: `kube_apiserver_${name}`, stability: 'ALPHA', help, labels })
    const taken = gauge('clusterip_allocator_allocated_ips', 'Service addresses that are taken.', ['cidr']), free = gauge('clusterip_allocator_available_ips', 'Service addresses that are free.', ['cidr'])
    const ports = gauge('nodeport_allocator_allocated_ports', 'Node ports that are taken.').with(), freePorts = gauge('nodeport_allocator_available_ports', 'Node ports that are free.').with()
    metrics.collect(() => {
      taken.clear()
      free.clear()
      for (const { cidr, pool } of this.#addresses.all()) { taken.with(cidr).set(pool.held); free.with(cidr).set(pool.size - pool.held) }
      ports.set(this.#ports.held)
      freePorts.set(this.#ports.size - this.#ports.held)
    })
  }
  close(): void { this.#stop(); this.#addresses.close() }

  begin(object: LooseObject, old: LooseObject | undefined, _objects: ObjectReader, dryRun: boolean): (stored: boolean) => void {
    const service = object as Service, before = old as Service | undefined, held: (() => void)[] = []
    const { metadata: { name }, spec } = service, owner = ownerOf(object.metadata)
    const letGo = () => { for (const release of held.splice(0)) release() }
    try {
      if (!spec) return letGo
      adoptAllocated(spec, before?.spec)
      refuse(name, chooseFamilies(spec, before?.spec))
      refuse(name, this.#chooseAddress(spec, before?.spec, owner, held, dryRun ? undefined : this.#figures))
      this.#choosePorts(name, spec, before?.spec, { pool: this.#ports, owner, held, dryRun, range: this.#ranges.nodePorts, figures: dryRun ? undefined : this.#figures })
      return letGo
    } catch (error) {
      letGo()
      throw error
    }
  }
  /** Freed by the change that `follow` reports. */
  released(): void {}

  /** `figures` are told of it; dry runs tell nobody. */
  #chooseAddress(spec: Spec, before: Spec | undefined, owner: string, held: (() => void)[], figures: AllocationMetrics | undefined): FieldError[] {
    if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === 'None') return []
    if (before && before.type !== 'ExternalName') return [] // it has one, which may not change
    const asked = spec.clusterIPs?.[0]
    if (!asked) {
      const next = () => this.#addresses.next((cidr) => figures?.address(cidr, 'dynamic', false)), free = figures ? figures.searching(next, (found) => found?.cidr) : next()
      if (free === undefined) throw internalError('failed to allocate a serviceIP: range is full')
      figures?.address(free.cidr, 'dynamic', true)
      held.push(free.pool.reserve(free.n, owner))
      spec.clusterIP = formatIPv4(free.n)
      spec.clusterIPs = [spec.clusterIP]
      return []
    }
    const n = parseIPv4(asked), refused = (why: string) => [invalidValue('spec.clusterIPs', spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`)]
    const range = n === undefined ? undefined : this.#addresses.of(n)
    if (n === undefined || range === undefined) return refused('the provided network does not match the current range')
    const isFree = !range.pool.isTaken(n, owner)
    figures?.address(range.cidr, 'static', isFree)
    if (!isFree) return refused('provided IP is already allocated')
    held.push(range.pool.reserve(n, owner))
    return []
  }

  #choosePorts(name: string, spec: Spec, before: Spec | undefined, options: PortOptions): void {
    const operation = new PortOperation(options), own = new Set(before?.ports?.map((p) => p.nodePort).filter(Boolean))
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') refuse(name, before ? updatePorts(spec, own, operation) : initPorts(spec, operation))
    if (!needsHealthCheckPort(spec) || (before && needsHealthCheckPort(before))) return
    const asked = spec.healthCheckNodePort
    const why = asked ? operation.take(asked) : undefined
    if (why !== undefined) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`)
    if (!asked) spec.healthCheckNodePort = operation.next()
  }
}
type Spec = NonNullable<Service['spec']>
function refuse(name: string, errors: readonly FieldError[]): void { if (errors.length > 0) throw invalid(serviceKind, name, errors) }

const wantsPorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean => type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
/** Ports of a new service: the same number for TCP and UDP of one port, as people expect of DNS. */
function initPorts(spec: Spec, operation: PortOperation): FieldError[] {
  const byNumber = new Map<number, number>()
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !wantsPorts(spec)) continue
    const shared = byNumber.get(port.port)
    if (shared === undefined) {
      const asked = spec.ports!.find((p) => p.port === port.port && p.nodePort)?.nodePort
      const why = asked ? operation.take(asked) : undefined
      if (why !== undefined) return [invalidValue(`spec.ports[${i}].nodePort`, asked, why)]
      port.nodePort = asked ?? operation.next()
      byNumber.set(port.port, port.nodePort)
    } else if (!port.nodePort) port.nodePort = shared
    else if (port.nodePort !== shared) {
      const why = operation.take(port.nodePort)
      if (why !== undefined) return [invalidValue(`spec.ports[${i}].nodePort`, port.nodePort, why)]
    }
  }
  return []
}
/** Ports of a changed service: what it has it keeps, the rest is taken one by one. */
function updatePorts(spec: Spec, own: ReadonlySet<number | undefined>, operation: PortOperation): FieldError[] {
  const taken = new Set<number>(), known = new Set<string>()
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !wantsPorts(spec)) continue
    if (!port.nodePort) port.nodePort = operation.next()
    else if (!own.has(port.nodePort) && !taken.has(port.nodePort)) {
      const why = operation.take(port.nodePort)
      if (why !== undefined) return [invalidValue(`spec.ports[${i}].nodePort`, port.nodePort, why)]
      taken.add(port.nodePort)
    }
    const key = `${port.protocol}/${port.nodePort}`
    if (known.has(key)) throw new ApiError('', `duplicate nodePort: {${port.protocol} ${port.nodePort}}`, undefined, { code: 500 })
    known.add(key)
  }
  return []
}

interface PortOptions {
  readonly pool: Pool
  readonly owner: string
  readonly held: (() => void)[]
  readonly dryRun: boolean
  readonly range: { readonly first: number; readonly last: number }
  readonly figures: AllocationMetrics | undefined
}
/** Above every node port: what dry runs show for ports that would be chosen. */
const dummyPort = 32768
/** The ports that one write takes. A dry run looks, and holds nothing. */
class PortOperation {
  readonly #options: PortOptions
  readonly #taken: number[] = []
  constructor(options: PortOptions) { this.#options = options }

  /** Why this port is not to be had; undefined when it is. */
  take(n: number): string | undefined {
    const why = this.#take(n)
    this.#options.figures?.port('static', why === undefined)
    return why
  }
  #take(n: number): string | undefined {
    const { pool, owner, held, dryRun, range } = this.#options
    if (!dryRun && !pool.contains(n)) return `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`
    if (pool.isTaken(n, owner) || this.#taken.includes(n)) return 'provided port is already allocated'
    if (!dryRun) held.push(pool.reserve(n, owner))
    this.#taken.push(n)
    return undefined
  }

  /** A free port. Throws InternalError when there is none. */
  next(): number {
    const { pool, owner, held, dryRun } = this.#options
    const n = dryRun ? Math.max(dummyPort, ...this.#taken) + 1 : pool.next((port) => !this.#taken.includes(port))
    this.#options.figures?.port('dynamic', n !== undefined)
    if (n === undefined) throw internalError('failed to allocate a nodePort: range is full')
    if (!dryRun) held.push(pool.reserve(n, owner))
    this.#taken.push(n)
    return n
  }
}

const ownerOf = (m: { namespace?: string; name: string }) => `${m.namespace ?? ''}/${m.name}`
const addressesOf = (s: Service | undefined): number[] => (s?.spec?.clusterIPs ?? []).map(parseIPv4).filter((n) => n !== undefined)
const portsOf = (s: Service | undefined): number[] => [...(s?.spec?.ports ?? []).map((p) => p.nodePort), s?.spec?.healthCheckNodePort].filter((n) => n !== undefined && n !== 0) as number[]

const single = 'SingleStack'
const sameList = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean => (a ?? []).join() === (b ?? []).join()
/** The families of a single-stack IPv4 cluster: which a service has, by its own words, those of the old one and its addresses. */
function chooseFamilies(spec: Spec, old: Spec | undefined): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const same = old && old.type === spec.type && sameList(spec.clusterIPs, old.clusterIPs) && sameList(spec.ipFamilies, old.ipFamilies)
  if (same && spec.ipFamilyPolicy === 'PreferDualStack' && old.ipFamilyPolicy === 'PreferDualStack') return []
  const openHeadless = spec.clusterIP === 'None' && !Object.keys(spec.selector ?? {}).length
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (openHeadless ? 'RequireDualStack' : single)
  const wrong = validateServiceAddresses(spec, old)
  if (wrong.length) return wrong
  const policy = spec.ipFamilyPolicy, errors = policyErrors(spec, old)
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break
    if (i < (spec.ipFamilies ?? []).length) continue
    if (parseIPv4(ip) === undefined) errors.push(invalidValue(`spec.clusterIPs[${i}]`, spec.clusterIPs, 'IPv6 is not configured on this cluster'))
    else spec.ipFamilies = [...(spec.ipFamilies ?? []), 'IPv4']
  }
  if (errors.length) return errors
  const families = spec.ipFamilies?.length ? spec.ipFamilies : ['IPv4']
  if (openHeadless) {
    spec.ipFamilies = families.length < 2 && policy !== single ? [families[0]!, families[0] === 'IPv4' ? 'IPv6' : 'IPv4'] : families
    return []
  }
  if (policy === 'RequireDualStack') errors.push(invalidValue('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'))
  for (const [i, family] of families.entries()) if (family !== 'IPv4') errors.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'))
  if (!errors.length) spec.ipFamilies = families
  return errors
}
/** Whether the policy goes with as many addresses and families; a change to a single stack gives up the second ones. */
function policyErrors(spec: Spec, old: Spec | undefined): FieldError[] {
  const { ipFamilyPolicy: policy } = spec, refused = (why: string) => invalidValue('spec.ipFamilyPolicy', policy, why), errors: FieldError[] = []
  const fewer = (now: readonly string[] | undefined, before: readonly string[] | undefined) => !!now?.length && now.length < (before?.length ?? 0)
  if (old && policy === single) {
    if (sameList(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs ?? []).length > 1) spec.clusterIPs = spec.clusterIPs!.slice(0, 1)
    if (sameList(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies ?? []).length > 1) spec.ipFamilies = spec.ipFamilies!.slice(0, 1)
  } else if (old) {
    if (fewer(spec.clusterIPs, old.clusterIPs)) errors.push(refused("must be 'SingleStack' to release the secondary cluster IP"))
    if (fewer(spec.ipFamilies, old.ipFamilies)) errors.push(refused("must be 'SingleStack' to release the secondary IP family"))
  }
  if (policy === single && spec.clusterIPs?.length === 2) errors.push(refused("must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
  if (policy === single && spec.ipFamilies?.length === 2) errors.push(refused("must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
  return errors
}
