import { defineCommand } from '../command.ts'
import { path, text } from '../flag.ts'
import { clusterFlags, outputFlags } from '../flags/cluster-flags.ts'

export const why = defineCommand({
  name: 'why',
  summary: 'Explain why an object is as it is: a pod that waits, a claim without a volume, a namespace that stays',
  about: `
It looks at the cluster as it is now: which rule of the scheduler refuses which nodes, what a claim waits
for, which finalizers hold what is being deleted, who set them and what they wait for.`,
  arguments: [{ name: 'KIND/NAME', description: 'What to explain, the kind as kubectl takes it', required: true }],
  examples: [['./proa why pod/web-0', 'why it does not run'], ['./proa why namespace/old', 'why it is still there'], ['./proa why pvc/data -n shop --kubeconfig f', 'in any other cluster']],
  flags: {
    ...clusterFlags,
    namespace: text({ short: 'n', value: 'NAMESPACE', description: 'Where it is' }, 'default'),
    kubeconfig: path({ description: 'Ask the cluster of this kubeconfig', defaultText: 'the cluster of --name' }),
    ...outputFlags,
  },
  run: async (values, words, terminal) => {
    const { runWhy } = await import('../run-why.ts')
    return runWhy(values, words[0]!, terminal)
  },
})
