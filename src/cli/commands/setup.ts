import { defineCommand } from '../command.ts'
import { path, toggle } from '../flag.ts'
import { outputFlags } from '../flags/cluster-flags.ts'

export const setup = defineCommand({
  name: 'setup',
  summary: 'Install what real containers need (as root on Debian), and kubectl where there is none',
  about: `
Installs containerd, runc, the CNI plugins, nftables, iproute2, conntrack and busybox-static with apt-get.
A kubectl on the PATH is used from version 1.30 on; otherwise Debian's newer one is put into the data
directory, and the system's package sources stay as they are. Running it again changes nothing.`,
  examples: [['./proa setup --check', 'only say what is there and what is missing'], ['./proa setup --kubectl', 'fetch a private kubectl even if there is one']],
  flags: {
    check: toggle({ description: 'Only report; ends with 1 when something is missing' }),
    kubectl: toggle({ description: 'Fetch a private kubectl even if the PATH has one that is new enough' }),
    dataDir: path({ value: 'DIR', completes: 'directory', description: 'Where the private kubectl goes', defaultText: '$PROA_HOME, else /var/lib/proa for root, else ~/.proa' }),
    ...outputFlags,
  },
  run: async (values, _words, terminal) => {
    const { runSetup } = await import('../setup/run-setup.ts')
    return runSetup(values, terminal)
  },
})
