import { defineCommand } from '../command.ts'
import { toggle, path } from '../flag.ts'
import { clusterFlags } from '../flags/cluster-flags.ts'

export const down = defineCommand({
  name: 'down',
  summary: 'Stop a cluster and its nodes',
  about: `
Ends the control plane, the node agents and all containers, and removes the context from the kubeconfig
(the one selected before is selected again). State is kept for the next ./proa up, unless --delete-data.`,
  examples: [['./proa down', 'keeps everything for the next up'], ['./proa down --delete-data', 'forgets the cluster']],
  flags: {
    ...clusterFlags,
    deleteData: toggle({ description: 'Also delete the cluster\'s data: objects, keys, logs, images' }),
    kubeconfig: path({ description: 'The kubeconfig to remove the context from', defaultText: 'where up wrote it' }),
  },
  run: async (values, _words, terminal) => {
    const { runDown } = await import('../run-down.ts')
    return runDown(values, terminal)
  },
})
