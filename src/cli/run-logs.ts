import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { pathsOf } from './cluster-options.ts'
import { checkLayout, clusterExists, type ClusterPaths } from './data-dir.ts'
import { Failure, usageError } from './failure.ts'
import { enabledStreams, setStreams, streamNames, type StreamName } from './log-streams.ts'
import type { Terminal } from './terminal.ts'
import { ofCluster } from './up/describe.ts'

interface LogsValues { readonly name: string; readonly dataDir: string | undefined; readonly follow: boolean; readonly tail: number | undefined; readonly enable: readonly StreamName[] | undefined; readonly disable: readonly StreamName[] | undefined }

const chunkBytes = 64 * 1024

/** `logs`. */
export async function runLogs(values: LogsValues, component: string | undefined, terminal: Terminal): Promise<number> {
  const paths = pathsOf(values)
  checkLayout(paths)
  if (values.enable ?? values.disable) return switchStreams(values, paths, terminal)
  const logs = listLogs(paths), components = [...logs.keys()].sort()
  if (components.length === 0) throw new Failure(`cluster ${values.name} has no logs in ${paths.logsDir}. Start it with ./proa up${ofCluster(values.name)}.`)
  if (component === undefined) {
    for (const name of components) terminal.out(name)
    return 0
  }
  const file = logs.get(component)
  if (file === undefined) throw usageError(`there is no log of ${JSON.stringify(component.slice(0, 100))}; there are ${components.join(', ')}`)
  const position = print(file, values.tail === undefined ? 0 : tailOffset(file, values.tail), terminal)
  if (values.follow) await follow(file, position, terminal)
  return 0
}

/** `logs --enable api --disable audit`: says which streams are on then. */
function switchStreams({ name, enable = [], disable = [] }: LogsValues, paths: ClusterPaths, terminal: Terminal): number {
  if (!clusterExists(paths)) throw new Failure(`there is no cluster ${name} in ${paths.dataDir}. Start it with ./proa up${ofCluster(name)}.`)
  const both = enable.find((stream) => disable.includes(stream))
  if (both) throw usageError(`${both} is in both --enable and --disable`)
  setStreams(paths, [...enabledStreams(paths), ...enable].filter((stream) => !disable.includes(stream)))
  const on = enabledStreams(paths)
  for (const stream of streamNames) terminal.out(`${stream.padEnd(20)}${on.includes(stream) ? 'on' : 'off'}`)
  return 0
}

/** The components that have a log, and where it is. A node's containerd keeps its own in the node's folder. */
export function listLogs({ logsDir, nodesDir }: Pick<ClusterPaths, 'logsDir' | 'nodesDir'>): Map<string, string> {
  const own = namesIn(logsDir).filter((name) => name.endsWith('.log')).map((name): [string, string] => [name.slice(0, -'.log'.length), join(logsDir, name)])
  const runtimes = namesIn(nodesDir).map((node): [string, string] => [`${node}-containerd`, join(nodesDir, node, 'containerd.log')])
  return new Map([...own, ...runtimes.filter(([, file]) => existsSync(file))])
}

function namesIn(dir: string): string[] {
  try { return readdirSync(dir) } catch { return [] }
}

/** Where the last `lines` lines of a file begin. */
export function tailOffset(file: string, lines: number): number {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.alloc(chunkBytes)
    let seen = 0
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - chunkBytes)
      readSync(fd, buffer, 0, end - start, start)
      for (let i = end - start - 1; i >= 0; i--) {
        // The line break at the very end belongs to the last line.
        if (buffer[i] === 10 && start + i !== size - 1 && ++seen === lines) return start + i + 1
      }
      end = start
    }
    return lines === 0 ? size : 0
  } finally { closeSync(fd) }
}

/** Prints a file from an offset to its end; returns the end. */
function print(file: string, from: number, terminal: Terminal): number {
  const fd = openSync(file, 'r')
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.alloc(chunkBytes)
  let rest = ''
  let at = from
  try {
    for (let read; (read = readSync(fd, buffer, 0, chunkBytes, at)) > 0; at += read) {
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) terminal.out(line)
    }
    // Half a line is printed when the rest of it is there.
    return at - Buffer.byteLength(rest)
  } finally { closeSync(fd) }
}

/** Prints what is added until Ctrl-C; a log that was rotated is followed into the new file. */
function follow(file: string, from: number, terminal: Terminal): Promise<void> {
  let position = from
  return new Promise((resolve, reject) => {
    const look = () => {
      try {
        if (statSync(file).size < position) position = 0
        position = print(file, position, terminal)
      } catch { /* between two files of a rotation */ }
    }
    const watcher = watch(join(file, '..'), (_event, name) => { if (name === null || file.endsWith(`/${name}`)) look() })
    watcher.on('error', reject)
    const end = () => { watcher.close(); resolve() }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
    // Nobody reads any more (`| head`).
    process.stdout.once('error', end)
    look()
  })
}
