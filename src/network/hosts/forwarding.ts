// What lets a cluster's packets leave this host: the host's own address put on them, and a way past a firewall that forwards nothing.
import { runTool, tryTool } from '../tool.ts'
import type { HostPlan } from './plan.ts'

const tableOf = (mark: string): string => `proa-${mark}`

/** Masquerades what goes from the nodes to the outside. The nodes put their own address on what comes from pods (dataplane/ruleset.ts). */
export async function forwardEverything({ mark, bridge, nodeCidr, podCidr }: HostPlan): Promise<void> {
  const table = tableOf(mark)
  await runTool(['nft', '-f', '-'], { input: `
table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr { ${nodeCidr}, ${podCidr} } oifname != "${bridge}" masquerade
  }
}
` })
  if (!await forwardsNothing()) return
  for (const rule of rulesOf(bridge)) {
    if (await tryTool(['iptables', '-w', '5', '-C', 'FORWARD', ...rule]) === undefined) await runTool(['iptables', '-w', '5', '-I', 'FORWARD', ...rule])
  }
}

/** Takes both away. */
export async function stopForwarding(mark: string): Promise<void> {
  const table = tableOf(mark)
  // Declared before it is deleted, so that deleting one that is not there is no error.
  await runTool(['nft', '-f', '-'], { input: `table ip ${table}\ndelete table ip ${table}\n` })
  if (!await forwardsNothing()) return
  for (const rule of rulesOf(`pb${mark}`)) await tryTool(['iptables', '-w', '5', '-D', 'FORWARD', ...rule])
}

const rulesOf = (bridge: string): string[][] => [['-i', bridge, '-j', 'ACCEPT'], ['-o', bridge, '-j', 'ACCEPT']]

/** Docker and others set the policy of iptables' FORWARD chain to DROP; no table of our own can overrule that. */
async function forwardsNothing(): Promise<boolean> {
  try {
    return (await tryTool(['iptables', '-w', '5', '-S', 'FORWARD']))?.includes('-P FORWARD DROP') ?? false
  } catch {
    return false // no iptables, no such policy
  }
}
