// Requests that took long say where the time went: one block in the log, as the reference's components write it (`grep "total time"` finds it).
import { quote, type Random } from '#machinery'
import type { RequestContext } from '../context.ts'
import { requestFields, workName } from './requests.ts'

/** Requests that end by themselves are slow from here on (milliseconds). */
export const slowMs = 500

/** The block; undefined: the request was fast enough, or is of no sort that has one. */
export function slowBlock(context: RequestContext, random: Random): string | undefined {
  const { elapsed, info, received, steps } = context
  if (elapsed < slowMs || !info) return undefined
  const name = workName(info)
  if (name === undefined) return undefined
  return traceBlock({ name, fields: requestFields(context), received, elapsed, steps, threshold: slowMs }, random)
}

/** Work that took long: `steps` are texts, each with the milliseconds after which it was done; those are shown that took their share of `threshold`. */
export interface SlowWork { readonly name: string; readonly fields: readonly (readonly [string, string])[]; readonly received: number; readonly elapsed: number; readonly steps: readonly (string | number)[]; readonly threshold: number }
export function traceBlock({ name, fields, received, elapsed, steps, threshold }: SlowWork, random: Random): string {
  const number = Math.floor(random() * 2 ** 31), head = `Trace[${number}]:`
  const lines = [`${head} ${quote(name)} ${fields.map(([key, value]) => `${key}:${value}`).join(',')} (${day(received)} ${time(received)}) (total time: ${Math.floor(elapsed)}ms):`]
  const share = threshold / (steps.length / 2 + 1)
  let last = 0
  for (let i = 0; i < steps.length; i += 2) {
    const text = steps[i] as string, at = steps[i + 1] as number
    if (at - last >= share) lines.push(`${head} ---${quote(text)} ${Math.floor(at - last)}ms (${time(received + at)})`)
    last = at
  }
  lines.push(`${head} [${seconds(elapsed)}] [${seconds(elapsed)}] END`)
  return lines.join('\n')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
function day(ms: number): string {
  const [year = '', month = '', date = ''] = new Date(Math.floor(ms)).toISOString().slice(0, 10).split('-')
  return `${date}-${months[Number(month) - 1]}-${year}`
}
const time = (ms: number): string => new Date(Math.floor(ms)).toISOString().slice(11, 23)
const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(6))}s`
