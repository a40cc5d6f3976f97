import { defineCommand } from '../command.ts'
import { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'

export const status = defineCommand({
  name: 'status',
  summary: 'Say whether a cluster runs, and how its nodes and pods are',
  about: 'Ends with 0 when the cluster is ready and with 1 when it is not.',
  flags: { ...clusterFlags, ...outputFlags },
  run: async (values, _words, terminal) => {
    const { runStatus } = await import('../run-status.ts')
    return runStatus(values, terminal)
  },
})
