import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterOptions } from '../cluster-options.ts'
import { Failure, messageOf, systemCode } from '../failure.ts'
import { flagName } from '../flag.ts'
import { readPidFile } from '../pid-file.ts'

/** One line that says what to do, for what can go wrong when a cluster starts. */
export function explainFailure(error: unknown, options: ClusterOptions): Failure {
  if (error instanceof Failure) return error
  const cause = { cause: error }, given = flagOf(options, (error as { path?: unknown } | null)?.path)
  if (given !== undefined && unreadable[systemCode(error) ?? '']) return new Failure(`${given}: ${unreadable[systemCode(error) ?? '']}. Give the path of a file that this user can read.`, 1, cause)
  switch (systemCode(error)) {
    case 'EADDRINUSE': {
      const owner = clusterOnPort(options.paths.dataDir, options.port)
      const who = owner ? ` by the cluster ${owner}` : ''
      return new Failure(`port ${options.port} is in use${who}. Use --port 0 for a free one${owner ? `, or ./proa down --name ${owner}` : ', or stop what listens there'}.`, 1, cause)
    }
    case 'EADDRNOTAVAIL': return new Failure(`this machine has no address ${options.bindAddress}. Use another --bind-address.`, 1, cause)
    case 'ENOSPC': case 'EDQUOT': return new Failure(`the disk that holds ${options.paths.dataDir} is full. Free some space, or use another --data-dir.`, 1, cause)
    case 'EACCES': case 'EPERM':
      return options.port > 0 && options.port < 1024
        ? new Failure(`no rights to listen on port ${options.port}. Use a port from 1024 on, or become root.`, 1, cause)
        : new Failure(`no rights: ${messageOf(error)}. Become root, or use another --data-dir.`, 1, cause)
    default: return new Failure(`the cluster did not start: ${messageOf(error)}. The log is ${options.paths.controlPlaneLog}.`, 1, cause)
  }
}

/** What is wrong with a file that was named. */
const unreadable: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'no rights to read it', EISDIR: 'it is a folder', ENOTDIR: 'a part of the path is no folder' }
/** The flag that named this path, with it: options are called like their flags. */
function flagOf(options: object, path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined
  for (const [key, value] of Object.entries(options)) {
    if (value === path || (Array.isArray(value) && value.includes(path))) return `--${flagName(key)} ${path}`
    const inner = typeof value === 'object' && value !== null && key !== 'paths' ? flagOf(value as object, path) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

function clusterOnPort(dataDir: string, port: number): string | undefined {
  try {
    return readdirSync(dataDir).find((name) => readPidFile(join(dataDir, name, 'control-plane.pid'))?.server?.endsWith(`:${port}`))
  } catch {
    return undefined
  }
}
