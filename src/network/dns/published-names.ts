// Names that services of type LoadBalancer give themselves, by the annotation that external-dns made common. Only below the domains that the
// cluster gives away: a service must not take over a name of the world outside.
import type { Service } from '#kinds'
import { isIpv4 } from '../ipv4.ts'

const hostname = 'external-dns.alpha.kubernetes.io/hostname'

export class PublishedNames {
  readonly #domains: readonly string[]
  readonly #byService = new Map<string, readonly string[]>()
  /** Name to services to addresses. */
  readonly #names = new Map<string, Map<string, readonly string[]>>()

  constructor(domains: readonly string[]) { this.#domains = domains }

  /** Takes in a service as it is now; undefined takes it away. */
  set(key: string, service: Service | undefined): void {
    for (const name of this.#byService.get(key) ?? []) {
      const holders = this.#names.get(name)
      holders?.delete(key)
      if (holders?.size === 0) this.#names.delete(name)
    }
    this.#byService.delete(key)
    const addresses = service ? addressesOf(service) : [], names = service && addresses.length > 0 ? namesIn(service).filter((name) => this.#isOurs(name)) : []
    if (names.length === 0) return
    this.#byService.set(key, names)
    for (const name of names) this.#names.set(name, (this.#names.get(name) ?? new Map<string, readonly string[]>()).set(key, addresses))
  }

  /** The addresses of a name in lower case, also by a wildcard for its last label; of several services the first by name has it. */
  lookup(name: string): readonly string[] | undefined {
    if (this.#names.size === 0) return undefined
    const holders = this.#names.get(name) ?? this.#names.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`)
    let first: string | undefined
    for (const key of holders?.keys() ?? []) if (first === undefined || key < first) first = key
    return first === undefined ? undefined : holders!.get(first)
  }

  #isOurs(name: string): boolean { return this.#domains.some((domain) => name.endsWith(`.${domain}`)) }
}

const namesIn = ({ metadata }: Service): string[] => (metadata.annotations?.[hostname] ?? '').split(',').map((name) => name.trim().toLowerCase().replace(/\.$/, '')).filter((name) => name !== '')
const addressesOf = ({ spec, status }: Service): string[] =>
  (spec?.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip !== undefined && isIpv4(ip) ? [ip] : [])) : [])
