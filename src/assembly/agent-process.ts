// A node's agent as a process of its own: containerd, the pods of this node, their network and names.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterProgram } from '#cli'
import { Informers } from '#client'
import { userAgentOf, type Log } from '#machinery'
import { httpClient } from '#client/http'
import { endpointSlice, service } from '#kinds'
import { agentConfiguration, createPodEnvironment, describeMachine, NodeAgent, startAgentServer, startContainerd, watchLocalDirectories, type Runtime } from '#node'
import { cniConfig, cniFileName, NftablesDataplane, startNodeNetwork } from '#network'
import type { AgentConfig } from './agent-config.ts'
import { buildInfo } from './build-info.ts'
import { writeAtomically } from './pki.ts'
import { containerdOptions } from './real-nodes.ts'
import { realClock as clock, secureRandom } from './real-clock.ts'

const agentPort = 10250

/** Runs until it is stopped; containers outlive it. */
export const runAgent: ClusterProgram['runAgent'] = async (configFile, { log, progress }) => {
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as AgentConfig
  const random = secureRandom(), failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const build = buildInfo(), clientAs = (name: string, pair: AgentConfig['client']) =>
    httpClient({ server: config.server, ca: config.authority, cert: pair.certificate, key: pair.key, clock, random, log: log.named(name), userAgent: userAgentOf(name, build) })
  const client = clientAs('kubelet', config.client), proxyClient = clientAs('kube-proxy', config.proxy)

  progress('starting containerd')
  const folders = containerdOptions(config)
  mkdirSync(folders.cniConfigDirectory, { recursive: true, mode: 0o700 })
  writeAtomically(join(folders.cniConfigDirectory, cniFileName), JSON.stringify(cniConfig({ podCidr: config.podCidr, stateDirectory: join(config.runDirectory, 'ipam') }), null, 2) + '\n', 0o600)
  const containerd = await startContainerd({ ...folders, log: log.named('containerd') })
  const { runtime } = containerd
  const stopKeeping = keepContainerd(runtime, () => startContainerd({ ...folders, log: log.named('containerd') }), log.named('containerd'))

  const caches = new Informers(proxyClient), services = caches.of(service), slices = caches.of(endpointSlice)
  const environment = createPodEnvironment({
    client, nodeName: config.node, hostIPs: [config.address], clock, random, log: log.named('pods'), runtime, cgroupRoot: config.cgroupRoot,
    dirs: { pods: join(config.directory, 'pods'), logs: join(config.directory, 'logs') }, localDirectories: join(config.directory, 'volumes'), dns: { server: config.dns.address, domain: config.dns.domain }, services,
  })
  const agent = new NodeAgent({ client, runtime, environment, description: await describeMachine({ name: config.node, addresses: [config.address], agentPort, podCidr: config.podCidr, leaseSeconds: config.leaseSeconds, runtime }), log: log.named('kubelet') })
  const server = await startAgentServer({ host: config.address, port: agentPort, certificate: config.serving.certificate, key: config.serving.key, clientAuthority: config.authority, agent, runtime, log: log.named('server'),
    configuration: agentConfiguration({ address: config.address, port: agentPort, dns: { server: config.dns.address, domain: config.dns.domain }, cgroupRoot: config.cgroupRoot, leaseSeconds: config.leaseSeconds }) })
  agent.start()
  const keeper = config.keeper && clientAs('local-directories', config.keeper)
  const stopKeeper = keeper && watchLocalDirectories({ client: keeper, nodeName: config.node, folder: join(config.directory, 'volumes'), log: log.named('volumes') })
  // Services need the API server; pods that run already do not wait for it.
  const network = startNodeNetwork({
    node: { name: config.node }, services, slices, clock, log: log.named('network'),
    dataplane: new NftablesDataplane({ podCidr: config.clusterPodCidr, localPodCidr: config.podCidr, serviceCidr: config.serviceCidr, nodeCidrs: [config.nodeCidr], log: log.named('network') }),
    dns: { address: config.dns.address, domain: config.dns.domain, ranges: [config.clusterPodCidr, config.serviceCidr], ...(config.dns.published && { published: config.dns.published }) },
  })
  network.catch((error: unknown) => failed.reject(error instanceof Error ? error : new Error(String(error))))
  return {
    failed: failed.promise,
    async stop() {
      stopKeeping()
      await agent.stop()
      stopKeeper?.()
      keeper?.close()
      environment.stop()
      await server.close()
      caches.stop()
      await network.then((n) => n.close(), () => {})
      runtime.close()
      client.close()
      proxyClient.close()
    },
  }
}

const firstRestartMs = 500
const lastRestartMs = 30_000

/** A containerd that has gone is started again, later and later while that fails: nobody else does it. Its containers have run on. */
function keepContainerd(runtime: Runtime, start: () => Promise<{ readonly runtime: Runtime }>, log: Log): () => void {
  let stopped = false, busy = false, cancel = () => {}
  const restart = async (tries: number): Promise<void> => {
    if (stopped) return
    try {
      (await start()).runtime.close() // the connection that everybody holds finds the socket by itself
      busy = false
    } catch (error) {
      log.error('containerd could not be started again; trying later', { error })
      cancel = clock.after(Math.min(firstRestartMs * 2 ** tries, lastRestartMs), () => void restart(tries + 1))
    }
  }
  const stop = runtime.events((event) => {
    if (event.type !== 'lost' || busy || stopped) return
    busy = true
    cancel = clock.after(firstRestartMs, () => void restart(0))
  })
  return () => { stopped = true; cancel(); stop() }
}
