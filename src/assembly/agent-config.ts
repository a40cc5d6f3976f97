import { join } from 'node:path'
import type { ClusterOptions } from '#cli'
import type { Certificate } from './pki.ts'

/** All that a node's agent process is told, in a file of its own (0600: it holds keys). */
export interface AgentConfig {
  readonly cluster: string
  readonly node: string
  readonly address: string
  readonly podCidr: string
  readonly podGateway: string
  readonly nodeCidr: string
  readonly clusterPodCidr: string
  readonly serviceCidr: string
  readonly dns: { readonly address: string; readonly domain: string; readonly published?: readonly string[] }
  /** The API server as the node reaches it. */
  readonly server: string
  readonly authority: string
  /** The agent's own identity, kube-proxy's, and what the agent serves with. */
  readonly client: Certificate
  readonly proxy: Certificate
  readonly serving: Certificate
  /** Who looks after the node's directories that are volumes; absent in files of older versions: nobody. */
  readonly keeper?: Certificate
  readonly directory: string
  readonly runDirectory: string
  readonly cgroupRoot: string
  /** See NodeDescription: shorter when the control plane is told to be less patient. */
  readonly leaseSeconds: number
  readonly logLevel: ClusterOptions['logLevel']
}

/** The directory that holds a node's volumes. */
export const localDirectoriesOf = (paths: ClusterOptions['paths'], node: string): string => join(paths.nodesDir, node, 'volumes')

export const agentConfigFile = (paths: ClusterOptions['paths'], node: string): string => join(paths.nodesDir, node, 'agent.json')
