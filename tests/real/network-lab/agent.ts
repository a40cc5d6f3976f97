// The network part of a node's agent, with the services of the test. Argument: Task as JSON.
import type { EndpointSlice, Service } from '#kinds'
import type { AnyObject, Clock } from '#machinery'
import { NftablesDataplane, startNodeNetwork, type HostPlan, type Source } from '#network'

export interface AgentTask { readonly plan: HostPlan; readonly node: number; readonly services: readonly Service[]; readonly slices: readonly EndpointSlice[]; readonly upstreamPort: number }

const { plan, node: index, services, slices, upstreamPort } = JSON.parse(process.argv[2] ?? '') as AgentTask
const node = plan.nodes[index]
if (!node) throw new Error(`no node ${index}`)
const clock: Clock = { now: () => Date.now(), after: (ms, run) => { const timer = setTimeout(run, ms); return () => { clearTimeout(timer) } } }
const fixed = <T extends AnyObject>(objects: readonly T[]): Source<T> => ({
  synced: () => Promise.resolve(),
  watch: (seen) => { for (const object of objects) seen({ type: 'ADDED', object }); return () => {} },
})
const network = await startNodeNetwork({
  node: { name: node.name }, services: fixed(services), slices: fixed(slices), clock,
  dataplane: new NftablesDataplane({ podCidr: plan.podCidr, localPodCidr: node.podCidr, serviceCidr: plan.serviceCidr, nodeCidrs: [plan.nodeCidr] }),
  dns: { address: plan.dnsAddress, domain: 'cluster.local', ranges: [plan.podCidr, plan.serviceCidr], upstreams: [{ address: plan.gateway, port: upstreamPort }] },
})
await network.ready
process.stdout.write('ready\n')
