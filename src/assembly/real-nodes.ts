// The real nodes of a cluster on this machine: for each a network namespace, and in it a detached agent process that owns a containerd.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, closeSync, rmdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterOptions, ClusterProgram } from '#cli'
import type { Log } from '#machinery'
import { closeNodeNamespaces, containerdPaths, endProcess, identify, openNodeNamespaces, readPidFile, startContainerd, writePidFile } from '#node'
import type { Client } from '#client'
import { chooseClusterNetwork, checkClusterNetwork, ensureDnsService, planHosts, raiseHosts, removeHosts, surveyHost, withNodes, type ClusterNetwork, type HostPlan, type NodeHost } from '#network'
import { type AgentConfig, agentConfigFile } from './agent-config.ts'
import { directoryKeeper } from './local-storage.ts'
import { writeAtomically, type Certificate, type Pki } from './pki.ts'

type Paths = ClusterOptions['paths']
const agentPatienceMs = 10_000

export interface RealNodes {
  /** The host's address on the cluster's bridge: where nodes and pods reach the API server. */
  readonly gateway: string
  /** The range of the pods' addresses. */
  readonly podCidr: string
  /** Addresses that the nodes answer for and this machine reaches: for services of type LoadBalancer. */
  readonly loadBalancerCidr: string
  /** Makes bridge, namespaces and routes. */
  raise(): Promise<void>
  /** Starts the agents that do not run. */
  start(keys: { readonly ca: Certificate; readonly pki: Pki; readonly serverPort: number }): Promise<void>
  /** The Service that stands for the cluster's DNS. */
  announceDns(client: Client): Promise<void>
  /** Takes away what `raise` made, when it was not there before. */
  lowerFresh(): Promise<void>
}

/** Decides names and addresses (once; kept in the data directory) without making anything. */
export async function prepareRealNodes(options: ClusterOptions, log: Log): Promise<RealNodes> {
  const { paths, containerdNodes } = options
  const held = readNetwork(paths), fresh = held === undefined
  const names = Array.from({ length: containerdNodes }, (_, i) => nodeName(options.name, i))
  const taken = await surveyHost(held && planHosts(held).bridge)
  const chosen = held ?? chooseClusterNetwork({ cluster: options.name, dataDirectory: paths.dataDir, taken, ...(options.clusterCidrGiven && { podCidr: options.clusterCidr }), serviceCidr: options.serviceClusterIpRange })
  if (held) checkClusterNetwork(held, taken)
  const network = withNodes(chosen, names), plan = planHosts(network, options.loadBalancerPool)
  return {
    gateway: plan.gateway, podCidr: plan.podCidr, loadBalancerCidr: plan.loadBalancerCidr,
    async raise() {
      writeAtomically(networkFile(paths), JSON.stringify(network, null, 2) + '\n', 0o600)
      await raiseHosts(plan)
    },
    async start({ ca, pki, serverPort }) {
      await Promise.all(plan.nodes.map(async (node) => {
        const config = await agentConfig({ options, plan, node, ca, pki, serverPort })
        mkdirSync(config.directory, { recursive: true, mode: 0o700 })
        const file = agentConfigFile(paths, node.name), text = JSON.stringify(config, null, 2) + '\n', isAnother = existsSync(file) && readFileSync(file, 'utf8') !== text
        if (isAnother) await endAgent(paths, node.name, log)
        writeAtomically(file, text, 0o600)
        await startAgentProcess(paths, config, log)
      }))
    },
    announceDns: (client) => ensureDnsService(client, plan.dnsAddress),
    async lowerFresh() { if (fresh) await removeHosts(plan.mark) },
  }
}

/** "proa" for the first node of a single one would be nobody's idea of a node: node-1, node-2 ... of the default cluster, else with its name. */
const nodeName = (cluster: string, i: number): string => (cluster === 'proa' ? `node-${i + 1}` : `${cluster}-node-${i + 1}`)
const networkFile = (paths: Paths): string => join(paths.clusterDir, 'network.json')
const readNetwork = (paths: Paths): ClusterNetwork | undefined => (existsSync(networkFile(paths)) ? JSON.parse(readFileSync(networkFile(paths), 'utf8')) as ClusterNetwork : undefined)
export const nodeRunDir = (paths: Paths, node: string): string => join(paths.runDir, node)
const agentPidFile = (paths: Paths, node: string): string => join(nodeRunDir(paths, node), 'agent.pid')
const namespaceDir = (paths: Paths, node: string): string => join(nodeRunDir(paths, node), 'ns')

async function agentConfig({ options, plan, node, ca, pki, serverPort }: { options: ClusterOptions; plan: HostPlan; node: NodeHost; ca: Certificate; pki: Pki; serverPort: number }): Promise<AgentConfig> {
  const { paths } = options
  const client = await pki.leaf(`node-${node.name}`, ca, { commonName: `system:node:${node.name}`, organizations: ['system:nodes'] }, ['client'])
  const proxy = await pki.leaf('kube-proxy', ca, { commonName: 'system:kube-proxy' }, ['client'])
  const keeper = await pki.leaf('local-directories', ca, { commonName: directoryKeeper }, ['client'])
  const server = await pki.leaf(`kubelet-${node.name}`, ca, { commonName: `system:node:${node.name}`, organizations: ['system:nodes'], dnsNames: [node.name], ips: [node.address] }, ['server'])
  return {
    cluster: options.name, node: node.name, address: node.address, podCidr: node.podCidr, podGateway: node.podGateway, nodeCidr: plan.nodeCidr,
    clusterPodCidr: plan.podCidr, serviceCidr: plan.serviceCidr, dns: { address: plan.dnsAddress, domain: 'cluster.local', published: options.publishDomains },
    server: `https://${plan.gateway}:${serverPort}`, authority: ca.certificate, client, proxy, keeper, serving: server,
    directory: join(paths.nodesDir, node.name), runDirectory: nodeRunDir(paths, node.name), cgroupRoot: `/proa-${plan.mark}/${node.name}`, logLevel: options.logLevel,
    leaseSeconds: Math.min(40, Math.max(4, Math.floor(options.nodeMonitorGracePeriodMs / 1000))),
  }
}

