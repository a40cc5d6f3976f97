import { defineCommand } from '../command.ts'
import { componentFlags } from '../flags/component-flags.ts'
import { controllerManagerFlags } from '../flags/controller-manager-flags.ts'
import { componentFlagsShown } from '../flags/shown-flags.ts'

const flags = { ...componentFlags('kube-controller-manager', 10_257), ...controllerManagerFlags }

export const controllerManager = defineCommand({
  name: 'controller-manager',
  referenceFlags: 'kube-controller-manager',
  summary: 'Run the controllers alone, against any Kubernetes API server',
  about: `
For an API server that runs elsewhere, Proa's (server --disable-controller-manager) or any other.
Several of them may run: one works, the others wait for its lease.`,
  examples: [['./proa controller-manager --kubeconfig cm.conf', 'as the user of that kubeconfig, which needs the rights of system:kube-controller-manager']],
  flags,
  run: async (values, _words, terminal) => {
    const [{ assembly }, { runUntilEnded }] = await Promise.all([import('../up/run-up.ts'), import('../run-component.ts')])
    return runUntilEnded('the controller manager', values.logLevel, terminal, async (context) => (await assembly()).runControllerManager(values, { ...context, shownFlags: componentFlagsShown(flags, values) }))
  },
})
