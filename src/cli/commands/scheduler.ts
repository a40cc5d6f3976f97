import { defineCommand } from '../command.ts'
import { componentFlags } from '../flags/component-flags.ts'
import { schedulerFlags } from '../flags/scheduler-flags.ts'
import { componentFlagsShown } from '../flags/shown-flags.ts'

const flags = { ...componentFlags('kube-scheduler', 10_259), ...schedulerFlags }

export const scheduler = defineCommand({
  name: 'scheduler',
  referenceFlags: 'kube-scheduler',
  summary: 'Run the scheduler alone, against any Kubernetes API server',
  about: `
For an API server that runs elsewhere, Proa's (server --disable-scheduler) or any other. Several of them may run: one works, the others
wait for its lease. What the file of --config says of the lease holds instead of the flags.`,
  examples: [
    ['./proa scheduler --kubeconfig scheduler.conf', 'as the user of that kubeconfig, which needs the rights of system:kube-scheduler'],
    ['./proa scheduler --config profiles.yaml', 'profiles, weights, arguments of plugins, extenders: KubeSchedulerConfiguration'],
  ],
  flags,
  run: async (values, _words, terminal) => {
    const [{ assembly }, { runUntilEnded }] = await Promise.all([import('../up/run-up.ts'), import('../run-component.ts')])
    return runUntilEnded('the scheduler', values.logLevel, terminal, async (context) => (await assembly()).runScheduler(values, { ...context, shownFlags: componentFlagsShown(flags, values) }))
  },
})
