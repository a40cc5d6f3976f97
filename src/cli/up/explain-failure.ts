import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterOptions } from '../cluster-options.ts'
import { Failure, messageOf, systemCode } from '../failure.ts'
import { readPidFile } from '../pid-file.ts'

/** One line that says what to do, for what can go wrong when a cluster starts. */
export function explainFailure(error: unknown, options: ClusterOptions): Failure {
  if (error instanceof Failure) return error
  const cause = { cause: error }
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

function clusterOnPort(dataDir: string, port: number): string | undefined {
  try {
    return readdirSync(dataDir).find((name) => readPidFile(join(dataDir, name, 'control-plane.pid'))?.server?.endsWith(`:${port}`))
  } catch {
    return undefined
  }
}
