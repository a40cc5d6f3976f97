import { refuse, type Plugin } from '../framework.ts'
import { hostPortsOf, type HostPort } from '../node-info.ts'

const any = '0.0.0.0'
const clash = (a: HostPort, b: HostPort): boolean => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === any || b.ip === any)

/** Two pods cannot have the same port of a node. */
export const nodePorts: Plugin = {
  name: 'NodePorts', wakes: ['node-added', 'pod-gone'],
  prepare(pod) {
    const wanted = hostPortsOf(pod)
    if (wanted.length === 0) return undefined
    return { filter: ({ ports }) => ([...ports.values()].some((held) => wanted.some((w) => clash(w, held))) ? refuse("node(s) didn't have free ports for the requested pod ports") : undefined) }
  },
}
