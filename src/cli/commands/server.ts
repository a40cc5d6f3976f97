import { defineCommand } from '../command.ts'
import { path } from '../flag.ts'
import { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'
import { serverFlags } from '../flags/server-flags.ts'
import { processFlags } from '../flags/up-flags.ts'

export const server = defineCommand({
  name: 'server',
  referenceFlags: true,
  summary: 'Run a control plane in the foreground, without nodes',
  about: `
For a service manager. The administrator's kubeconfig lies in the cluster's folder; see ./proa kubeconfig.
A context is written only where --kubeconfig says so.`,
  examples: [['./proa server --bind-address 0.0.0.0', 'reachable from other machines']],
  flags: { ...clusterFlags, ...processFlags, kubeconfig: path({ description: 'Write and select the context in this kubeconfig', defaultText: 'none is written' }), ...outputFlags, ...serverFlags },
  run: async (values, _words, terminal, idle) => {
    const { runServer } = await import('../up/run-server.ts')
    return runServer(values, terminal, idle)
  },
})
