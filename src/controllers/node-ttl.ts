import type { Controller } from '#client'
import { node, type Node } from '#kinds'

const annotation = 'node.alpha.kubernetes.io/ttl'
/** The more nodes, the longer their agents may use what they have cached of secrets and config maps. Neighbours overlap, so that a node
 * more or less does not turn all of them over; the others hear of another step one by one, as they report anyway. */
const steps = [{ from: 0, to: 100, seconds: 0 }, { from: 90, to: 500, seconds: 15 }, { from: 450, to: 1000, seconds: 30 }, { from: 900, to: 2000, seconds: 60 }, { from: 1800, to: Infinity, seconds: 300 }]

/** Tells each node's agent how long it may use cached secrets and config maps. */
export function nodeTtlController(): Controller<Node> {
  let at = 0
  return {
    name: 'ttl', for: node,

    async reconcile(n, cluster) {
      const count = cluster.list(node).length
      while (at < steps.length - 1 && count > steps[at]!.to) at++
      while (at > 0 && count < steps[at]!.from) at--
      const wanted = String(steps[at]!.seconds)
      if (n.metadata.annotations?.[annotation] !== wanted) await cluster.patch(node, n.metadata, 'merge', { metadata: { annotations: { [annotation]: wanted } } })
    },
  }
}
