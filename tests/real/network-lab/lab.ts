// A cluster's network without the cluster: nodes, pods (network namespaces that the CNI plugins connect) and processes in them.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseClusterNetwork, cniConfig, inNamespace, planHosts, raiseHosts, removeHosts, surveyHost, withNodes, type HostPlan, type NodeHost } from '#network'

export interface LabPod { readonly name: string; readonly node: NodeHost; readonly address: string; readonly netnsPath: string }
/** Where a process runs: in a pod, on a node, or (undefined) on the host, outside of the cluster. */
export type Place = { readonly netnsPath: string } | undefined

const file = (name: string) => join(import.meta.dirname, name)

export class Lab implements AsyncDisposable {
  readonly plan: HostPlan
  readonly #directory: string
  readonly #children = new Set<ChildProcess>()
  readonly #pods: LabPod[] = []
  readonly #outside: string[] = []
  #count = 0

  private constructor(plan: HostPlan, directory: string) {
    this.plan = plan
    this.#directory = directory
  }

  static async make(cluster: string, nodes: readonly string[]): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'proa-lab-'))
    const network = withNodes(chooseClusterNetwork({ cluster, dataDirectory: directory, taken: await surveyHost() }), nodes)
    const lab = new Lab(planHosts(network), directory)
    await raiseHosts(lab.plan)
    return lab
  }

  node(index: number): NodeHost {
    const node = this.plan.nodes[index]
    if (!node) throw new Error(`the lab has no node ${index}`)
    return node
  }

  /** A machine outside, behind the host, that knows the way to the nodes. */
  async outside(): Promise<{ readonly netnsPath: string; readonly address: string; readonly hostAddress: string }> {
    const netns = `pl${this.plan.mark}-o`
    const link = `pl${this.plan.mark}o`
    const [hostAddress, address] = ['198.18.77.1', '198.18.77.2']
    this.#outside.push(netns)
    for (const argv of [
      ['netns', 'add', netns], ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns], ['address', 'add', `${hostAddress}/24`, 'dev', link], ['link', 'set', link, 'up'],
      ['-n', netns, 'address', 'add', `${address}/24`, 'dev', 'eth0'], ['-n', netns, 'link', 'set', 'lo', 'up'], ['-n', netns, 'link', 'set', 'eth0', 'up'], ['-n', netns, 'route', 'add', 'default', 'via', hostAddress],
    ]) await this.run(undefined, ['ip', ...argv])
    return { netnsPath: `/run/netns/${netns}`, address, hostAddress }
  }

  /** A pod with a backend on port 8080 in it, which a port of the node may lead to. */
  async pod(index: number, name: string, hostPort?: number): Promise<LabPod> {
    const node = this.node(index)
    const netns = `pl${this.plan.mark}-${++this.#count}`
    await this.run(undefined, ['ip', 'netns', 'add', netns])
    await this.run({ netnsPath: `/run/netns/${netns}` }, ['ip', 'link', 'set', 'lo', 'up'])
    const { plugins, ...list } = cniConfig({ podCidr: node.podCidr, stateDirectory: join(this.#directory, node.name) })
    let result: { readonly ips?: readonly { readonly address: string }[] } = {}
    for (const plugin of plugins) {
      const config = { ...list, ...plugin, ...hostPort === undefined ? {} : { runtimeConfig: { portMappings: [{ hostPort, containerPort: 8080, protocol: 'tcp' }] } }, ...result.ips ? { prevResult: result } : {} }
      result = JSON.parse(await this.run(node, [`/usr/lib/cni/${plugin.type}`], JSON.stringify(config), {
        CNI_COMMAND: 'ADD', CNI_CONTAINERID: netns, CNI_NETNS: `/run/netns/${netns}`, CNI_IFNAME: 'eth0', CNI_PATH: '/usr/lib/cni',
      })) as typeof result
    }
    const pod = { name, node, address: result.ips![0]!.address.split('/')[0]!, netnsPath: `/run/netns/${netns}` }
    this.#pods.push(pod)
    await this.backend(pod, name, 8080)
    return pod
  }

  /** Starts a backend that says `name`; returns when it listens. */
  async backend(place: Place, name: string, port: number): Promise<void> {
    const child = this.start(place, [process.execPath, file('echo.ts'), name, String(port)])
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => { resolve() })
      child.once('exit', (code) => { reject(new Error(`backend ${name} ended (${code})`)) })
    })
  }

  /** The answers to `count` questions asked from a place. */
  async ask(place: Place, kind: 'tcp' | 'udp', address: string, port: number, count = 1, fromPort = 0): Promise<string[]> {
    return JSON.parse(await this.run(place, [process.execPath, file('ask.ts'), kind, address, String(port), String(count), fromPort ? String(fromPort) : ''])) as string[]
  }

  start(place: Place, argv: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const [command = '', ...args] = [...place ? inNamespace(place.netnsPath) : [], ...argv]
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.#children.add(child)
    child.once('exit', () => { this.#children.delete(child) })
    return child
  }

  /** Runs a program to its end; rejects when it fails. */
  run(place: Place, argv: readonly string[], input = '', env: Record<string, string> = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = this.start(place, argv, env)
      let out = ''
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => { out += chunk })
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
      child.once('error', reject)
      child.once('close', (code) => { if (code === 0) resolve(out); else reject(new Error(`${argv.join(' ')} failed (${code}): ${out}`)) })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map((child) => new Promise<void>((resolve) => { child.once('exit', () => { resolve() }); child.kill('SIGKILL') })))
    for (const netns of this.#outside) {
      await this.run(undefined, ['ip', 'link', 'delete', netns.replace('-', '')])
      await this.run(undefined, ['ip', 'netns', 'delete', netns])
    }
    for (const { netnsPath } of this.#pods) await this.run(undefined, ['ip', 'netns', 'delete', netnsPath.split('/').at(-1)!])
    await removeHosts(this.plan.mark)
    await rm(this.#directory, { recursive: true, force: true })
  }
}
