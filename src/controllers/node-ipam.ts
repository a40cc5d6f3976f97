import type { Cluster, Controller } from '#client'
import { node, type Node } from '#kinds'
import { namedNode } from './node-lifecycle.ts'

/** Gives each node a part of the pods' addresses. `clusterCidr` is IPv4, e.g. 10.244.0.0/16; a node gets a /24 of it. */
export function nodeIpamController(clusterCidr: string, nodeMaskSize = 24): Controller<Node> {
  const range = parse(clusterCidr)
  const size = 2 ** (32 - nodeMaskSize), count = 2 ** (nodeMaskSize - range.bits)
  if (!(count >= 1)) throw new Error(`the cluster CIDR ${clusterCidr} is smaller than one node's part of it (/${nodeMaskSize})`)
  // One after the other round the range, so that what a deleted node had is not given away at once.
  let next = 0

  return {
    // One at a time: each sees what the one before has given away.
    name: 'node-ipam', identity: 'node-controller', for: node, workers: 1,
    concerns: ({ object }) => !object.spec.podCIDR && hasAgent(object),

    async reconcile(n, cluster) {
      if (n.spec.podCIDR || n.metadata.deletionTimestamp || !hasAgent(n)) return
      const cidr = free(cluster)
      if (cidr === undefined) {
        cluster.events.record(node, namedNode(n.metadata.name, n.metadata.uid), 'Normal', 'CIDRNotAvailable', `Node ${n.metadata.name} status is now: CIDRNotAvailable`)
        throw new Error(`the cluster CIDR ${clusterCidr} has no part left for node ${n.metadata.name}`)
      }
      await cluster.patch(node, n.metadata, 'strategic', { metadata: { uid: n.metadata.uid }, spec: { podCIDR: cidr, podCIDRs: [cidr] } })
    },
  }

  function free(cluster: Cluster): string | undefined {
    const used = new Set(cluster.list(node).flatMap((n) => [n.spec.podCIDR ?? '', ...(n.spec.podCIDRs ?? [])]))
    for (let tried = 0; tried < count; tried++) {
      const cidr = `${print(range.first + ((next + tried) % count) * size)}/${nodeMaskSize}`
      if (used.has(cidr)) continue
      next = (next + tried + 1) % count
      return cidr
    }
    return undefined
  }
}

/** Node objects that somebody made by hand, and no agent has reported for, need no addresses (and may be replaced as they were written). */
const hasAgent = (n: Node): boolean => Boolean(n.status.nodeInfo?.kubeletVersion)

function parse(cidr: string): { readonly first: number; readonly bits: number } {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr), parts = match?.slice(1).map(Number) ?? []
  const bits = parts[4] ?? 33
  if (!match || bits > 32 || parts.slice(0, 4).some((part) => part > 255)) throw new Error(`${JSON.stringify(cidr)} is not an IPv4 CIDR like 10.244.0.0/16`)
  const address = parts.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0)
  return { first: address - (address % 2 ** (32 - bits)), bits }
}
const print = (address: number): string => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
