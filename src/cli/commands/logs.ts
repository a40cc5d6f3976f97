import { defineCommand } from '../command.ts'
import { integer, toggle } from '../flag.ts'
import { clusterFlags } from '../flags/cluster-flags.ts'
import { streams } from '../flags/up-flags.ts'

export const logs = defineCommand({
  name: 'logs',
  summary: 'Print the log of a component',
  about: `
Without a component it lists those that have a log. (The logs of pods: kubectl logs.) Five streams of the control plane's log get files of
their own when they are switched on: api, audit, authenticator, controllerManager, scheduler. That may be done while the cluster runs.`,
  examples: [['./proa logs control-plane -f', 'and what is added, until Ctrl-C'], ['./proa logs control-plane --tail 20', 'the last lines'], ['./proa logs --enable api,audit', 'from now on these have logs of their own'], ['./proa logs audit -f', 'who did what, as it happens']],
  arguments: [{ name: 'COMPONENT', description: 'control-plane, a node (its agent), or a node\'s containerd: node-1, node-1-containerd' }],
  flags: {
    ...clusterFlags,
    follow: toggle({ short: 'f', description: 'Go on with what is added' }),
    enable: streams({ description: 'Switch these streams on' }),
    disable: streams({ description: 'Switch these streams off' }),
    tail: integer({ description: 'Only the last lines', defaultText: 'all' }, [0, 1_000_000]),
  },
  run: async (values, [component], terminal) => {
    const { runLogs } = await import('../run-logs.ts')
    return runLogs(values, component, terminal)
  },
})
