// Completion indexes as text: "1,3-5,7". Pure.
import type { Pod } from '#kinds'
import { indexOfPod } from './pods.ts'

/** The indexes that some pods work, or have worked, on. */
export const indexesOf = (pods: readonly Pod[]): Set<number> => new Set(pods.map(indexOfPod).filter((index) => index !== undefined))

export function parseIndexes(text: string | undefined, below = Infinity): Set<number> {
  const found = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    const last = Math.min(Number(match[2] ?? match[1]), below - 1)
    for (let i = Number(match[1]); i <= last; i++) found.add(i)
  }
  return found
}

/** Runs of three or more are shown by their ends. */
export function printIndexes(indexes: Iterable<number>): string {
  const parts: string[] = []
  let from: number | undefined, to = 0
  const flush = () => { if (from !== undefined) parts.push(to === from ? `${from}` : `${from}${to - from > 1 ? '-' : ','}${to}`) }
  for (const index of [...indexes].sort((a, b) => a - b)) {
    if (from !== undefined && index === to + 1) { to = index; continue }
    flush()
    from = to = index
  }
  flush()
  return parts.join(',')
}
