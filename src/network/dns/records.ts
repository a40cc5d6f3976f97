// The names of a cluster, from its services: what Kubernetes' DNS specification 1.1 says. Nothing is looked for, everything is found by its key.
import { isIpv4, overlap, parseIpv4, parseRange, type Range } from '../ipv4.ts'
import type { ServiceIndex } from '../services/service-index.ts'
import type { DnsRecord, Reply } from './message.ts'
import { PublishedNames } from './published-names.ts'
import { namesOf, type NamedPort, type ServiceNames } from './service-names.ts'

export interface RecordsOptions {
  readonly index: ServiceIndex
  /** `cluster.local`. */
  readonly domain: string
  /** Where this server is reached. */
  readonly address: string
  /** Ranges whose addresses belong to the cluster: what they are called is for us to say, also that they have no name. */
  readonly ranges: readonly string[]
  /** Domains ("test") below which services of type LoadBalancer may publish names of their own choice; default none. */
  readonly published?: readonly string[]
  /** The version of the zone, for its SOA record: seconds since the epoch, of the start. */
  readonly serial: number
}

/** An answer; `alias` is the name outside of the cluster to go on with. */
export interface Found extends Reply { readonly alias?: string }

/** How long an answer may be kept, in seconds. Short, because asking again costs a client on the same machine next to nothing. */
export const recordTtlSeconds = 5
const longestAliasChain = 8
const reverseDomain = 'in-addr.arpa'

/** Answers questions about the cluster's names. Changes of services are taken in with the next question. */
export class ClusterRecords {
  readonly #options: RecordsOptions
  readonly #ranges: readonly Range[]
  readonly #services = new Map<string, ServiceNames>()
  readonly #dirty = new Set<string>()
  /** How many services a namespace has: whether `ns.svc` is a name. */
  readonly #namespaces = new Map<string, number>()
  /** Address to names, each with the service that gives it. */
  readonly #reverse = new Map<string, Map<string, string>>()
  readonly #published: PublishedNames
  readonly #soa: DnsRecord

  constructor(options: RecordsOptions) {
    const { index, domain, serial } = options
    this.#options = options
    this.#ranges = options.ranges.map(parseRange)
    this.#published = new PublishedNames(options.published ?? [])
    this.#soa = { name: domain, type: 'SOA', data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial, refresh: 7200, retry: 1800, expire: 86_400, minimum: recordTtlSeconds } }
    for (const key of index.keys()) this.#dirty.add(key)
    index.onChange((key) => { this.#dirty.add(key) })
  }

  /** The answer to a question; `name` in lower case without the last dot. Undefined: not a name of this cluster, ask elsewhere. */
  lookup(name: string, type: string): Found | undefined {
    this.#refresh()
    const { domain } = this.#options
    if (name === domain) return this.#apex(type)
    if (name.endsWith(`.${domain}`)) return this.#inDomain(name, type, 0)
    if (name.endsWith(`.${reverseDomain}`)) return this.#address(name, type)
    const published = this.#published.lookup(name)
    return published && this.#of(addressRecords(name, published, type))
  }

  #inDomain(name: string, type: string, depth: number): Found {
    const labels = name.slice(0, -this.#options.domain.length - 1).split('.')
    const branch = labels.at(-1)
    if (branch === 'svc') return this.#service(name, labels, type, depth)
    if (branch === 'pod') return this.#pod(name, labels, type)
    if (name === `dns-version.${this.#options.domain}`) return this.#of(type === 'TXT' ? [{ name, type, data: '1.1.0' }] : [])
    if (name === `ns.dns.${this.#options.domain}`) return this.#of(addressRecords(name, [this.#options.address], type))
    return branch === 'dns' && labels.length === 1 ? this.#of([]) : this.#noSuchName()
  }

  #service(name: string, labels: readonly string[], type: string, depth: number): Found {
    const [service, namespace] = labels.slice(-3, -1)
    if (labels.length === 1) return this.#of([])
    if (labels.length === 2) return this.#namespaces.has(service!) ? this.#of([]) : this.#noSuchName()
    const names = this.#services.get(`${namespace}/${service}`)
    if (!names) return this.#noSuchName()
    const own = `${service}.${namespace}.svc.${this.#options.domain}`
    if (labels.length === 3) {
      if (names.alias !== undefined) return this.#alias(name, names.alias, type, depth)
      return type === 'SRV' ? this.#ports(name, own, names, names.allPorts) : this.#of(addressRecords(name, names.addresses, type))
    }
    const prefix = labels.slice(0, -3).join('.')
    const host = names.hosts.get(prefix)
    if (host) return type === 'SRV' ? this.#ports(name, own, names, names.allPorts.filter((port) => port.host === prefix)) : this.#of(addressRecords(name, host, type))
    const ports = names.ports.get(prefix)
    if (ports) return type === 'SRV' ? this.#ports(name, own, names, ports) : this.#of([])
    // `_tcp` alone is no name of anything, but the way to some.
    return [...names.ports.keys()].some((port) => port.endsWith(`.${prefix}`)) ? this.#of([]) : this.#noSuchName()
  }

  /** SRV records, with the addresses of what they point to. */
  #ports(name: string, own: string, names: ServiceNames, ports: readonly NamedPort[]): Found {
    const weight = Math.max(1, Math.floor(100 / Math.max(1, ports.length)))
    const targets = new Map<string, readonly string[]>()
    const answers = ports.map(({ port, host }): DnsRecord => {
      const target = host === undefined ? own : `${host}.${own}`
      targets.set(target, host === undefined ? names.addresses : names.hosts.get(host) ?? [])
      return { name, type: 'SRV', data: { priority: 0, weight, port, target } }
    })
    return { ...this.#of(answers), additional: [...targets].flatMap(([target, addresses]) => [...addressRecords(target, addresses, 'A'), ...addressRecords(target, addresses, 'AAAA')]) }
  }

  /** A service that stands for another name: within the cluster we know that one too. */
  #alias(name: string, alias: string, type: string, depth: number): Found {
    const answer: DnsRecord = { name, type: 'CNAME', data: alias }
    const { domain } = this.#options
    if (type === 'CNAME' || depth >= longestAliasChain) return this.#of([answer])
    if (!alias.endsWith(`.${domain}`)) return { ...this.#of([answer]), alias }
    const found = this.#inDomain(alias, type, depth + 1)
    return { ...found, answers: [answer, ...found.answers ?? []] }
  }

  /** `1-2-3-4.namespace.pod`: the address that is in the name, whether or not a pod has it. */
  #pod(name: string, labels: readonly string[], type: string): Found {
    if (labels.length < 3) return this.#of([])
    const address = labels[0]!.replaceAll('-', '.')
    return labels.length === 3 && isIpv4(address) ? this.#of(addressRecords(name, [address], type)) : this.#noSuchName()
  }

