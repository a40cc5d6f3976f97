// The machines of a cluster on this host: a bridge, and per node a network namespace with a cable to it. What shall be; act.ts makes it so.
import { createHash } from 'node:crypto'
import { addressIn, contains, formatRange, overlap, parseRange, partOf, sizeOf, type Range } from '../ipv4.ts'

/** What a cluster decided once and keeps in its data directory. All JSON. */
export interface ClusterNetwork {
  /** Six letters that every name of this cluster's parts starts with, so that they are found again without a list. */
  readonly mark: string
  /** The network that the nodes are on; its first address is the host's, on the bridge. */
  readonly nodeCidr: string
  readonly podCidr: string
  readonly serviceCidr: string
  /** The cluster DNS: the tenth address of the services. */
  readonly dnsAddress: string
  /** Length of the prefix of the part of the pods' range that each node gets. */
  readonly podCidrBits: number
  /** Which slot each node has: its address and its part of the pods' range follow from it. */
  readonly slots: Readonly<Record<string, number>>
}

export interface ClusterNetworkRequest {
  readonly cluster: string
  /** Two clusters of one name in two directories are two. */
  readonly dataDirectory: string
  /** Ranges that this host already uses (surveyHost). */
  readonly taken: readonly string[]
  /** Given by the user: taken as it is, when the host does not use it. Otherwise one is chosen. */
  readonly podCidr?: string | undefined
  readonly serviceCidr?: string | undefined
}

/** One node: a network namespace whose eth0 is on the cluster's bridge. */
export interface NodeHost {
  readonly name: string
  readonly netns: string
  readonly netnsPath: string
  /** The end of the cable that hangs on the bridge. */
  readonly veth: string
  readonly address: string
  /** Made from the address, so that a node that is made anew is known to its neighbours. */
  readonly mac: string
  readonly podCidr: string
  /** The address that pods see as their gateway: the first of the node's pod range. */
  readonly podGateway: string
  /** What the node sends elsewhere than to the default gateway: the pods of the other nodes. */
  readonly routes: readonly Route[]
}
export interface Route { readonly to: string; readonly via: string }

export interface HostPlan {
  readonly mark: string
  readonly bridge: string
  readonly nodeCidr: string
  /** The host's own address: where the nodes reach the API server. */
  readonly gateway: string
  readonly dnsAddress: string
  readonly podCidr: string
  readonly serviceCidr: string
  /** The upper half of the nodes' network: addresses that no node has, for services of type LoadBalancer. */
  readonly loadBalancerCidr: string
  readonly nodes: readonly NodeHost[]
  /** The host's way to every pod and, through the first node, to the balancers' addresses. */
  readonly routes: readonly Route[]
}

const nodeRanges = parseRange('172.30.0.0/16')
/** Above what home and office networks use; one /16 per cluster. */
const podRanges = parseRange('10.128.0.0/9')
const defaultServiceCidr = '10.96.0.0/16'
const nodeBits = 24
const podBits = 16
const nodePodBits = 24
/** The bridge has .1; nodes begin at .11, so that the last number of an address is easy to read. */
const firstNodeAddress = 11

/**
 * Chooses the ranges of a new cluster: by hash, so that a cluster gets the same ones again and two rarely want the same,
 * and the next free ones where the hash hits something that the host uses. Throws when there is nothing left, or when
 * the user's own ranges cannot work.
 */
export function chooseClusterNetwork(request: ClusterNetworkRequest): ClusterNetwork {
  const digest = createHash('sha256').update(`${request.cluster}\0${request.dataDirectory}`).digest()
  const taken = request.taken.map(parseRange)
  const serviceCidr = parseRange(request.serviceCidr ?? defaultServiceCidr)
  if (sizeOf(serviceCidr) < 16) throw new Error(`--service-cluster-ip-range ${request.serviceCidr} is too small: 16 addresses are the least`)
  const nodeCidr = choose(nodeRanges, nodeBits, digest.readUInt32BE(0), [...taken, serviceCidr])
  const podCidr = request.podCidr !== undefined
    ? parseRange(request.podCidr)
    : choose(podRanges, podBits, digest.readUInt32BE(4), [...taken, serviceCidr, nodeCidr])
  const clash = request.podCidr === undefined ? undefined : inTheWay(podCidr, request.taken)
  if (clash !== undefined) throw new Error(`the network for pods, ${formatRange(podCidr)}, is in use on this machine (${clash}): give another one with --cluster-cidr`)
  if (overlap(podCidr, serviceCidr)) throw new Error(`--cluster-cidr ${formatRange(podCidr)} and --service-cluster-ip-range ${formatRange(serviceCidr)} overlap: choose ranges apart`)
  return {
    mark: markOf(digest.subarray(8)), nodeCidr: formatRange(nodeCidr), podCidr: formatRange(podCidr), serviceCidr: formatRange(serviceCidr),
    dnsAddress: addressIn(serviceCidr, 10), podCidrBits: Math.min(Math.max(nodePodBits, podCidr.bits), 30), slots: {},
  }
}

