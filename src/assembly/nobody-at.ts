// Where nobody is: simulated nodes and their pods have addresses, but nothing listens there, and on this machine's network they may be somebody else's.
import { node as nodeKind, type Node } from '#kinds'
import type { NobodyAt } from '#machinery'
import { contains, parseCidr, parseIPv4, type Objects } from '#server'

/** Nodes without containers carry it. */
export const simulatedLabel = 'proa.dev/simulated'

/** Asked for each connection to a node or a pod, which people make and machines do not. */
export const nobodyAt = (objects: () => Objects | undefined): NobodyAt => (host) => {
  const known = objects(), address = parseIPv4(host)
  if (!known || address === undefined) return undefined
  for (const kv of known.range(nodeKind, '').kvs) {
    const { metadata: { name, labels }, spec, status } = known.value(nodeKind, kv) as Node
    if (labels?.[simulatedLabel] === undefined) continue
    if (status.addresses?.some((one) => one.address === host)) return `node ${name} is simulated and runs no containers`
    if (spec.podCIDRs?.some((cidr) => !cidr.includes(':') && contains(parseCidr(cidr), address))) return `the pod is on the simulated node ${name}, which runs no containers`
  }
  return undefined
}