  #address(name: string, type: string): Found | undefined {
    const address = name.slice(0, -reverseDomain.length - 1).split('.').reverse().join('.')
    if (!isIpv4(address)) return undefined
    const names = this.#reverse.get(address)
    if (names) return this.#of(type === 'PTR' ? [...new Set(names.values())].map((data): DnsRecord => ({ name, type: 'PTR', data })) : [])
    const range = { first: parseIpv4(address), bits: 32 }
    return this.#ranges.some((ours) => overlap(ours, range)) ? this.#noSuchName() : undefined
  }

  #apex(type: string): Found {
    const { domain } = this.#options
    if (type === 'SOA') return this.#of([this.#soa])
    return this.#of(type === 'NS' ? [{ name: domain, type, data: `ns.dns.${domain}` }] : [])
  }

  /** These records; with none, that the name is there but has nothing of the kind. */
  #of(answers: readonly DnsRecord[]): Found {
    return answers.length > 0 ? { rcode: 'NOERROR', authoritative: true, answers } : { rcode: 'NOERROR', authoritative: true, authority: [this.#soa] }
  }

  #noSuchName(): Found {
    return { rcode: 'NXDOMAIN', authoritative: true, authority: [this.#soa] }
  }

  #refresh(): void {
    if (this.#dirty.size === 0) return
    for (const key of this.#dirty) {
      const { service, slices } = this.#options.index.get(key)
      const [namespace = '', name = ''] = key.split('/')
      this.#published.set(key, service)
      const before = this.#services.get(key)
      const now = service && namesOf(service, slices)
      if (before) for (const [address] of pointers(before, '')) this.#forget(address, key)
      if (now) for (const [address, to] of pointers(now, `${name}.${namespace}.svc.${this.#options.domain}`)) this.#remember(address, key, to)
      const count = (this.#namespaces.get(namespace) ?? 0) + (now ? 1 : 0) - (before ? 1 : 0)
      if (count > 0) this.#namespaces.set(namespace, count)
      else this.#namespaces.delete(namespace)
      if (now) this.#services.set(key, now)
      else this.#services.delete(key)
    }
    this.#dirty.clear()
  }

  #remember(address: string, key: string, name: string): void {
    const names = this.#reverse.get(address)
    if (names) names.set(key, name)
    else this.#reverse.set(address, new Map([[key, name]]))
  }

  #forget(address: string, key: string): void {
    const names = this.#reverse.get(address)
    names?.delete(key)
    if (names?.size === 0) this.#reverse.delete(address)
  }
}

/** Which addresses are called what because of a service: its own, or those of a headless one's endpoints. */
const pointers = (names: ServiceNames, own: string): [string, string][] => names.hosts.size > 0
  ? [...names.hosts].flatMap(([host, addresses]) => addresses.map((address): [string, string] => [address, `${host}.${own}`]))
  : names.addresses.map((address) => [address, own])

/** The addresses of the family that is asked for. ANY gets what most want (RFC 8482). */
function addressRecords(name: string, addresses: readonly string[], type: string): DnsRecord[] {
  const wanted = type === 'AAAA' ? 'AAAA' : type === 'A' || type === 'ANY' ? 'A' : undefined
  return addresses.filter((address) => wanted === (address.includes(':') ? 'AAAA' : 'A')).map((data) => ({ name, type: wanted!, data }))
}

