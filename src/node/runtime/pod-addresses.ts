/** Hands out the addresses of a node's pod network (IPv4 or IPv6), lowest free one after the last given, the first two left out. */
export class PodAddresses {
  readonly #bits: number
  readonly #base: bigint
  readonly #size: bigint
  readonly #v6: boolean
  readonly #used = new Set<bigint>()
  #next = 2n

  /** `cidr` such as 10.244.1.0/24. */
  constructor(cidr: string) {
    const [address = '', length = ''] = cidr.split('/')
    this.#v6 = address.includes(':')
    this.#bits = this.#v6 ? 128 : 32
    const prefix = Number(length)
    if (length === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > this.#bits) throw new Error(`${cidr} is not a network such as 10.244.1.0/24`)
    this.#size = 1n << BigInt(this.#bits - prefix)
    this.#base = parse(address, this.#v6) / this.#size * this.#size
  }

  /** A free address; undefined when all are taken. The network's, the gateway's and the broadcast address stay free. */
  take(): string | undefined {
    const last = this.#v6 ? this.#size : this.#size - 1n
    for (let tried = 2n; tried < last; tried++) {
      const offset = this.#next
      this.#next = offset + 1n >= last ? 2n : offset + 1n
      if (offset >= last || this.#used.has(offset)) continue
      this.#used.add(offset)
      return format(this.#base + offset, this.#v6)
    }
    return undefined
  }

  giveBack(address: string): void { this.#used.delete(parse(address, this.#v6) - this.#base) }
}

function parse(address: string, v6: boolean): bigint {
  if (!v6) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = '', tail] = address.split('::')
  const words = (text: string) => text === '' ? [] : text.split(':').map((word) => BigInt(`0x${word}`))
  const [first, last] = [words(head), words(tail ?? '')]
  const all = tail === undefined ? first : [...first, ...Array<bigint>(8 - first.length - last.length).fill(0n), ...last]
  return all.reduce((sum, word) => (sum << 16n) + word, 0n)
}

function format(address: bigint, v6: boolean): string {
  if (!v6) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join('.')
  const words = Array.from({ length: 8 }, (_, i) => ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':')
  // The longest run of zero words is left out (RFC 5952).
  const longest = (words.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? []).sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return words
  return words.replace(longest, '::').replace(':::', '::')
}
