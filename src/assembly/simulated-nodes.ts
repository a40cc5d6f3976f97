// Nodes without containers, in the control plane's own process: pods get scheduled, run and finish as told by annotations.
import { userAgentOf, type Log } from '#machinery'
import { createSimulatedEnvironment, NodeAgent, SimulatedRuntime } from '#node/simulated'
import { directClient, type Client } from '#client'
import { node as nodeKind } from '#kinds'
import { buildInfo } from './build-info.ts'
import type { ControlPlane } from './control-plane.ts'
import { simulatedLabel } from './nobody-at.ts'

/** What each simulated node has. */
const capacity = { cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110' }
const nodeInfo = { machineID: '', systemUUID: '', bootID: '', kernelVersion: 'simulated', osImage: 'Proa (simulated)', containerRuntimeVersion: 'simulated://1', kubeletVersion: 'v1.36.2', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64' }

/** Starts nodes node-1 to node-<count>. */
export function startSimulatedNodes(plane: ControlPlane, count: number, log: Log): { stop(): Promise<void> } {
  const { clock, random } = plane.as({ name: 'system:apiserver', groups: ['system:masters'] }, 'simulation').client
  const userAgent = userAgentOf('kubelet', buildInfo())
  const agents: NodeAgent[] = [], clients: Client[] = []
  for (let i = 1; i <= count; i++) {
    const name = `node-${i}`, address = `10.${200 + Math.floor(i / 65_025)}.${Math.floor(i / 255) % 255}.${(i % 255) + 1}`
    const client = directClient(plane.handler, { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] }, { clock, random, log: log.named(name), userAgent })
    const runtime = new SimulatedRuntime({ clock, random, podCidrs: () => plane.objects.get(nodeKind, name)?.spec?.podCIDRs ?? [] })
    const agent = new NodeAgent({ client, runtime, environment: createSimulatedEnvironment(runtime), log: log.named(name),
      description: { name, addresses: [address], labels: { [simulatedLabel]: 'true' }, capacity, allocatable: capacity, nodeInfo } })
    agent.start()
    agents.push(agent)
    clients.push(client)
  }
  return { async stop() { await Promise.all(agents.map((a) => a.stop())); for (const c of clients) c.close() } }
}
