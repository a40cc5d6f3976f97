import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Log, LogFields } from '#machinery'

const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

const maxBytes = 16 * 1024 * 1024
const keepFiles = 3

export interface FileLog { readonly log: Log; close(): void }

/**
 * A log into a file: `2026-01-31T12:00:00.000Z INFO scheduler: message key=value`. At 16 MB it becomes `FILE.1` and so on,
 * of which three are kept. Lines are written at once, so that nothing is lost when the process is killed. A log that
 * cannot be written (full disk) is silent: it must never be what stops a cluster. `alsoWarn` gets warnings and errors too.
 */
export function openFileLog(file: string, level: Level, now: () => number, alsoWarn?: (line: string) => void): FileLog {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  let fd = openSync(file, 'a', 0o600)
  let size = fstatSync(fd).size
  const rotate = () => {
    closeSync(fd)
    for (let i = keepFiles - 1; i >= 0; i--) try { renameSync(i === 0 ? file : `${file}.${i}`, `${file}.${i + 1}`) } catch { /* not that many yet */ }
    fd = openSync(file, 'a', 0o600)
    size = 0
  }
  const write = (at: Level, component: string, message: string, fields?: LogFields) => {
    if (levels.indexOf(at) < levels.indexOf(level)) return
    const line = formatLine(now(), at, component, message, fields)
    if (alsoWarn && (at === 'warn' || at === 'error')) alsoWarn(`${component ? `${component}: ` : ''}${message}${formatFields(fields)}`)
    try {
      if (size > maxBytes) rotate()
      size += writeSync(fd, line)
    } catch { /* see above */ }
  }
  const named = (component: string): Log => ({
    debug: (message, fields) => { write('debug', component, message, fields) },
    info: (message, fields) => { write('info', component, message, fields) },
    warn: (message, fields) => { write('warn', component, message, fields) },
    error: (message, fields) => { write('error', component, message, fields) },
    named: (inner) => named(component ? `${component}/${inner}` : inner),
  })
  return { log: named(''), close: () => { closeSync(fd) } }
}

/** One line of the log. Line breaks in values are escaped: a line is an entry. */
export const formatLine = (at: number, level: Level, component: string, message: string, fields?: LogFields): string =>
  `${new Date(at).toISOString()} ${level.toUpperCase().padEnd(5)} ${component ? `${component}: ` : ''}${message}${formatFields(fields)}`.replaceAll('\n', '\\n') + '\n'

function formatFields(fields: LogFields | undefined): string {
  if (!fields) return ''
  return Object.entries(fields).map(([key, value]) => {
    const text = value instanceof Error ? value.stack ?? value.message : typeof value === 'string' ? value : JSON.stringify(value) ?? 'undefined'
    return ` ${key}=${/[\s"=]/.test(text) || text === '' ? JSON.stringify(text) : text}`
  }).join('')
}