/** Ends an agent that was told something else than what holds now (another port of the API server); the next one finds its containers as they are. */
async function endAgent(paths: Paths, node: string, log: Log): Promise<void> {
  const running = await readPidFile(agentPidFile(paths, node), agentConfigFile(paths, node))
  if (!running) return
  log.info('the agent has been told something else; another one takes its place', { node, pid: running.pid })
  await endProcess(running, agentPatienceMs)
}

/** Starts a node's agent in its namespaces, detached, unless it runs already. */
async function startAgentProcess(paths: Paths, config: AgentConfig, log: Log): Promise<void> {
  const file = agentConfigFile(paths, config.node), pidFile = agentPidFile(paths, config.node)
  const running = await readPidFile(pidFile, file)
  if (running) { log.info('found the agent running', { node: config.node, pid: running.pid }); return }
  mkdirSync(config.runDirectory, { recursive: true, mode: 0o700 })
  const network = readNetwork(paths)!, host = planHosts(network).nodes.find((n) => n.name === config.node)!
  const { enter } = await openNodeNamespaces({ directory: namespaceDir(paths, config.node), hostname: config.node, networkNamespace: host.netnsPath })
  const logFile = join(paths.logsDir, `${config.node}.log`), output = openSync(logFile, 'a', 0o600)
  try {
    const [command, ...args] = [...enter, process.execPath, ...process.execArgv, process.argv[1]!, 'agent', '--config', file, '--log-file', logFile]
    const child = spawn(command!, args, { detached: true, stdio: ['ignore', output, output], cwd: '/', env: { PATH: process.env['PATH'] ?? '' } })
    await new Promise<void>((resolve, reject) => { child.once('spawn', resolve).once('error', reject) })
    child.unref()
    const identity = await identify(child.pid!)
    if (!identity) throw new Error(`the agent of ${config.node} ended at once; see ${logFile}`)
    await writePidFile(pidFile, identity)
  } finally { closeSync(output) }
}

/** Starts the agents that have died; each finds its containers as they are. */
export const resumeNodes: ClusterProgram['resumeNodes'] = async (paths, { log, progress }) => {
  const network = readNetwork(paths), resumed: string[] = []
  for (const { name } of network ? planHosts(network).nodes : []) {
    const file = agentConfigFile(paths, name)
    if (!existsSync(file) || await readPidFile(agentPidFile(paths, name), file)) continue
    progress(`starting the agent of ${name} again`)
    await startAgentProcess(paths, JSON.parse(readFileSync(file, 'utf8')) as AgentConfig, log)
    resumed.push(name)
  }
  return resumed
}

/** Ends all real nodes of a cluster: agents, pods, containerd, mounts, interfaces, rules, cgroups. The data stays. */
export const stopNodes: ClusterProgram['stopNodes'] = async (paths, { log, progress }) => {
  const network = readNetwork(paths)
  if (!network) return removeIfEmpty(paths.runDir)
  const plan = planHosts(network)
  const { removeCgroup, unmountBelow } = await import('#node')
  await Promise.all(plan.nodes.map(async (node) => {
    progress(`stopping ${node.name}`)
    const configFile = agentConfigFile(paths, node.name), agent = await readPidFile(agentPidFile(paths, node.name), configFile)
    if (agent) await endProcess(agent, agentPatienceMs)
    if (existsSync(configFile)) {
      const config = JSON.parse(readFileSync(configFile, 'utf8')) as AgentConfig
      const options = containerdOptions(config), running = await readPidFile(containerdPaths(options).pidFile, containerdPaths(options).config)
      // Started again if it was killed: containers that outlived it must go too.
      if (running || hasContainers(config)) await (await startContainerd({ ...options, namespaces: await openNodeNamespaces({ directory: namespaceDir(paths, node.name), hostname: node.name, networkNamespace: node.netnsPath }), log })).stopEverything()
      await unmountBelow(config.directory)
      await removeCgroup(config.cgroupRoot)
    }
    await closeNodeNamespaces(namespaceDir(paths, node.name))
    await rm(nodeRunDir(paths, node.name), { recursive: true, force: true })
  }))
  await removeCgroup(`/proa-${plan.mark}`)
  await removeHosts(plan.mark)
  removeIfEmpty(paths.runDir)
}

/** A folder of sockets without any. */
function removeIfEmpty(folder: string): void { try { rmdirSync(folder) } catch { /* not there, or somebody else's things are in it */ } }

/** containerd's folders and network of a node. */
export const containerdOptions = (config: AgentConfig) => ({ directory: config.directory, runDirectory: config.runDirectory, cniConfigDirectory: join(config.directory, 'cni') })

/** Whether containerd left pods behind when it last ran. */
function hasContainers(config: AgentConfig): boolean {
  const { state, runcRoot } = containerdPaths(containerdOptions(config))
  return [join(state, 'io.containerd.runtime.v2.task', 'k8s.io'), runcRoot].some((dir) => existsSync(dir) && readdirSync(dir).length > 0)
}
