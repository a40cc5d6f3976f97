// Making the machines of a cluster on this host, and taking them away again. Both may be called at any time, on any remains.
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { parseResolvConf } from '../dns/resolv-conf.ts'
import { isIpv4 } from '../ipv4.ts'
import { inNamespace, runTool, tryTool } from '../tool.ts'
import { forwardEverything, stopForwarding } from './forwarding.ts'
import type { HostPlan, NodeHost, Route } from './plan.ts'

interface IpRoute { readonly dst: string; readonly gateway?: string; readonly dev?: string }
interface IpAddress { readonly ifname: string; readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[] }

const netnsDirectory = '/run/netns'
/** Our routes carry this protocol number, so that those of others are never touched. */
const routeProtocol = '157'
/**
 * Turned on and off in every node. The second is missing where bridges do not call iptables; nodes do not depend on it
 * (cni.ts). A pod has one way out, so telling it of a better one is noise, and uses up the kernel's allowance of ICMP
 * messages for that pod, which it then does not get when a service refuses it.
 */
const switchedOn = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/bridge/bridge-nf-call-iptables']
const switchedOff = ['/proc/sys/net/ipv4/conf/all/send_redirects', '/proc/sys/net/ipv4/conf/default/send_redirects']

/** The ranges that this host uses or needs to reach, except on the interface `except`: a cluster must choose others. */
export async function surveyHost(except?: string): Promise<string[]> {
  const [routes, addresses, resolvers] = await Promise.all([
    ip<IpRoute>(['-4', 'route']), ip<IpAddress>(['-4', 'address']), readFile('/etc/resolv.conf', 'utf8').catch(() => ''),
  ])
  return [
    // Reached through the default route, so that no route names them.
    ...parseResolvConf(resolvers).nameservers.filter(isIpv4).map((address) => `${address}/32`),
    ...routes.filter(({ dst, dev }) => dst !== 'default' && dev !== except).map(({ dst }) => dst.includes('/') ? dst : `${dst}/32`),
    ...addresses.filter(({ ifname }) => ifname !== except).flatMap((link) => link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)),
  ]
}

/** Makes this host what the plan says: what is missing is made, what is there is kept, and what the cluster no longer has goes. */
export async function raiseHosts(plan: HostPlan): Promise<void> {
  const there = await find(plan.mark)
  await lower(there.netns.filter((name) => !plan.nodes.some(({ netns }) => netns === name)), there.veths.filter((name) => !plan.nodes.some(({ veth }) => veth === name)))
  const fresh = plan.nodes.filter(({ netns, veth }) => !there.netns.includes(netns) || !there.veths.includes(veth))
  await batch([
    ...there.bridges.includes(plan.bridge) ? [] : [`link add ${plan.bridge} type bridge`],
    `address replace ${plan.gateway}/${plan.nodeCidr.split('/')[1]} dev ${plan.bridge}`,
    `link set ${plan.bridge} up`,
    ...fresh.flatMap(({ netns, veth, mac }) => [
      // A cable whose other end is in a namespace that has lost its name cannot be plugged in again.
      ...there.veths.includes(veth) ? [`link delete ${veth}`] : [],
      ...there.netns.includes(netns) ? [] : [`netns add ${netns}`],
      `link add ${veth} type veth peer name eth0 address ${mac} netns ${netns}`,
    ]),
    ...plan.nodes.map(({ veth }) => `link set ${veth} master ${plan.bridge} up`),
  ])
  await Promise.all(plan.nodes.map((node) => raiseNode(plan, node)))
  await setRoutes(plan.routes, await ip<IpRoute>(['-4', 'route', 'show', 'proto', routeProtocol, 'dev', plan.bridge]), plan.bridge)
  // Left on when the cluster goes: by then others may rely on it.
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  await forwardEverything(plan)
}

/** Takes away everything of a cluster, found by its mark: also what a run that broke off has left, and what a plan no longer knows. */
export async function removeHosts(mark: string): Promise<void> {
  const there = await find(mark)
  await lower(there.netns, [...there.veths, ...there.bridges])
  await stopForwarding(mark)
}

async function raiseNode(plan: HostPlan, node: NodeHost): Promise<void> {
  const enter = inNamespace(node.netnsPath)
  const routes = await ip<IpRoute>(['-4', 'route', 'show', 'proto', routeProtocol], node.netns)
  await Promise.all([
    batch([
      'link set lo up',
      // The node answers for the cluster's DNS address itself (dns/server.ts), so it needs no rule and no endpoint.
      `address replace ${plan.dnsAddress}/32 dev lo`,
      `address replace ${node.address}/${plan.nodeCidr.split('/')[1]} dev eth0`,
      'link set eth0 up',
      `route replace default via ${plan.gateway} dev eth0`,
    ], node.netns).then(() => setRoutes(node.routes, routes, 'eth0', node.netns)),
    // tee, because these files are written from inside the namespace, and it is on every machine (sysctl is not).
    runTool(['tee', ...switchedOn.filter(existsSync)], { enter, input: '1' }),
    runTool(['tee', ...switchedOff], { enter, input: '0' }),
  ])
}

async function setRoutes(wanted: readonly Route[], there: readonly IpRoute[], dev: string, netns?: string): Promise<void> {
  await batch([
    ...there.filter(({ dst }) => !wanted.some(({ to }) => to === dst)).map(({ dst }) => `route delete ${dst} dev ${dev} proto ${routeProtocol}`),
    ...wanted.filter(({ to, via }) => !there.some(({ dst, gateway }) => dst === to && gateway === via)).map(({ to, via }) => `route replace ${to} via ${via} dev ${dev} proto ${routeProtocol}`),
  ], netns)
}

/** Namespaces go after their cables: one that still has processes lives on without a name, and must not keep its place on the bridge. */
async function lower(netns: readonly string[], links: readonly string[]): Promise<void> {
  await batch([...links.map((name) => `link delete ${name}`), ...netns.map((name) => `netns delete ${name}`)])
}

interface Parts { readonly bridges: readonly string[]; readonly veths: readonly string[]; readonly netns: readonly string[] }

/** What this host has of a cluster, by the names of namesOf. */
async function find(mark: string): Promise<Parts> {
  const [links, names] = await Promise.all([
    readFile('/proc/net/dev', 'utf8'),
    readdir(netnsDirectory).catch((): string[] => []),
  ])
  const interfaces = links.split('\n').map((line) => line.split(':')[0]!.trim())
  return {
    bridges: interfaces.filter((name) => name === `pb${mark}`),
    veths: interfaces.filter((name) => name.startsWith(`pv${mark}-`)),
    netns: names.filter((name) => name.startsWith(`pn${mark}-`)),
  }
}

async function batch(lines: readonly string[], netns?: string): Promise<void> {
  if (lines.length > 0) await runTool(['ip', ...netns === undefined ? [] : ['-n', netns], '-batch', '-'], { input: `${lines.join('\n')}\n` })
}

async function ip<T>(args: readonly string[], netns?: string): Promise<T[]> {
  const text = await tryTool(['ip', ...netns === undefined ? [] : ['-n', netns], '-json', ...args])
  return text === undefined || text.trim() === '' ? [] : JSON.parse(text) as T[]
}
