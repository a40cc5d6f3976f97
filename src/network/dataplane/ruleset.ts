// The table that carries packets to services. Everything about a service is an element of a map; the chains are shared by
// all services with equally many endpoints, so one change is a few elements however many services there are.

export interface RulesetOptions {
  /** The addresses of all pods, and of those on this node. */
  readonly podCidr: string
  readonly localPodCidr: string
  readonly serviceCidr: string
  /** Networks whose machines know the way to pods, so that pods speak to them with their own address: those of the nodes. */
  readonly nodeCidrs: readonly string[]
}

export const tableName = 'proa-services'
/**
 * While an endpoint is chosen the packet's mark holds its index, and this bit above it when the packet shall leave with
 * the node's own address. The mark because it is the one number that nft 1.0.6 can put into the key of a typed map; maps
 * declared by example (typeof) cannot be named by rules that come later. It is cleared when the packet leaves.
 */
export const masqueradeBit = 65_536
/** Clients that are remembered at most, over all services with session affinity. */
const mostClients = 262_144

const target = 'ip daddr . meta l4proto . th dport'
const nodeTarget = 'meta l4proto . th dport'
/** What a conntrack port means is only known to nft where the protocol is: a rule for each. */
const protocols = ['tcp', 'udp', 'sctp']
const dnat = `meta l4proto { ${protocols.join(', ')} } dnat ip to`

/** Replaces the whole table in one transaction by one without services. */
export const skeleton = ({ podCidr, localPodCidr, serviceCidr, nodeCidrs }: RulesetOptions): string => `
table ip ${tableName}
delete table ip ${tableName}
table ip ${tableName} {
  # From a service's address to what to do, and with an index to an endpoint.
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map endpoints { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
  map outside-services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map outside-endpoints { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
  map refused { type ipv4_addr . inet_proto . inet_service : verdict; }
  map learners { type ipv4_addr . inet_proto . inet_service : verdict; }
  # The same for ports of the node itself.
  map node-services { type inet_proto . inet_service : verdict; }
  map node-endpoints { type inet_proto . inet_service . mark : ipv4_addr . inet_service; }
  map node-outside-services { type inet_proto . inet_service : verdict; }
  map node-outside-endpoints { type inet_proto . inet_service . mark : ipv4_addr . inet_service; }
  map node-refused { type inet_proto . inet_service : verdict; }
  map node-learners { type inet_proto . inet_service : verdict; }
  # Session affinity: which endpoint a client has had.
  map affinity { type ipv4_addr . ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; size ${mostClients}; flags dynamic,timeout; }
  # Addresses that only some clients may use.
  set guarded { type ipv4_addr . inet_proto . inet_service; }
  set admitted { type ipv4_addr . inet_proto . inet_service . ipv4_addr; flags interval; }
  # Pairs of an endpoint here and itself.
  set hairpin { type ipv4_addr . ipv4_addr; }

  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject
  }
  # To the endpoint of the index, or to the one that the client has had.
  chain send { ${dnat} ${target} . meta mark map @endpoints; }
  chain outside-send { ${dnat} ${target} . meta mark map @outside-endpoints; }
  chain node-send { ${dnat} ${nodeTarget} . meta mark map @node-endpoints; }
  chain node-outside-send { ${dnat} ${nodeTarget} . meta mark map @node-outside-endpoints; }
  chain send-again { ${dnat} ip saddr . ${target} map @affinity; }

  chain outside-services {
    ${target} vmap @outside-services
    fib daddr type local ${nodeTarget} vmap @node-outside-services
  }
  chain services {
    ${target} @guarded ${target} . ip saddr != @admitted drop
    ip saddr != ${localPodCidr} fib saddr type != local jump outside-services
    ${target} vmap @services
    fib daddr type local ip daddr != 127.0.0.0/8 ${nodeTarget} vmap @node-services
  }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    jump services
  }
  chain output-nat {
    type nat hook output priority -100;
    jump services
  }

  # Seen after the endpoint is chosen, where the packet has its address and conntrack still has the service's.
  chain learn {
    ct status & dnat == 0 return
${protocols.map((protocol) => `    meta l4proto ${protocol} ct original ip daddr . meta l4proto . ct original proto-dst vmap @learners
    meta l4proto ${protocol} meta l4proto . ct original proto-dst vmap @node-learners`).join('\n')}
  }
  chain input-nat {
    type nat hook input priority 100;
    jump learn
  }
  chain hide-source {
    meta mark set 0
    masquerade fully-random
  }
  chain leave {
    meta mark & ${masqueradeBit} != 0 goto hide-source
    ip saddr . ip daddr @hairpin goto hide-source
    # Machines outside that use a service's address send through this node, so the answer must come through it.
    ct original ip daddr ${serviceCidr} ip saddr != ${podCidr} fib saddr type != local goto hide-source
    meta mark set 0
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    jump learn
    ct status & dnat != 0 jump leave
    ip saddr ${localPodCidr} ip daddr != { ${[podCidr, ...nodeCidrs].join(', ')} } masquerade fully-random
  }

  # What is still on its way to a service here has no endpoint.
  chain node-refusals { ${nodeTarget} vmap @node-refused; }
  chain refusals {
    # At an address that the node holds, such as that of the cluster DNS, it answers itself where nobody else does.
    fib daddr type local goto node-refusals
    ${target} vmap @refused
    ip daddr ${serviceCidr} goto refuse
  }
  chain forward {
    type filter hook forward priority filter;
    ct state invalid drop
    ct state new jump refusals
  }
  chain input {
    type filter hook input priority filter;
    ct state new jump refusals
  }
  chain output {
    type filter hook output priority filter;
    ct state new jump refusals
  }
}
`

/** The chain that a verdict of an element names (elements.ts) and those that it leads to, innermost first. */
export function chainsOf(name: string): { readonly name: string; readonly rules: readonly string[] }[] {
  const [, seconds] = /^learn-(\d+)$/.exec(name) ?? []
  if (seconds !== undefined) return [{ name, rules: protocols.map((protocol) => learn(protocol, seconds)) }]
  const [, sticky = '', masquerade = '', face = '', count] = /^(sticky-)?(masquerade-)?((?:node-)?(?:outside-)?)pick-(\d+)$/.exec(name) ?? []
  if (count === undefined) return []
  const mark = masquerade ? masqueradeBit : 0
  const pick = `${masquerade}${face}pick-${count}`
  const chains = [{ name: pick, rules: [`meta mark set numgen random mod ${count} offset ${mark}`, `goto ${face}send`] }]
  return sticky ? [...chains, { name, rules: [`meta mark set ${mark}`, 'jump send-again', `goto ${pick}`] }] : chains
}

/** Notes the endpoint that a client has got, for so long. */
const learn = (protocol: string, seconds: string): string =>
  `meta l4proto ${protocol} update @affinity { ct original ip saddr . ct original ip daddr . meta l4proto . ct original proto-dst timeout ${seconds}s : ct reply ip saddr . ct reply proto-src }`
