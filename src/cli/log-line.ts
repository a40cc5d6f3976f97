// Lines of a log as Kubernetes' components write them: klog's text, or JSON.
import { basename } from 'node:path'
import type { LogFields } from '#machinery'

export const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]
export const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

export interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly level: Level
  /** Who says it: apiserver, scheduler, ...; '' for the program. */
  readonly component: string
  readonly message: string
  readonly fields?: LogFields | undefined
  /** Where in the program: file and line. */
  readonly source: string
  readonly pid: number
}

/** `I0131 12:00:00.000000     123 pipeline.ts:45] "message" logger="apiserver" key="value"`: one line whatever the texts hold. */
export function klogLine({ at, level, component, message, fields, source, pid }: Entry): string {
  const [, month, day, time] = /^\d+-(\d\d)-(\d\d)T(.*)Z$/.exec(new Date(at).toISOString())!
  // A block of lines is one that its writer wants to be read as it is.
  const said = message.startsWith('Trace[') && fields === undefined ? message : JSON.stringify(message)
  const letter = level === 'error' ? 'E' : level === 'warn' ? 'W' : 'I'
  return `${letter}${month}${day} ${time}000 ${String(pid).padStart(7)} ${source}] ${said}${component && said !== message ? ` logger=${JSON.stringify(component)}` : ''}${Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${written(value)}`).join('')}\n`
}
const written = (value: unknown): string => (typeof value === 'string' || value instanceof Error ? JSON.stringify(textOf(value)) : JSON.stringify(value) ?? 'null')
const textOf = (value: string | Error): string => (typeof value === 'string' ? value : value.stack ?? value.message)

/** One object a line, with the members that klog's JSON has. */
export function jsonLine({ at, level, component, message, fields, source }: Entry): string {
  const { error, ...others } = fields ?? {}
  const plain = Object.fromEntries(Object.entries(others).map(([key, value]) => [key, value instanceof Error ? textOf(value) : value]))
  return `${JSON.stringify({ ts: at, ...(component && { logger: component }), caller: source, msg: message, ...(level !== 'error' && { v: level === 'debug' ? 4 : 0 }), ...(error !== undefined && { err: error instanceof Error ? textOf(error) : error }), ...plain })}\n`
}

/** The file and line that called the log; what lies in `skipped` is the log itself. */
export function callSite(skipped: readonly string[]): string {
  for (const line of (new Error().stack ?? '').split('\n').slice(2)) {
    const [, file, number] = /([^/()\s]+):(\d+):\d+\)?$/.exec(line) ?? []
    if (file && !skipped.includes(file)) return `${basename(file)}:${number}`
  }
  return 'unknown:0'
}
