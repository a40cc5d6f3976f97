// Devices that are parts of the same thing use up its counters (KEP-4815).
import type { Device } from '#kinds'
import { parseQuantity } from '#machinery'
import type { Allocated } from './allocated.ts'
import type { Pool } from './pools.ts'

type Left = Map<string, bigint>
const keyOf = (set: string, counter: string): string => `${set}/${counter}`

export class Counters {
  readonly #left = new Map<Pool, Left>()
  readonly #allocated: Allocated
  constructor(allocated: Allocated) { this.#allocated = allocated }

  /** Whether there is enough left for the device; if so it is taken. */
  take(device: Device, pool: Pool): boolean {
    const left = this.#leftOf(pool)
    this.#count(left, device, -1n)
    if ((device.consumesCounters ?? []).every(({ counterSet, counters }) => Object.keys(counters).every((name) => (left.get(keyOf(counterSet, name)) ?? 0n) >= 0n))) return true
    this.giveBack(device, pool)
    return false
  }
  giveBack(device: Device, pool: Pool): void { this.#count(this.#leftOf(pool), device, 1n) }

  #leftOf(pool: Pool): Left {
    const known = this.#left.get(pool)
    if (known) return known
    const left: Left = new Map([...pool.counters.values()].flatMap(({ name, counters }) => Object.entries(counters).map(([counter, { value }]) => [keyOf(name, counter), parseQuantity(value).nano] as const)))
    this.#left.set(pool, left)
    const { whole, shared } = this.#allocated
    for (const { id, device } of [...pool.devices, ...pool.elsewhere]) if (whole.has(id) || shared.has(id)) this.#count(left, device, -1n)
    return left
  }
  #count(left: Left, { consumesCounters = [] }: Device, by: 1n | -1n): void {
    for (const { counterSet, counters } of consumesCounters)
      for (const [name, { value }] of Object.entries(counters)) left.set(keyOf(counterSet, name), (left.get(keyOf(counterSet, name)) ?? 0n) + by * parseQuantity(value).nano)
  }
}
