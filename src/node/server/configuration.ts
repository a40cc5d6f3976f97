// What /configz shows: how the agent is set up, in KubeletConfiguration's words. Only what it really does.
import { formatDuration } from '#machinery'
import { podsPerNode } from '../machine/node-info.ts'

export function agentConfiguration({ address, port, dns, cgroupRoot, leaseSeconds }: {
  readonly address: string; readonly port: number; readonly dns: { readonly server: string; readonly domain: string }; readonly cgroupRoot: string; readonly leaseSeconds: number
}): Readonly<Record<string, unknown>> {
  return {
    address, port, enableServer: true, authentication: { x509: {}, webhook: { enabled: false }, anonymous: { enabled: false } },
    clusterDomain: dns.domain, clusterDNS: [dns.server], maxPods: podsPerNode, cgroupDriver: 'cgroupfs', cgroupRoot, cgroupsPerQOS: true, cpuCFSQuota: true, cpuCFSQuotaPeriod: formatDuration(100),
    hairpinMode: 'hairpin-veth', nodeLeaseDurationSeconds: leaseSeconds, nodeStatusReportFrequency: formatDuration(300_000), failSwapOn: false, registerNode: true,
  }
}
