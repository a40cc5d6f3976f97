import { defineCommand } from '../command.ts'
import { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'
import { serverFlags } from '../flags/server-flags.ts'
import { nodeFlags, processFlags, upFlags } from '../flags/up-flags.ts'

export const up = defineCommand({
  name: 'up',
  summary: 'Start a cluster on this machine, or resume it',
  about: `
Ready means that the API answers; nodes report when they are ready, and --wait 1m waits for them (with
--detach, what is not ready in time ends it with 1; the cluster stays). kubectl's context, named like the
cluster, is written and selected, and nothing else in the kubeconfig changes. State is kept: the next
./proa up finds the same objects and the same certificates. On a running cluster it changes nothing.`,
  examples: [
    ['./proa up', 'one node; real containers as root with containerd, else simulated'],
    ['./proa up --nodes 3', 'three nodes, each a network namespace and a containerd'],
    ['./proa up --simulate 5000', 'nodes without containers'],
    ['./proa up --name lab --detach', 'a second cluster, left running; ./proa down --name lab ends it'],
    ['./proa up --detach --wait 1m', 'returns when all nodes are Ready: for scripts'],
    ['./proa up -f cluster.yaml', 'everything as code'],
  ],
  flags: { ...clusterFlags, ...upFlags, ...processFlags, ...outputFlags, ...nodeFlags, ...serverFlags },
  run: async (values, _words, terminal, idle) => {
    const { runUp } = await import('../up/run-up.ts')
    return runUp(values, terminal, idle)
  },
})
