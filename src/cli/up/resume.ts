// What is left of the last run of a cluster: the kubeconfig of its own folder, and how many nodes it had.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import type { NodesAsked } from '../cluster-options.ts'
import { writeFileAtomically, type ClusterPaths } from '../data-dir.ts'
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

const nodesFile = ({ clusterDir }: ClusterPaths): string => join(clusterDir, 'nodes.json')
/** Writes down how many nodes the cluster has, for the next `up` that says nothing of them. Throws what the system says. */
export function rememberNodes(paths: ClusterPaths, { nodes, simulate }: NodesAsked): void { writeFileAtomically(nodesFile(paths), `${JSON.stringify({ nodes, simulate })}\n`, 0o600) }
/** How many nodes the cluster had last; undefined before the first start. */
export function lastNodesOf(paths: ClusterPaths): NodesAsked | undefined {
  try {
    const { nodes, simulate } = JSON.parse(readFileSync(nodesFile(paths), 'utf8')) as Partial<NodesAsked>
    return Number.isSafeInteger(nodes) && Number.isSafeInteger(simulate) && nodes! >= 0 && simulate! >= 0 ? { nodes: nodes!, simulate: simulate! } : undefined
  } catch {
    return undefined // absent or damaged: as a new cluster
  }
}
