// Everything of the network that runs in a node's agent.
import { silent, type Clock, type Log } from '#machinery'
import type { EndpointSlice, Service } from '#kinds'
import type { Dataplane } from './dataplane/dataplane.ts'
import type { NameServer } from './dns/exchange.ts'
import { Forwarder } from './dns/forwarder.ts'
import { ClusterRecords } from './dns/records.ts'
import { DnsServer } from './dns/server.ts'
import { machineNameServers } from './dns/upstreams.ts'
import { Proxy } from './proxy.ts'
import { HealthPorts } from './services/health-ports.ts'
import type { PlanNode } from './services/plan.ts'
import { ServiceIndex, type Source } from './services/service-index.ts'

export interface NodeNetworkOptions {
  readonly node: PlanNode
  readonly services: Source<Service>
  readonly slices: Source<EndpointSlice>
  readonly dataplane: Dataplane
  readonly clock: Clock
  readonly log?: Log
  /** The cluster's DNS. Left out where the cluster has another. */
  readonly dns?: NodeDnsOptions
}
export interface NodeDnsOptions {
  /** The DNS service's address, which the node holds itself (raiseHosts). */
  readonly address: string
  readonly domain: string
  /** The ranges of pods and services. */
  readonly ranges: readonly string[]
  /** Domains below which services may publish names. */
  readonly published?: readonly string[]
  /** Who is asked about everything else. Left out: the name servers of the machine. */
  readonly upstreams?: readonly NameServer[]
}

export interface NodeNetwork {
  /** Settles when the services that were there at the start are in force. */
  readonly ready: Promise<void>
  /** Ends the agent's part. Rules stay in force, so that packets flow while an agent is replaced. */
  close(): Promise<void>
}

/**
 * Starts a node's services and DNS, once the first lists are there: before that, no name could be said not to exist.
 * Rejects when the DNS cannot listen, or when a source is stopped before its first list.
 */
export async function startNodeNetwork(options: NodeNetworkOptions): Promise<NodeNetwork> {
  const { node, services, slices, dataplane, clock, log = silent, dns } = options
  await Promise.all([services.synced(), slices.synced()])
  const index = new ServiceIndex(services, slices)
  const health = new HealthPorts({ log })
  const proxy = new Proxy({ index, dataplane, node, clock, log, onPlan: (service, plan) => { health.update(service, plan) } })
  let server: DnsServer | undefined
  try {
    if (dns) server = await startDns(dns, index, clock, log)
  } catch (error) {
    await proxy.close()
    health.close()
    index.close()
    throw error
  }
  return {
    ready: proxy.ready,
    async close() {
      await Promise.all([proxy.close(), server?.close()])
      health.close()
      index.close()
    },
  }
}

function startDns({ address, domain, ranges, published, upstreams }: NodeDnsOptions, index: ServiceIndex, clock: Clock, log: Log): Promise<DnsServer> {
  const records = new ClusterRecords({ index, domain, address, ranges, ...(published && { published }), serial: Math.floor(clock.now() / 1000) })
  const servers = upstreams ? () => Promise.resolve(upstreams) : machineNameServers(clock, address)
  return DnsServer.start({ records, forwarder: new Forwarder({ servers, clock, log }), address, log })
}
