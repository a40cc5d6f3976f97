import { definePlugin } from '../framework.ts'
import { podInfoOf, type HostPort } from '../pod-info.ts'
import { skip, unschedulable } from '../status.ts'
import type { Pod } from '#kinds'

const any = '0.0.0.0'
const refused = unschedulable("node(s) didn't have free ports for the requested pod ports")
const clash = (a: HostPort, b: HostPort): boolean => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === any || b.ip === any)

/** Two pods cannot have the same port of a node. */
export const nodePorts = definePlugin({
  name: 'NodePorts',
  make: () => ({
    name: 'NodePorts', local: true,
    events: [
      { on: 'AssignedPod', actions: ['Delete'], helps: ({ ports }, old) => { const freed = podInfoOf(old as Pod).ports; return ports.some((p) => freed.some((f) => clash(p, f))) } },
      { on: 'Node', actions: ['Add'] },
    ],
    preFilter: ({ pod }) => (pod.ports.length === 0 ? skip : undefined),
    filter: ({ pod: { ports: wanted } }) => ({ ports }) => {
      for (const held of ports.values()) if (wanted.some((port) => clash(port, held))) return refused
      return undefined
    },
  }),
})
