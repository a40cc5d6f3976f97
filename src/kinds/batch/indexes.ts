// Sets of a job's indexes as text: "1,3-5". Numbers and ranges, in order.
import { quote } from '#machinery'

type Interval = readonly [from: number, to: number]

/** How many indexes the text names, or what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let total = 0, last: number | undefined
  for (const part of text.split(',')) {
    const read = readInterval(part, completions)
    if (typeof read === 'string') return read
    const [from, to] = read
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`
    total += to - from + 1
    last = to
  }
  return total
}

/** The first index that both texts name; parts that cannot be read are passed over. */
export function firstCommonIndex(one: string, other: string, completions: number): number | undefined {
  const read = (text: string) => (text === '' ? [] : text.split(',').map((part) => readInterval(part, completions)).filter((i): i is Interval => typeof i !== 'string'))
  const left = read(one), right = read(other)
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    const [from, to] = left[i]!, [otherFrom, otherTo] = right[j]!
    if (from <= otherTo && otherFrom <= to) return Math.max(from, otherFrom)
    if (from <= otherFrom) i++
    else j++
  }
  return undefined
}

function readInterval(part: string, completions: number): Interval | string {
  const ends = part.split('-')
  if (ends.length > 2) return `the fragment ${quote(part)} violates the requirement that an index interval can have at most two parts separated by '-'`
  const numbers: number[] = []
  for (const end of ends) {
    if (!/^\+?\d{1,18}$/.test(end)) return `cannot convert string to integer for index: ${quote(end)}`
    if (Number(end) >= completions) return `too large index: ${quote(end)}`
    numbers.push(Number(end))
  }
  const [from, to = from!] = numbers as [number, number?]
  return ends.length === 2 && from >= to ? `non-increasing order, previous: ${from}, current: ${to}` : [from, to]
}
