// The five streams of a control plane's log, each in a file of its own when it is switched on: while the cluster runs, and for the next start too.
// Which are on stands in a small file in the cluster's folder; the running process watches it.
import { existsSync, readFileSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeFileAtomically, type ClusterPaths } from './data-dir.ts'
import { LogFile } from './log-file.ts'

export const streamNames = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] as const
export type StreamName = (typeof streamNames)[number]

const serverParts = new Set(['', 'apiserver', 'listen', 'store', 'audit', 'flowcontrol', 'authorization', 'caches'])
/** The stream that a component's lines belong to; undefined: none (nodes, networks). */
export function streamOf(component: string): StreamName | undefined {
  const [first = ''] = component.split('/')
  if (first === 'authenticator') return 'authenticator'
  if (first === 'scheduler' || first === 'default-scheduler') return 'scheduler'
  if (first === 'controllers' || first.endsWith('-controller')) return 'controllerManager'
  return serverParts.has(first) ? 'api' : undefined
}

type Place = Pick<ClusterPaths, 'clusterDir' | 'logsDir'>
const settingsOf = ({ clusterDir }: Place): string => join(clusterDir, 'log-streams.json')

/** The streams that are on; none when nobody has said so. */
export function enabledStreams(place: Place): StreamName[] {
  try {
    const { enabled } = JSON.parse(readFileSync(settingsOf(place), 'utf8')) as { enabled?: unknown }
    return Array.isArray(enabled) ? streamNames.filter((name) => enabled.includes(name)) : []
  } catch { return [] }
}
export function setStreams(place: Place, enabled: readonly StreamName[]): void {
  writeFileAtomically(settingsOf(place), `${JSON.stringify({ enabled: streamNames.filter((name) => enabled.includes(name)) })}\n`, 0o600)
}

/** The streams of one running process. */
export class LogStreams {
  readonly #place: Place
  readonly #files = new Map<StreamName, LogFile>()
  readonly #watcher: FSWatcher | undefined
  #followAudit: ((write: ((text: string) => boolean) | undefined) => void) | undefined

  constructor(place: Place) {
    this.#place = place
    this.#look()
    if (existsSync(place.clusterDir)) this.#watcher = watch(dirname(settingsOf(place)), (_event, name) => { if (name === null || name === basename(settingsOf(place))) this.#look() }).unref()
  }

  /** A line of a component, where its stream is on. */
  write(component: string, line: string): void {
    const name = this.#files.size === 0 ? undefined : streamOf(component)
    if (name !== undefined) this.#files.get(name)?.write(line)
  }
  /** Calls back now, and whenever the audit stream is switched: with where its lines go, or undefined. Returns what ends that. */
  followAudit(run: (write: ((text: string) => boolean) | undefined) => void): () => void {
    this.#followAudit = run
    run(this.#auditWriter())
    return () => { this.#followAudit = undefined }
  }
  close(): void {
    this.#watcher?.close()
    for (const file of this.#files.values()) file.close()
    this.#files.clear()
  }

  #auditWriter(): ((text: string) => boolean) | undefined {
    const file = this.#files.get('audit')
    return file && ((text) => file.write(text))
  }
  #look(): void {
    const enabled = new Set(enabledStreams(this.#place)), had = this.#files.has('audit')
    for (const name of streamNames) {
      const file = this.#files.get(name)
      if (enabled.has(name) && !file) this.#files.set(name, new LogFile(join(this.#place.logsDir, `${name}.log`)))
      else if (!enabled.has(name) && file) { this.#files.delete(name); file.close() }
    }
    if (had !== this.#files.has('audit')) this.#followAudit?.(this.#auditWriter())
  }
}
