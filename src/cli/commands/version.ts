import { defineCommand } from '../command.ts'
import { outputFlags } from '../flags/cluster-flags.ts'
import { kubernetesVersion, proaVersion } from '../version.ts'

export const version = defineCommand({
  name: 'version',
  summary: 'Print the version',
  flags: outputFlags,
  run: async ({ output }, _words, terminal) => {
    const facts = { proa: proaVersion(), kubernetes: kubernetesVersion, node: process.version, platform: `${process.platform}/${process.arch}` }
    terminal.out(output === 'json' ? JSON.stringify(facts) : `Proa ${facts.proa} (Kubernetes ${facts.kubernetes}, Node ${facts.node}, ${facts.platform})`)
    return 0
  },
})
