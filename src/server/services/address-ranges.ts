// The addresses that services may have: of the range the server was started with, and of every ServiceCIDR that is ready (KEP-1880).
import { serviceCIDR, type ServiceCIDR } from '#kinds'
import type { Random } from '#machinery'
import type { ObjectReader } from '../object-reader.ts'
import { contains, parseCidr, type Range } from './addresses.ts'
import { Holders, Pool } from './pool.ts'

/** A range's numbers, and its name. */
export interface NamedPool { readonly cidr: string; readonly pool: Pool }

export class AddressRanges {
  readonly #holders = new Holders()
  readonly #main: Range
  readonly #random: Random
  readonly #pools = new Map<string, { readonly range: Range; readonly pool: Pool }>()
  readonly #ready = new Map<string, readonly string[]>()
  readonly #stop: () => void

  constructor({ main, objects, random }: { readonly main: Range; readonly objects: ObjectReader; readonly random: Random }) {
    this.#main = main
    this.#random = random
    this.#add(main)
    this.#stop = objects.follow(serviceCIDR, ({ object, old }) => {
      const { name } = (object ?? old!).metadata
      if (object && isReady(object)) this.#ready.set(name, object.spec.cidrs ?? [])
      else this.#ready.delete(name)
      this.#rebuild()
    })
  }
  close(): void { this.#stop() }

  /** The range that holds this number; undefined when none does. */
  of(n: number): NamedPool | undefined { return this.all().find(({ cidr, pool }) => contains(this.#pools.get(cidr)!.range, n) && pool.contains(n)) }
  /** A free number of any range and where it is from; undefined when all are full. `full` is told of every range that has none. */
  next(full: (cidr: string) => void = () => {}): (NamedPool & { readonly n: number }) | undefined {
    for (const { cidr, pool } of this.all()) {
      const n = pool.next()
      if (n !== undefined) return { n, cidr, pool }
      full(cidr)
    }
    return undefined
  }
  /** Of every range, by its name. */
  all(): NamedPool[] { return [...this.#pools].map(([cidr, { pool }]) => ({ cidr, pool })) }
  take(n: number, owner: string): void { this.#holders.take(n, owner) }
  release(n: number, owner: string): void { this.#holders.release(n, owner) }

  #rebuild(): void {
    const wanted = new Set([this.#main.cidr, ...[...this.#ready.values()].flat()])
    for (const cidr of this.#pools.keys()) if (!wanted.has(cidr)) this.#pools.delete(cidr)
    // Addresses of the second family come with dual-stack.
    for (const cidr of wanted) if (!this.#pools.has(cidr) && !cidr.includes(':')) this.#add(parseCidr(cidr))
  }
  #add(range: Range): void {
    // neither the network's own address nor the broadcast address
    if (range.size > 2) this.#pools.set(range.cidr, { range, pool: new Pool({ first: range.first + 1, size: range.size - 2, random: this.#random, holders: this.#holders }) })
  }
}

const isReady = ({ metadata, status }: ServiceCIDR): boolean => !metadata.deletionTimestamp && (status?.conditions?.some(({ type, status: said }) => type === 'Ready' && said === 'True') ?? false)
