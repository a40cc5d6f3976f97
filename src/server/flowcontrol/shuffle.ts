// Which queues a flow may use: a few of many, dealt like cards from a hash, so that two flows rarely share all of theirs (KEP-1040).
import { sha256 } from '../paths/sha256.ts'

/** The hash of a flow: 64 bits of SHA-256 of the schema's name, a zero byte and the distinguisher. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return new DataView(sha256(`${schema}\0${distinguisher}`).buffer).getBigUint64(0, true)
}

/** `size` different numbers below `deck`, in the order they are dealt. */
export function hand(hash: bigint, deck: number, size: number): number[] {
  const remainders: number[] = []
  for (let i = 0; i < size; i++) {
    const left = BigInt(deck - i)
    remainders.push(Number(hash % left))
    hash /= left
  }
  return remainders.map((first, i) => {
    let card = first
    for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++
    return card
  })
}
