// Service addresses and node ports: what a Service's type asks for is given before it is validated and stored, and is free again when it goes.
import { service as serviceKind, type Service } from '#kinds'
import { invalid, invalidValue, type FieldError, type LooseObject, type Random } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import type { Allocator } from '../server.ts'
import { contains, formatIPv4, parseIPv4, type Range } from './addresses.ts'
import { Pool } from './pool.ts'

export interface ServiceRanges { readonly addresses: Range; readonly nodePorts: { readonly first: number; readonly last: number } }

/** Follows all services and gives out addresses and ports. */
export class ServiceAllocation implements Allocator {
  readonly kind = serviceKind
  readonly #ranges: ServiceRanges
  readonly #addresses: Pool
  readonly #ports: Pool
  readonly #stop: () => void

  constructor(options: { ranges: ServiceRanges; objects: ObjectReader; random: Random }) {
    const { ranges: { addresses, nodePorts }, random } = options
    this.#ranges = options.ranges
    // neither the network's own address nor the broadcast address
    this.#addresses = new Pool({ first: addresses.first + 1, size: addresses.size - 2, random })
    this.#ports = new Pool({ first: nodePorts.first, size: nodePorts.last - nodePorts.first + 1, random })
    this.#stop = options.objects.follow(serviceKind, ({ object, old }) => {
      const owner = ownerOf((object ?? old!).metadata)
      for (const ip of addressesOf(old)) this.#addresses.release(ip, owner)
      for (const port of portsOf(old)) this.#ports.release(port, owner)
      for (const ip of addressesOf(object)) this.#addresses.take(ip, owner)
      for (const port of portsOf(object)) this.#ports.take(port, owner)
    })
  }
  close(): void { this.#stop() }

  begin(object: LooseObject, old: LooseObject | undefined): (stored: boolean) => void {
    const service = object as Service, owner = ownerOf(object.metadata), held: (() => void)[] = []
    dropByType(service, old as Service | undefined)
    const errors = [...chooseFamilies(service), ...this.#chooseAddress(service, owner, held), ...this.#choosePorts(service, owner, held)]
    const letGo = () => { for (const release of held.splice(0)) release() }
    if (errors.length === 0) return letGo
    letGo()
    throw invalid(serviceKind, object.metadata.name, errors)
  }
  /** Freed by the change that `follow` reports. */
  released(): void {}

  #chooseAddress({ spec }: Service, owner: string, held: (() => void)[]): FieldError[] {
    if (!spec || spec.type === 'ExternalName' || spec.clusterIP === 'None') return []
    const asked = spec.clusterIP || spec.clusterIPs?.[0]
    if (asked) {
      const n = parseIPv4(asked)
      if (n === undefined) return [] // validation has the words for it
      const refuse = (why: string) => [invalidValue('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${why}`)]
      if (!contains(this.#ranges.addresses, n) || !this.#addresses.contains(n)) return refuse('the provided network does not match the current range')
      if (this.#addresses.isTaken(n, owner)) return refuse('provided IP is already allocated')
      held.push(this.#addresses.reserve(n, owner))
    } else {
      const n = this.#addresses.next()
      if (n === undefined) return [invalidValue('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full')]
      held.push(this.#addresses.reserve(n, owner))
      spec.clusterIP = formatIPv4(n)
    }
    spec.clusterIP ||= asked!
    spec.clusterIPs ??= [spec.clusterIP]
    return []
  }

  #choosePorts({ spec }: Service, owner: string, held: (() => void)[]): FieldError[] {
    const errors: FieldError[] = []
    const give = (field: string, asked: number | undefined, set: (n: number) => void, allowed?: (n: number) => boolean) => {
      if (asked) {
        if (!this.#ports.contains(asked)) errors.push(invalidValue(field, asked, `provided port is not in the valid range. The range of valid ports is ${this.#ranges.nodePorts.first}-${this.#ranges.nodePorts.last}`))
        else if (this.#ports.isTaken(asked, owner)) errors.push(invalidValue(field, asked, 'provided port is already allocated'))
        else held.push(this.#ports.reserve(asked, owner))
        return
      }
      const n = this.#ports.next(allowed)
      if (n === undefined) { errors.push(invalidValue(field, 0, 'failed to allocate a nodePort: range is full')); return }
      held.push(this.#ports.reserve(n, owner))
      set(n)
    }
    const needsPorts = spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
    const given = new Set(spec?.ports?.map((p) => p.nodePort).filter(Boolean)), byNumber = new Map<string, number>()
    for (const [i, port] of (needsPorts ? spec?.ports ?? [] : []).entries()) {
      // the same number for TCP and UDP of one port, as people expect of DNS
      const shared = byNumber.get(`${port.port}`)
      if (!port.nodePort && shared !== undefined && !spec!.ports!.some((p) => p !== port && p.nodePort === shared && p.protocol === port.protocol)) port.nodePort = shared
      else give(`spec.ports[${i}].nodePort`, port.nodePort, (n) => { port.nodePort = n; given.add(n) }, (n) => !given.has(n))
      if (port.nodePort) byNumber.set(`${port.port}`, port.nodePort)
    }
    if (spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local')
      give('spec.healthCheckNodePort', spec.healthCheckNodePort, (n) => { spec.healthCheckNodePort = n }, (n) => !given.has(n))
    return errors
  }
}

const ownerOf = (m: { namespace?: string; name: string }) => `${m.namespace ?? ''}/${m.name}`
const addressesOf = (s: Service | undefined): number[] => (s?.spec?.clusterIPs ?? []).map(parseIPv4).filter((n) => n !== undefined)
const portsOf = (s: Service | undefined): number[] => [...(s?.spec?.ports ?? []).map((p) => p.nodePort), s?.spec?.healthCheckNodePort].filter((n) => n !== undefined && n !== 0) as number[]

/** Keeps what the client left out on update, and drops what no longer goes with the type, unless the client has just set it. */
function dropByType(service: Service, old: Service | undefined): void {
  const spec = service.spec, before = old?.spec
  if (!spec || !before) return
  const usesIP = (t: string | undefined) => t !== 'ExternalName', usesPorts = (t: string | undefined) => t === 'NodePort' || t === 'LoadBalancer'
  if (usesIP(spec.type) && usesIP(before.type)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP
    if (!spec.clusterIPs?.length && spec.clusterIP === before.clusterIP && before.clusterIPs) spec.clusterIPs = [...before.clusterIPs]
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy ?? 'SingleStack'
    if (!spec.ipFamilies?.length && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies]
  }
  if (usesIP(before.type) && !usesIP(spec.type)) {
    if (spec.clusterIP === before.clusterIP) delete spec.clusterIP
    delete spec.clusterIPs; delete spec.ipFamilies; delete spec.ipFamilyPolicy; delete spec.internalTrafficPolicy
  }
  if (usesPorts(before.type) && usesPorts(spec.type)) {
    for (const port of spec.ports ?? [])
      if (!port.nodePort) { const same = before.ports?.find((p) => p.port === port.port && p.protocol === port.protocol && p.nodePort); if (same) port.nodePort = same.nodePort! }
    if (!spec.healthCheckNodePort && before.healthCheckNodePort && spec.type === before.type && spec.externalTrafficPolicy === 'Local') spec.healthCheckNodePort = before.healthCheckNodePort
  }
  if (usesPorts(before.type) && !usesPorts(spec.type)) {
    const held = new Set(before.ports?.map((p) => p.nodePort))
    for (const port of spec.ports ?? []) if (held.has(port.nodePort)) delete port.nodePort
    if (!spec.externalIPs?.length) delete spec.externalTrafficPolicy
  }
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    delete spec.healthCheckNodePort
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass
  }
}

/** The families of a single-stack IPv4 cluster. */
function chooseFamilies({ spec }: Service): FieldError[] {
  if (!spec || spec.type === 'ExternalName') return []
  const headlessWithoutSelector = spec.clusterIP === 'None' && !Object.keys(spec.selector ?? {}).length
  if (headlessWithoutSelector && !spec.ipFamilyPolicy && !spec.ipFamilies?.length) {
    spec.ipFamilyPolicy = 'RequireDualStack'
    spec.ipFamilies = ['IPv4', 'IPv6']
  }
  if (spec.clusterIP === 'None') spec.clusterIPs ??= ['None']
  if (!headlessWithoutSelector) {
    if (spec.ipFamilyPolicy === 'RequireDualStack') return [invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
    const wrong = spec.ipFamilies?.findIndex((f) => f === 'IPv6') ?? -1
    if (wrong >= 0) return [invalidValue(`spec.ipFamilies[${wrong}]`, 'IPv6', 'not configured on this cluster')]
  }
  spec.ipFamilyPolicy ??= 'SingleStack'
  if (!spec.ipFamilies?.length) spec.ipFamilies = ['IPv4']
  return []
}
