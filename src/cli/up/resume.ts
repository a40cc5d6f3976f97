// What is left of the last run of a cluster, in the kubeconfig of its own folder.
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import type { ClusterPaths } from '../data-dir.ts'
import type { Access } from '../kubeconfig.ts'

/** Server and credentials as they were written last; undefined before the first start. */
export function accessOf({ kubeconfigFile }: ClusterPaths): Access | undefined {
  try {
    const { clusters: [cluster], users: [user] } = load(readFileSync(kubeconfigFile, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }]; users: [{ user: Record<string, string> }]
    }
    const pem = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString('utf8')
    return {
      server: cluster.cluster['server'] ?? '', certificateAuthority: pem(cluster.cluster['certificate-authority-data']),
      certificate: pem(user.user['client-certificate-data']), key: pem(user.user['client-key-data']),
    }
  } catch {
    return undefined    // absent or damaged: up writes it anew
  }
}

/** The port of the last run, so that kubeconfigs given to others keep working. */
export function lastPortOf(paths: ClusterPaths): number | undefined {
  const server = accessOf(paths)?.server
  const port = Number(server && URL.canParse(server) ? new URL(server).port : NaN)
  return port > 0 ? port : undefined
}