/** Throws when a range of a cluster that comes up again has meanwhile been taken by something else on this host. */
export function checkClusterNetwork(network: ClusterNetwork, taken: readonly string[]): void {
  for (const [what, range] of [['nodes', network.nodeCidr], ['pods', network.podCidr]] as const) {
    const other = inTheWay(parseRange(range), taken)
    if (other !== undefined) throw new Error(`the network of this cluster's ${what}, ${range}, is in use on this machine (${other}): take down the cluster that uses it, or start with an empty data directory`)
  }
}

/** The network with the nodes that are to be there: those known keep their slot, new ones get the lowest free ones, the rest give theirs back. */
export function withNodes(network: ClusterNetwork, names: readonly string[]): ClusterNetwork {
  const slots: Record<string, number> = {}
  for (const name of names) if (network.slots[name] !== undefined) slots[name] = network.slots[name]
  const used = new Set(Object.values(slots))
  const most = Math.min(sizeOf(parseRange(network.nodeCidr)) / 2 - firstNodeAddress, 2 ** (network.podCidrBits - parseRange(network.podCidr).bits))
  let next = 0
  for (const name of names) {
    if (slots[name] !== undefined) continue
    while (used.has(next)) next++
    if (next >= most) throw new Error(`no room for node ${name}: ${network.podCidr} and ${network.nodeCidr} hold ${most} nodes`)
    slots[name] = next
    used.add(next)
  }
  return { ...network, slots }
}

/** Everything that shall be on this host for a cluster with these slots; `balancers` are ranges that services get addresses from in place of the plan's own. */
export function planHosts(network: ClusterNetwork, balancers: readonly string[] = []): HostPlan {
  const nodeCidr = parseRange(network.nodeCidr)
  const podCidr = parseRange(network.podCidr)
  const placed = Object.entries(network.slots).sort((a, b) => a[1] - b[1]).map(([name, slot]) => {
    const pods = partOf(podCidr, network.podCidrBits, slot)
    if (!pods) throw new Error(`slot ${slot} of node ${name} is outside of ${network.podCidr}`)
    return { name, address: addressIn(nodeCidr, firstNodeAddress + slot), pods }
  })
  const routes = placed.map(({ address, pods }): Route => ({ to: formatRange(pods), via: address }))
  const loadBalancerCidr = formatRange(partOf(nodeCidr, nodeCidr.bits + 1, 1)!), first = placed[0]?.address
  return {
    mark: network.mark, bridge: `pb${network.mark}`, nodeCidr: network.nodeCidr, gateway: addressIn(nodeCidr, 1),
    dnsAddress: network.dnsAddress, podCidr: network.podCidr, serviceCidr: network.serviceCidr, loadBalancerCidr,
    routes: [...routes, ...(first === undefined ? [] : (balancers.length > 0 ? balancers : [loadBalancerCidr]).map((to): Route => ({ to, via: first })))],
    nodes: placed.map(({ name, address, pods }): NodeHost => {
      const names = namesOf(network.mark, name)
      return { name, ...names, address, mac: macOf(address), podCidr: formatRange(pods), podGateway: addressIn(pods, 1), routes: routes.filter(({ via }) => via !== address) }
    }),
  }
}

/** The names of a node's parts: at most 15 characters, what an interface may have. */
export function namesOf(mark: string, node: string): { netns: string; netnsPath: string; veth: string } {
  const hash = markOf(createHash('sha256').update(node).digest())
  return { netns: `pn${mark}-${hash}`, netnsPath: `/run/netns/pn${mark}-${hash}`, veth: `pv${mark}-${hash}` }
}

/** A locally administered hardware address with the IPv4 address in it. */
const macOf = (address: string): string => ['0a', '58', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')

/** Six letters and digits of a digest: 31 bits. */
function markOf(digest: Uint8Array): string {
  let number = 0
  for (const byte of digest.subarray(0, 5)) number = number * 256 + byte
  return (number % 36 ** 6).toString(36).padStart(6, '0')
}

/** What of the host's ranges keeps it from using this one. A wider one does not (a network that reaches all of 10.0.0.0/8, say): the narrower route goes first. */
const inTheWay = (range: Range, taken: readonly string[]): string | undefined => taken.find((text) => overlap(parseRange(text), range) && parseRange(text).bits >= range.bits)

function choose(from: Range, bits: number, start: number, taken: readonly Range[]): Range {
  const count = 2 ** (bits - from.bits)
  for (let step = 0; step < count; step++) {
    const range = partOf(from, bits, (start + step) % count)
    // A route to everything is no reason against anything, and neither is one that merely surrounds all we could choose from.
    if (range && !taken.some((other) => overlap(other, range) && !contains(other, from))) return range
  }
  throw new Error(`no free network left in ${formatRange(from)} on this machine: take a cluster down that you no longer need`)
}
