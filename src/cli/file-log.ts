import type { Log, LogFields } from '#machinery'
import { LogFile } from './log-file.ts'
import { callSite, jsonLine, klogLine, levels, type Level, type LogFormat } from './log-line.ts'

export type { Level } from './log-line.ts'
export interface FileLog { readonly log: Log; /** From now on. */ setLevel(level: Level): void; close(): void }

export interface FileLogOptions {
  readonly level: Level
  readonly now: () => number
  /** Default: klog's text. */
  readonly format?: LogFormat
  /** Gets warnings and errors too, as one line for people. */
  readonly alsoWarn?: (line: string) => void
  /** Gets every line with its component. */
  readonly also?: (component: string, line: string) => void
}

/** A log into a file, in lines as Kubernetes' components write them. */
export function openFileLog(file: string, options: FileLogOptions): FileLog {
  const out = new LogFile(file)
  let level = options.level
  return { log: logInto((line) => { out.write(line) }, { ...options, get level() { return level } }), setLevel: (next) => { level = next }, close: () => { out.close() } }
}

/** A log whose lines, each with its end, go to `put`. */
export function logInto(put: (line: string) => void, options: FileLogOptions): Log {
  const { now, format = 'text', alsoWarn, also } = options
  const lineOf = format === 'json' ? jsonLine : klogLine
  const write = (at: Level, component: string, message: string, fields?: LogFields) => {
    if (levels.indexOf(at) < levels.indexOf(options.level)) return
    const line = lineOf({ at: now(), level: at, component, message, fields, source: callSite(own), pid: process.pid })
    if (alsoWarn && (at === 'warn' || at === 'error')) alsoWarn(`${component ? `${component}: ` : ''}${message}${formatFields(fields)}`)
    put(line)
    also?.(component, line)
  }
  const named = (component: string): Log => ({
    debug: (message, fields) => { write('debug', component, message, fields) },
    info: (message, fields) => { write('info', component, message, fields) },
    warn: (message, fields) => { write('warn', component, message, fields) },
    error: (message, fields) => { write('error', component, message, fields) },
    named: (inner) => named(component ? `${component}/${inner}` : inner),
  })
  return named('')
}
/** What lies between whoever logs and the file. */
const own = ['file-log.ts', 'log-line.ts']

function formatFields(fields: LogFields | undefined): string {
  if (!fields) return ''
  return Object.entries(fields).map(([key, value]) => {
    const text = value instanceof Error ? value.stack ?? value.message : typeof value === 'string' ? value : JSON.stringify(value) ?? 'undefined'
    return ` ${key}=${/[\s"=]/.test(text) || text === '' ? JSON.stringify(text) : text}`
  }).join('')
}
